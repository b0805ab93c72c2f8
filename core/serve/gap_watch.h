// Webhooks are never trusted to be complete: what polling finds is compared with what events announced.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/pipeline/run.h"
#include "core/store/journal.h"

namespace psabridge::serve {

/// Notes what a poll changes, for the comparison afterwards. One run, one thread.
class PolledChanges {
 public:
  struct Change {
    std::string entity, source_id, version;
  };
  void add(const pipeline::RecordOutcome& record);
  const std::vector<Change>& all() const noexcept { return changes_; }
  /// Changes of a run that are remembered; more of them are a first read or a catch-up, not gaps.
  static constexpr std::size_t kMost = 5'000;

 private:
  std::vector<Change> changes_;
};

/// How much a connection's webhooks can be trusted, by the last hour.
struct Trust {
  std::uint64_t missed = 0, late = 0, announced = 0;
  bool enough = true;  ///< few enough changes came unannounced
};

/// Thread-safe.
class GapWatch {
 public:
  /// An event may come so much later than polling saw its change, and its change may be so much older.
  static constexpr Milliseconds kGrace = std::chrono::minutes{2};
  /// So few missed changes say nothing, whatever share they are: at night there may be no others.
  static constexpr std::uint64_t kFewMissed = 3;

  /// `store_url` is where the journal is; events count from now on: what changed before is caught up with,
  /// not missed.
  GapWatch(store::Journal& journal, const std::string& store_url, Clock& clock);

  /// A poll of the pipeline has ended. `announced` are the entities whose changes its webhooks announce.
  void polled(const config::Pipeline& pipeline, const std::set<std::string>& announced,
              const PolledChanges& changes);
  /// Decides on the changes that have had their time to be announced. Returns those that were not.
  std::vector<store::Gap> judge();
  Trust trust(const config::Pipeline& pipeline);
  /// Missed since the start, by connection.
  std::map<std::string, std::uint64_t> missed() const;

 private:
  store::Journal& journal_;
  Clock& clock_;
  const SysMilliseconds since_;
  mutable std::mutex mutex_;
  store::JournalReader reader_;
  std::map<std::string, std::uint64_t> missed_;
};

}  // namespace psabridge::serve
