// Events on their way from the journal to the store: decoded in the order of their acceptance, sorted by
// connection and object, applied by several workers a connection, settled in the journal.
//
// A payload is a hint. What counts is the record as the source has it when the event is processed, so that
// late, early and doubled events all end with the same store; of several open events of an object the newest
// is processed and the others are skipped.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/pipeline/page_source.h"
#include "core/plugin/roles.h"
#include "core/serve/event_queue.h"
#include "core/store/journal.h"

namespace psabridge::serve {

/// What an applier shall do about one object.
struct ObjectWork {
  std::string entity, source_id;
  std::set<std::string> kinds;                 ///< of its events
  std::optional<pipeline::GivenRecord> given;  ///< the record itself, when the newest event brought it along
};
struct ObjectOutcome {
  std::string effect;  ///< "created", "unchanged", "dead", ...
  store::RunId run = 0;
  std::optional<Error> error;  ///< nothing was applied
};

/// Takes objects the ordinary way of a record. Used by one worker.
class EventApplier {
 public:
  virtual ~EventApplier() = default;
  /// An outcome for each object, in order. Throws nothing but defects.
  virtual std::vector<ObjectOutcome> apply(std::span<const ObjectWork> objects, const plugin::Stop& stop) = 0;
};

/// One connection, as the processor sees it.
struct EventLane {
  std::string connection;
  /// Throws Error for a body that is not understood. Called by several threads.
  std::function<std::vector<plugin::Event>(std::string_view body, const plugin::Stop& stop)> decode;
  /// Why an event needs no processing, or an empty text.
  std::function<std::string(const store::Event& event)> objection;
  std::vector<std::unique_ptr<EventApplier>> appliers;  ///< a worker each
};

/// Told on a worker's thread when an event was settled. `waited` since its acceptance, `took` for its batch.
struct SettledEvent {
  const std::string& connection;
  std::string_view outcome;  ///< name of its state: done, skipped, dead, waiting
  Milliseconds waited, took;
};

struct ProcessorOptions {
  std::size_t window = 5'000;  ///< events kept in memory; the others wait in the journal
  std::size_t batch = 20;      ///< objects that a worker takes at once
  std::uint64_t seed = 1;      ///< of the pauses after failures
};

/// Thread-safe.
class EventProcessor {
 public:
  using OnSettled = std::function<void(const SettledEvent&)>;
  using OnTrouble = std::function<void(const std::string& connection, const Error& error)>;

  /// Begins at once with what is open in the journal, which tells it of more (Journal::on_ready). Everything
  /// referred to outlives it. `on_trouble` is told of failures that concern a whole connection, or the
  /// journal (then without a connection).
  EventProcessor(store::Journal& journal, std::vector<EventLane> lanes, ProcessorOptions options,
                 Clock& clock, OnSettled on_settled, OnTrouble on_trouble);
  /// As stop().
  ~EventProcessor();

  /// Decisions of an admin changed the journal: everything that is not being processed is read again.
  void reload();
  /// No new work; what is under way is finished or given up, and stays open in the journal. Blocks.
  void stop();
  /// Waits until nothing is open but what waits for a later time; false when `stop` became true first.
  bool drain(const plugin::Stop& stop);
  /// Times that each vital loop went round, for the watchdog.
  void on_beat(std::function<void()> beat);

 private:
  /// Something may have become ready.
  void wake();

  struct Lane {
    EventLane what;
    EventQueue queue;
    SysMilliseconds closed_until{};  ///< nothing is taken before: the connection cannot be used
    std::vector<std::thread> workers;
  };
  /// What a worker holds: objects, and what is to be written of their events.
  struct Hand {
    std::vector<ObjectEvents> objects;
    std::vector<store::Settlement> settlements;
  };

  void dispatch();
  bool load();
  void sort_in(std::vector<store::Event> events);
  std::vector<store::Event> decoded(std::vector<store::Event> raw);
  void decode(const store::Event& event, std::vector<store::Decoding>& decodings,
              std::vector<store::Settlement>& settlements);
  void work(Lane& lane, EventApplier& applier, std::uint64_t seed);
  std::vector<ObjectEvents> take(Lane& lane);
  void process(Lane& lane, EventApplier& applier, Hand hand, std::minstd_rand& random);
  void put_aside(const Lane& lane, Hand& hand) const;
  ObjectWork work_of(const Lane& lane, const ObjectEvents& object) const;
  void conclude(Lane& lane, ObjectEvents& object, const ObjectOutcome& outcome, Hand& hand,
                std::minstd_rand& random);
  void tell(const Lane& lane, const Hand& hand, const std::map<store::EventId, std::string>& received,
            Milliseconds took) const;
  void give_back(Lane& lane, std::vector<ObjectEvents> objects);
  std::size_t in_memory() const;

  store::Journal& journal_;
  const ProcessorOptions options_;
  Clock& clock_;
  const OnSettled on_settled_;
  const OnTrouble on_trouble_;
  const plugin::Stop stopping_;
  std::map<std::string, Lane>
      lanes_;  ///< fixed after construction; what changes in them is guarded by mutex_

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> beat_;
  std::optional<store::Event> last_;  ///< the last event read from the journal
  std::set<store::EventId> in_hand_;  ///< being processed
  bool reload_ = false, more_ = true;
  std::atomic<bool> stop_ = false;
  std::thread dispatcher_;
};

}  // namespace psabridge::serve
