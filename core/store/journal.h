// The journal: every delivery that was accepted from a source, what it said, and what became of it. A file of
// its own beside the store (`<store>.events`), because an acceptance must be on disk before it is answered
// and must not wait for a sync's transactions (docs/adr/0008-the-journal.md).
//
// One Journal writes (one process, holding `<store>.events.lock`); any number of JournalReaders look on.
#pragma once
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/time.h"
#include "core/store/store.h"

namespace psabridge::store {

using EventId = std::int64_t;

/// What a source sent: authenticated, and not looked into yet.
struct Delivery {
  std::string connection;
  std::string key;   ///< the name that the sender gave it, or empty: then equal bytes within a day are equal
  std::string body;  ///< bytes as they came
  std::string peer;  ///< address of the sender
};

/// What became of a delivery; it is on disk.
struct Acceptance {
  EventId event = 0;       ///< its own, or the one that it repeats
  bool duplicate = false;  ///< same key and same bytes: nothing new was kept
  bool key_reuse = false;  ///< same key and other bytes: kept as a further revision
};

enum class EventState : std::uint8_t {
  ready,     ///< accepted, not processed yet
  waiting,   ///< failed for a reason that may pass; tried again at due_at
  held,      ///< an admin keeps it back
  done,      ///< processed to its end
  skipped,   ///< needs no processing; the reason says why
  dead,      ///< cannot be processed; waits for a decision
  discarded  ///< an admin gave it up
};
std::string_view name_of(EventState state) noexcept;
/// Nothing when it is no state's name.
std::optional<EventState> event_state_named(std::string_view name) noexcept;

/// Times are RFC 3339, or empty.
struct Event {
  EventId id = 0;
  std::string connection, peer;
  std::string key;  ///< by which a repetition is known; empty: by its bytes
  std::uint32_t revision = 1;
  std::string kind, entity, source_id, occurred_at, actor;  ///< as decoded; empty before that
  EventState state = EventState::ready;
  std::uint32_t tries = 0;    ///< failures that counted
  std::uint32_t crashes = 0;  ///< times that the process ended while it was being processed
  std::uint32_t replays = 0;
  std::string received_at, due_at, finished_at;
  std::string code, reason;  ///< of the last failure, or why it was skipped
  std::string effect;        ///< "created", "updated", "unchanged", "deleted", "2 events", ...
  /// Of a skipped one: the event that superseded it or that it repeats; of a part: the delivery.
  EventId cause = 0;
  RunId run = 0;  ///< in which it was applied
  bool decoded = false;
  std::string body;
};

/// One event read out of a delivery.
struct DecodedEvent {
  std::string key, kind, entity, source_id, occurred_at, actor;
  std::string body;  ///< its own piece of the delivery
};
/// A delivery that was understood. One event: the delivery's row becomes it. Several: the row is done, and
/// each gets a row of its own, in the place of the delivery in the order.
struct Decoding {
  EventId id = 0;
  std::vector<DecodedEvent> events;
  std::string reason = {};  ///< why there are none
};

/// What became of an event that was processed, or not.
struct Settlement {
  EventId id = 0;
  EventState state = EventState::done;
  std::string code = {}, reason = {}, effect = {};
  SysMilliseconds due{};   ///< of `waiting`
  bool costs_try = false;  ///< the failure counts
  EventId cause = 0;
  RunId run = 0;
};

/// Which events. Members that are empty do not matter.
struct EventQuery {
  std::vector<EventId> ids = {};
  std::string connection = {}, kind = {}, entity = {}, source_id = {}, code = {};
  std::string fingerprint = {};  ///< of a DeadGroup
  std::vector<EventState> states = {};
  std::string search = {};  ///< part of any text column or of the body, ASCII case ignored
  std::optional<SysMilliseconds> since = {}, until = {};  ///< received in [since, until)
  EventId before = 0, after = 0;                          ///< pages: smaller, larger ids
  std::uint32_t limit = 50;
};

/// One step of an event that was not the ordinary way (retry, hold, replay ...).
struct EventStep {
  std::string at, state, code, reason;
};

/// Dead events with the same code, entity and kind of reason (numbers in it do not count).
struct EventGroup {
  std::string fingerprint, code, connection, entity, kind, reason;  ///< reason: of the newest
  std::uint64_t count = 0;
  std::string first_at, last_at;
  EventId newest = 0;
};

/// What waits, and since when.
struct JournalFigures {
  std::map<EventState, std::uint64_t> by_state;  ///< all that are kept
  std::uint64_t open = 0;                        ///< ready and waiting
  std::string oldest_open_at;                    ///< received_at, or empty
};

/// A change that polling applied and that no event had announced so far.
struct Gap {
  std::string connection, pipeline, entity, source_id;
  std::string changed_at;    ///< the source's time of the change
  std::string seen_at;       ///< when polling applied it
  std::string verdict = {};  ///< "open": may still be announced; "late": it was; "missed": it was not
};
/// Of the gaps of a connection that were judged since some time, and the events in it.
struct GapFigures {
  std::uint64_t missed = 0, late = 0, announced = 0;  ///< announced: distinct objects named by events
};

/// Reads; one thread at a time. A file that is not there yet reads as empty. Throws Error PB13xx.
class JournalReader {
 public:
  /// `store_url` is "sqlite:/abs/path".
  explicit JournalReader(const std::string& store_url);
  ~JournalReader();

  /// Newest first; without bodies when `query.ids` is empty.
  std::vector<Event> list(const EventQuery& query);
  std::uint64_t count(const EventQuery& query);
  std::optional<Event> event(EventId id);
  /// Oldest first.
  std::vector<EventStep> history(EventId id);
  /// Of the dead ones that fit, largest first.
  std::vector<EventGroup> groups(const EventQuery& query);
  JournalFigures figures(const std::string& connection = {});
  /// Newest first.
  std::vector<Gap> gaps(const std::string& connection, const std::string& verdict, std::uint32_t limit);
  GapFigures gap_figures(const std::string& connection, SysMilliseconds since);
  /// What does not add up: events in two states, parts without a delivery, damage of the file; a line each.
  std::vector<std::string> verify();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct JournalOptions {
  std::size_t waiting_room = 4096;  ///< deliveries that may wait for their commit
  std::size_t commit_rows = 256;    ///< of one transaction, at most
  std::size_t commit_bytes = 4u << 20;
};

/// How long things are kept.
struct Retention {
  Milliseconds done{std::chrono::hours{24 * 30}};   ///< done and skipped ones
  Milliseconds dead{std::chrono::hours{24 * 180}};  ///< dead and discarded ones
  /// At most so many finished ones: the oldest of the done and skipped ones go first. Dead and discarded ones
  /// count, and stay for their time.
  std::uint64_t events = 1'000'000;
};

/// Thread-safe. One thread of its own writes: whatever comes while it makes one transaction durable shares
/// the next one (group commit, synchronous=FULL). After a failed write (full disk, I/O error) nothing of that
/// transaction is kept and every caller of it gets the Error; the next one is tried as if nothing had been.
class Journal {
 public:
  using Done = std::function<void(const Acceptance& acceptance, std::exception_ptr error)>;

  /// Makes the file when it is missing (0640), takes its lock, and counts a crash for every event that was
  /// being processed when the last process ended. Throws Error PB1301, PB1302, PB1303, PB1305.
  Journal(const std::string& store_url, Clock& clock, JournalOptions options = {});
  /// Writes what was taken, then ends.
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// False, and nothing taken, when the waiting room is full. Otherwise `done` is called exactly once, on the
  /// journal's thread, once the delivery is on disk or failed to get there. It must neither block nor throw.
  bool accept(Delivery delivery, Done done);
  /// True while accept() would refuse.
  bool full() const noexcept;

  // All of the following return when the change is on disk.

  /// Ready and waiting ones in order (deliveries by id, parts in their delivery's place), that come behind
  /// `after` (an event of an earlier call; null: from the beginning); with bodies.
  std::vector<Event> open_events(const Event* after, std::uint32_t limit);
  /// Processing begins: if the process ends before settle(), each counts a crash.
  void start(std::span<const EventId> ids);
  /// Returns the events that came out of the deliveries, in order, but for those whose key was there before
  /// (they are skipped as repetitions). A delivery without events is skipped with `reason`. One that is not
  /// ready or waiting any more, because an admin decided so meanwhile, stays as it is.
  std::vector<Event> decoded(std::span<const Decoding> decodings);
  /// What an admin decided meanwhile stands, except that what was applied becomes `done`.
  void settle(std::span<const Settlement> settlements);

  // Decisions of admins, about all events that fit (`limit` does not matter) when the call begins. Each
  // returns how many it changed, and leaves a step in the history of each. Many are changed in several
  // transactions: after an error some are changed already, and the call can be repeated.
  std::uint64_t hold(const EventQuery& query, const std::string& why);
  std::uint64_t release(const EventQuery& query, const std::string& why);  ///< held -> ready
  std::uint64_t skip(const EventQuery& query, const std::string& why);     ///< open or held -> skipped
  /// Any finished -> ready. A delivery that came in parts is replayed through its parts.
  std::uint64_t replay(const EventQuery& query, const std::string& why);
  std::uint64_t discard(const EventQuery& query, const std::string& why);  ///< dead -> discarded

  void note_gaps(std::span<const Gap> gaps);
  /// Judges the open gaps that were seen before `until`: late when an event for the object was received from
  /// `tolerance` before the change on, missed otherwise. Returns the missed ones.
  std::vector<Gap> judge_gaps(SysMilliseconds until, Milliseconds tolerance);

  /// Deletes what is older than it has to be kept, some thousand rows a call. True: there may be more.
  bool prune(const Retention& retention);

  /// Told on the journal's thread after a commit that made events ready; empty: nobody is. When this returns,
  /// whoever was told before is not any more. Not to be called by who is told, who must not wait for anything
  /// of the journal.
  void on_ready(std::function<void()> tell);
  /// Deliveries taken and not on disk yet.
  std::size_t waiting() const noexcept;
  /// Why the last transaction failed; empty when it did not.
  std::string trouble() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace psabridge::store
