// What the polls are doing right now, for whoever asks.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/pipeline/run.h"
#include "core/serve/gap_watch.h"

namespace psabridge::serve {

/// How far a poll is with one entity.
struct EntityStanding {
  std::string entity, phase;
  std::uint64_t read = 0;
  std::int64_t expected = -1;             ///< -1: not known
  std::optional<Milliseconds> remaining;  ///< at the rate so far
};

/// Thread-safe.
class LiveProgress {
 public:
  explicit LiveProgress(Clock& clock) : clock_(clock) {}

  void begin(const std::string& pipeline);
  void note(const std::string& pipeline, const pipeline::EntityProgress& progress);
  void end(const std::string& pipeline);
  /// Of a poll that runs; the entities that it has begun, in that order.
  std::vector<EntityStanding> of(const std::string& pipeline) const;

 private:
  struct Entry {
    EntityStanding standing;
    Milliseconds since{0};
  };
  Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Entry>> by_pipeline_;
};

/// Watches one poll for the progress and for the gaps.
class PollObserver final : public pipeline::RunObserver {
 public:
  PollObserver(std::string pipeline, LiveProgress& progress)
      : pipeline_(std::move(pipeline)), progress_(progress) {
    progress_.begin(pipeline_);
  }
  ~PollObserver() override { progress_.end(pipeline_); }
  void progress(const pipeline::EntityProgress& progress) override { progress_.note(pipeline_, progress); }
  void record(const pipeline::RecordOutcome& record) override { changes_.add(record); }
  const PolledChanges& changes() const noexcept { return changes_; }

 private:
  const std::string pipeline_;
  LiveProgress& progress_;
  PolledChanges changes_;
};

}  // namespace psabridge::serve
