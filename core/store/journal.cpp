#include "core/store/journal.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

#include "core/store/event_table.h"
#include "core/store/gap_table.h"
#include "core/store/journal_rows.h"
#include "core/store/lock_file.h"

namespace psabridge::store {
namespace {

constexpr std::uint32_t kDecidedAtOnce = 500;  ///< more would keep deliveries waiting

/// A delivery that waits for its transaction, and who is told.
struct Intake {
  Arrival arrival;
  Journal::Done done;
  Acceptance acceptance = {};
};

/// Some other change; its caller waits for `committed`.
struct Task {
  std::function<void()> apply;
  std::promise<void> committed;
};

using Entry = std::variant<Intake, Task*>;

std::size_t bytes_of(const Entry& entry) {
  const auto* intake = std::get_if<Intake>(&entry);
  return intake ? intake->arrival.delivery.body.size() : 0;
}

Database& migrated(Database& database) {
  migrate(database, journal_lineage());
  return database;
}

std::string sentence_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  }
}

}  // namespace

/// What the queue's lock guards is marked; the tables belong to the journal's thread; `reading` and
/// `on_ready` have a lock of their own.
struct Journal::State {
  State(const std::string& store_url, Clock& clock, JournalOptions options);
  ~State();

  bool accept(Delivery delivery, Done done);
  /// Returns when `apply` was run on the journal's thread and its transaction is on disk.
  void change(std::function<void()> change);
  std::vector<EventId> fitting(const EventQuery& query, const std::vector<EventState>& states);
  /// Does `step` to the events that fit and are in one of these states, in portions.
  std::uint64_t decide(const EventQuery& query, const std::vector<EventState>& states,
                       std::uint64_t (EventTable::*step)(EventId, const std::string&),
                       const std::string& why);

  void run();
  std::vector<Entry> next_group();
  std::exception_ptr write(std::vector<Entry>& group);
  void apply(Entry& entry);
  void answer(std::vector<Entry>& group, const std::exception_ptr& error);
  void tell_ready();

  const std::filesystem::path file;
  Clock& clock;
  const JournalOptions options;
  const LockFile lock;
  Database database;
  EventTable table;

  std::mutex reading_mutex;
  Database reading;

  std::atomic<std::size_t> waiting{0};
  mutable std::mutex mutex;
  std::condition_variable queued;
  std::deque<Entry> queue;  // guarded by mutex
  bool ending = false;      // guarded by mutex
  std::string trouble;      // guarded by mutex

  std::mutex telling_mutex;  // held while somebody is told
  std::function<void()> on_ready;
  std::thread thread;
};

Journal::State::State(const std::string& store_url, Clock& with_clock, JournalOptions with_options)
    : file(journal_file_of(store_url)),
      clock(with_clock),
      options(with_options),
      lock(file),
      database(file, Database::Access::journal),
      table(migrated(database), clock),
      reading(file, Database::Access::read) {
  Transaction transaction(database);
  table.count_crashes();
  transaction.commit();
  thread = std::thread([this] { run(); });
}

Journal::State::~State() {
  {
    const std::lock_guard guard(mutex);
    ending = true;
  }
  queued.notify_one();
  thread.join();
}

bool Journal::State::accept(Delivery delivery, Done done) {
  Intake intake{Arrival(std::move(delivery), clock.now()), std::move(done)};
  {
    const std::lock_guard guard(mutex);
    if (waiting >= options.waiting_room) return false;
    queue.emplace_back(std::move(intake));
    ++waiting;
    if (queue.size() > 1) return true;  // the thread is awake, or being woken
  }
  queued.notify_one();
  return true;
}

void Journal::State::change(std::function<void()> change) {
  Task task{std::move(change), {}};
  auto committed = task.committed.get_future();
  {
    const std::lock_guard guard(mutex);
    queue.emplace_back(&task);
  }
  queued.notify_one();
  committed.get();
}

// ----------------------------------------------------------------------------------------------------
// the journal's thread

void Journal::State::run() {
  for (;;) {
    std::vector<Entry> group = next_group();
    if (group.empty()) return;
    const std::exception_ptr error = write(group);
    const bool made_ready = !error && table.keep();
    if (error) table.undo();
    answer(group, error);
    if (made_ready) tell_ready();
  }
}

/// Empty when the journal ends.
std::vector<Entry> Journal::State::next_group() {
  std::vector<Entry> group;
  std::size_t bytes = 0;
  std::unique_lock guard(mutex);
  queued.wait(guard, [this] { return ending || !queue.empty(); });
  while (!queue.empty() && group.size() < options.commit_rows) {
    bytes += bytes_of(queue.front());
    if (!group.empty() && bytes > options.commit_bytes) break;
    group.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  return group;
}

/// The error, or null.
std::exception_ptr Journal::State::write(std::vector<Entry>& group) {
  try {
    Transaction transaction(database);
    for (Entry& entry : group) apply(entry);
    transaction.commit();
    return nullptr;
  } catch (const std::exception&) {
    return std::current_exception();
  }
}

void Journal::State::apply(Entry& entry) {
  if (auto* const intake = std::get_if<Intake>(&entry))
    intake->acceptance = table.accept(intake->arrival);
  else
    std::get<Task*>(entry)->apply();
}

void Journal::State::answer(std::vector<Entry>& group, const std::exception_ptr& error) {
  {
    const std::lock_guard guard(mutex);
    trouble = error ? sentence_of(error) : std::string();
  }
  for (Entry& entry : group) {
    if (auto* const intake = std::get_if<Intake>(&entry)) {
      --waiting;
      intake->done(error ? Acceptance() : intake->acceptance, error);
    } else if (error) {
      std::get<Task*>(entry)->committed.set_exception(error);
    } else {
      std::get<Task*>(entry)->committed.set_value();
    }
  }
}

void Journal::State::tell_ready() {
  const std::lock_guard guard(telling_mutex);
  if (on_ready) on_ready();
}

// ----------------------------------------------------------------------------------------------------
// decisions

/// Found on a connection of this call's own: a long search keeps nobody waiting.
std::vector<EventId> Journal::State::fitting(const EventQuery& query, const std::vector<EventState>& states) {
  Database own(file, Database::Access::read);
  const EventFilter filter = filter_of(query);
  Statement statement(
      own, "SELECT id FROM event WHERE " + state_condition(states) + " AND " + filter.sql + " ORDER BY id");
  bind_texts(statement, filter.texts);
  std::vector<EventId> ids;
  for (Rows rows(statement); rows.next();) ids.push_back(rows->integer(0));
  return ids;
}

std::uint64_t Journal::State::decide(const EventQuery& query, const std::vector<EventState>& states,
                                     std::uint64_t (EventTable::*step)(EventId, const std::string&),
                                     const std::string& why) {
  const std::vector<EventId> ids = fitting(query, states);
  std::uint64_t changed = 0;
  for (std::span<const EventId> rest(ids); !rest.empty();) {
    const auto portion = rest.first(std::min<std::size_t>(rest.size(), kDecidedAtOnce));
    rest = rest.subspan(portion.size());
    change([&] {
      for (const EventId id : portion) changed += (table.*step)(id, why);
    });
  }
  return changed;
}

// ----------------------------------------------------------------------------------------------------
// the doors

Journal::Journal(const std::string& store_url, Clock& clock, JournalOptions options)
    : state_(std::make_unique<State>(store_url, clock, options)) {}
Journal::~Journal() = default;

bool Journal::accept(Delivery delivery, Done done) {
  return state_->accept(std::move(delivery), std::move(done));
}

bool Journal::full() const noexcept { return state_->waiting >= state_->options.waiting_room; }
std::size_t Journal::waiting() const noexcept { return state_->waiting; }

std::vector<Event> Journal::open_events(const Event* after, std::uint32_t limit) {
  static const std::string sql = select_events_with_bodies() +
                                 "INDEXED BY event_open WHERE state <= 2 AND state <= 1"
                                 " AND (place, id) > (?1, ?2) ORDER BY place, id LIMIT ?3";
  const EventId id = after ? after->id : 0;
  const EventId place =
      after && after->cause != 0 ? after->cause : id;  // the cause of an open one: its delivery
  const std::lock_guard guard(state_->reading_mutex);
  std::vector<Event> events;
  Rows rows = state_->reading.rows(sql, place, id, limit);
  while (rows.next()) events.push_back(event_of(rows));
  return events;
}

void Journal::start(std::span<const EventId> ids) {
  if (!ids.empty()) state_->change([&] { state_->table.start(ids); });
}

std::vector<Event> Journal::decoded(std::span<const Decoding> decodings) {
  std::vector<Event> events;
  if (!decodings.empty()) state_->change([&] { events = state_->table.decode(decodings); });
  return events;
}

void Journal::settle(std::span<const Settlement> settlements) {
  if (settlements.empty()) return;
  state_->change([&] {
    for (const Settlement& settlement : settlements) state_->table.settle(settlement);
  });
}

std::uint64_t Journal::hold(const EventQuery& query, const std::string& why) {
  return state_->decide(query, {EventState::ready, EventState::waiting}, &EventTable::hold, why);
}

std::uint64_t Journal::release(const EventQuery& query, const std::string& why) {
  return state_->decide(query, {EventState::held}, &EventTable::release, why);
}

std::uint64_t Journal::skip(const EventQuery& query, const std::string& why) {
  return state_->decide(query, {EventState::ready, EventState::waiting, EventState::held}, &EventTable::skip,
                        why);
}

std::uint64_t Journal::replay(const EventQuery& query, const std::string& why) {
  return state_->decide(query,
                        {EventState::done, EventState::skipped, EventState::dead, EventState::discarded},
                        &EventTable::replay, why);
}

std::uint64_t Journal::discard(const EventQuery& query, const std::string& why) {
  return state_->decide(query, {EventState::dead}, &EventTable::discard, why);
}

void Journal::note_gaps(std::span<const Gap> gaps) {
  if (!gaps.empty()) state_->change([&] { store::note_gaps(state_->database, gaps, state_->clock.now()); });
}

std::vector<Gap> Journal::judge_gaps(SysMilliseconds until, Milliseconds tolerance) {
  std::vector<Gap> missed;
  state_->change(
      [&] { missed = store::judge_gaps(state_->database, until, tolerance, state_->clock.now()); });
  return missed;
}

bool Journal::prune(const Retention& retention) {
  bool more = false;
  state_->change([&] { more = state_->table.prune(retention); });
  return more;
}

void Journal::on_ready(std::function<void()> tell) {
  const std::lock_guard guard(state_->telling_mutex);
  state_->on_ready = std::move(tell);
}

std::string Journal::trouble() const {
  const std::lock_guard guard(state_->mutex);
  return state_->trouble;
}

}  // namespace psabridge::store
