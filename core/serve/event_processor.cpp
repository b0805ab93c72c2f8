#include "core/serve/event_processor.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <tuple>

#include "core/serve/event_verdict.h"

namespace psabridge::serve {
namespace {

using store::Event;
using store::EventState;
using store::Settlement;

constexpr std::uint32_t kReadAtOnce = 500;    // events of one look into the journal
constexpr std::uint32_t kMostCrashes = 2;     // then an event is quarantined
constexpr std::size_t kBodyKept = 8 * 1024;   // bytes in memory; a larger record is fetched instead
constexpr Milliseconds kLook{200};            // between looks at what is due
constexpr Milliseconds kJournalPause{1'000};  // after the journal failed

Error error_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& error) {
    return Error("PB1499", error.what());
  }
}

Settlement dead(const Event& event, const Error& error) {
  return {.id = event.id,
          .state = EventState::dead,
          .code = std::string(error.code()),
          .reason = error.message()};
}

Settlement skipped(const Event& event, std::string reason, store::EventId cause = 0) {
  return {.id = event.id, .state = EventState::skipped, .reason = std::move(reason), .cause = cause};
}

Settlement quarantined(const Event& event) {
  return dead(event, Error("PB2104", "The process ended " + std::to_string(event.crashes) +
                                         " times while this event was being processed."));
}

/// Parts of a delivery stand in its place.
auto place_of(const Event& event) { return std::pair(event.cause != 0 ? event.cause : event.id, event.id); }

std::vector<store::EventId> ids_of(const std::vector<Event>& events) {
  std::vector<store::EventId> ids(events.size());
  std::ranges::transform(events, ids.begin(), &Event::id);
  return ids;
}

}  // namespace

EventProcessor::EventProcessor(store::Journal& journal, std::vector<EventLane> lanes,
                               ProcessorOptions options, Clock& clock, OnSettled on_settled,
                               OnTrouble on_trouble)
    : journal_(journal),
      options_(options),
      clock_(clock),
      on_settled_(std::move(on_settled)),
      on_trouble_(std::move(on_trouble)),
      stopping_([this] { return stop_.load(); }) {
  for (EventLane& lane : lanes) lanes_[lane.connection].what = std::move(lane);
  std::uint64_t seed = options_.seed;
  for (auto& [name, lane] : lanes_)
    for (const auto& applier : lane.what.appliers)
      lane.workers.emplace_back(&EventProcessor::work, this, std::ref(lane), std::ref(*applier), ++seed);
  dispatcher_ = std::thread(&EventProcessor::dispatch, this);
  journal_.on_ready([this] { wake(); });
}

EventProcessor::~EventProcessor() { stop(); }

void EventProcessor::wake() {
  const std::lock_guard lock(mutex_);
  more_ = true;
  changed_.notify_all();
}

void EventProcessor::reload() {
  const std::lock_guard lock(mutex_);
  reload_ = true;
  changed_.notify_all();
}

void EventProcessor::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    changed_.notify_all();
  }
  if (dispatcher_.joinable()) dispatcher_.join();
  for (auto& [name, lane] : lanes_)
    for (std::thread& worker : lane.workers)
      if (worker.joinable()) worker.join();
  journal_.on_ready({});
}

void EventProcessor::on_beat(std::function<void()> beat) {
  const std::lock_guard lock(mutex_);
  beat_ = std::move(beat);
}

bool EventProcessor::drain(const plugin::Stop& stop) {
  std::unique_lock lock(mutex_);
  more_ = true;  // what was accepted before this call counts, whether somebody has told us or not
  changed_.notify_all();
  const auto idle = [&] {
    return !more_ && !reload_ && in_hand_.empty() && std::ranges::all_of(lanes_, [&](const auto& entry) {
      const auto due = entry.second.queue.next_due();
      return !due || *due > clock_.now() || entry.second.closed_until > clock_.now();
    });
  };
  while (!idle()) {
    if (stop()) return false;
    changed_.wait_for(lock, kLook);
  }
  return true;
}

std::size_t EventProcessor::in_memory() const {
  std::size_t events = in_hand_.size();
  for (const auto& [name, lane] : lanes_) events += lane.queue.size();
  return events;
}

// --- from the journal into the queues ---

void EventProcessor::dispatch() {
  while (!stop_) {
    try {
      while (!stop_ && load()) {
      }
    } catch (const Error& error) {
      on_trouble_({}, error);
      clock_.sleep(kJournalPause, stopping_);
      reload();  // what had been read and is in no queue yet
    }
    std::unique_lock lock(mutex_);
    if (beat_) beat_();
    changed_.wait_for(lock, kLook,
                      [&] { return stop_ || reload_ || (more_ && in_memory() < options_.window / 2); });
  }
}

/// True when there may be more to read at once.
bool EventProcessor::load() {
  std::vector<Event> events;
  {
    // Under the lock: an event that a worker has in hand now is not read as open and sorted in a second time.
    const std::lock_guard lock(mutex_);
    if (reload_) {
      for (auto& [name, lane] : lanes_) lane.queue.forget();
      last_.reset();
      reload_ = false;
      more_ = true;
    }
    if (!more_ || in_memory() >= options_.window) return false;
    more_ = false;  // unless somebody says so from here on
    events = journal_.open_events(last_ ? &*last_ : nullptr, kReadAtOnce);
    if (events.empty()) {
      changed_.notify_all();
      return false;
    }
    more_ = true;
    last_ = events.back();
    last_->body.clear();
    std::erase_if(events, [&](const Event& event) { return in_hand_.contains(event.id); });
  }
  std::vector<Event> known, raw;
  for (Event& event : events) (event.decoded ? known : raw).push_back(std::move(event));
  std::ranges::move(decoded(std::move(raw)), std::back_inserter(known));
  std::ranges::sort(known, {}, place_of);
  sort_in(std::move(known));
  return true;
}

/// One that ended the process before is decoded alone: if it does so again, it is known which one it was.
std::vector<Event> EventProcessor::decoded(std::vector<Event> raw) {
  std::vector<Event> result;
  std::ranges::stable_sort(raw, {}, [](const Event& event) { return event.crashes > 0; });
  for (auto begin = raw.begin(); begin != raw.end();) {
    const bool alone = begin->crashes > 0;
    const auto end =
        alone ? begin + 1
              : std::ranges::find_if(begin, raw.end(), [](const Event& event) { return event.crashes > 0; });
    const std::vector<Event> some(std::make_move_iterator(begin), std::make_move_iterator(end));
    begin = end;
    std::vector<store::Decoding> decodings;
    std::vector<Settlement> settlements;
    if (some.front().crashes >= kMostCrashes) {
      settlements.push_back(quarantined(some.front()));
    } else {
      journal_.start(ids_of(some));
      for (const Event& event : some) decode(event, decodings, settlements);
    }
    journal_.settle(settlements);
    std::ranges::move(journal_.decoded(decodings), std::back_inserter(result));
  }
  return result;
}

void EventProcessor::decode(const Event& event, std::vector<store::Decoding>& decodings,
                            std::vector<Settlement>& settlements) {
  const auto lane = lanes_.find(event.connection);
  if (lane == lanes_.end())
    return settlements.push_back(
        skipped(event, "The configuration has no connection " + event.connection + " that takes webhooks."));
  try {
    store::Decoding decoding{.id = event.id, .events = {}};
    for (plugin::Event& found : lane->second.what.decode(event.body, stopping_))
      decoding.events.push_back({std::move(found.key), std::move(found.kind), std::move(found.entity),
                                 std::move(found.source_id), std::move(found.occurred_at),
                                 std::move(found.actor), std::move(found.body)});
    if (decoding.events.empty())
      return settlements.push_back(skipped(event, "The delivery announces nothing (a test, say)."));
    decodings.push_back(std::move(decoding));
  } catch (...) {
    const Error error = error_of(std::current_exception());
    // Nobody looked into a delivery that was given up on our own wish: the next process does.
    const bool stopped = stop_ && error.error_class() == ErrorClass::cancelled;
    settlements.push_back(stopped ? Settlement{.id = event.id, .state = EventState::ready}
                                  : dead(event, error));
  }
}

void EventProcessor::sort_in(std::vector<Event> events) {
  std::vector<Settlement> settlements;
  {
    const std::lock_guard lock(mutex_);
    for (Event& event : events) {
      const auto lane = lanes_.find(event.connection);
      if (lane == lanes_.end()) {
        settlements.push_back(skipped(
            event, "The configuration has no connection " + event.connection + " that takes webhooks."));
        continue;
      }
      if (event.body.size() > kBodyKept) event.body.clear();
      lane->second.queue.add(std::move(event));
    }
    changed_.notify_all();
  }
  if (!settlements.empty()) journal_.settle(settlements);
}

// --- the workers ---

void EventProcessor::work(Lane& lane, EventApplier& applier, std::uint64_t seed) {
  std::minstd_rand random(static_cast<std::minstd_rand::result_type>(seed));
  while (!stop_) {
    Hand hand{take(lane), {}};
    if (!hand.objects.empty()) process(lane, applier, std::move(hand), random);
  }
}

std::vector<ObjectEvents> EventProcessor::take(Lane& lane) {
  std::unique_lock lock(mutex_);
  std::vector<ObjectEvents> objects;
  changed_.wait_for(lock, kLook, [&] {
    const SysMilliseconds now = clock_.now();
    if (!stop_ && lane.closed_until <= now) objects = lane.queue.take(now, options_.batch);
    return stop_ || !objects.empty();
  });
  for (const ObjectEvents& object : objects)
    for (const Event& event : object.events) in_hand_.insert(event.id);
  return objects;
}

void EventProcessor::process(Lane& lane, EventApplier& applier, Hand hand, std::minstd_rand& random) {
  std::map<store::EventId, std::string> received;
  for (const ObjectEvents& object : hand.objects)
    for (const Event& event : object.events) received.emplace(event.id, event.received_at);
  const Milliseconds begun = clock_.monotonic();
  bool failed = false;
  try {
    put_aside(lane, hand);
    std::vector<ObjectWork> works;
    std::vector<ObjectEvents*> asked;
    std::vector<store::EventId> ids;
    for (ObjectEvents& object : hand.objects) {
      if (object.events.empty()) continue;
      works.push_back(work_of(lane, object));
      asked.push_back(&object);
      for (const Event& event : object.events) ids.push_back(event.id);
    }
    if (!works.empty()) {
      journal_.start(ids);
      const std::vector<ObjectOutcome> outcomes = applier.apply(works, stopping_);
      for (std::size_t i = 0; i < asked.size(); ++i) conclude(lane, *asked[i], outcomes[i], hand, random);
    }
    journal_.settle(hand.settlements);
    tell(lane, hand, received, clock_.monotonic() - begun);
  } catch (...) {
    // The journal cannot be written: what was applied is applied again, which changes nothing.
    on_trouble_({}, error_of(std::current_exception()));
    clock_.sleep(kJournalPause, stopping_);
    failed = true;
  }
  const std::lock_guard lock(mutex_);
  reload_ = reload_ || failed;
  for (const auto& [id, at] : received) in_hand_.erase(id);
  give_back(lane, std::move(hand.objects));
}

/// Events that need no processing, and those that ended the process twice.
void EventProcessor::put_aside(const Lane& lane, Hand& hand) const {
  for (ObjectEvents& object : hand.objects)
    std::erase_if(object.events, [&](const Event& event) {
      if (event.crashes >= kMostCrashes) {
        hand.settlements.push_back(quarantined(event));
        return true;
      }
      std::string objection = lane.what.objection(event);
      if (objection.empty()) return false;
      hand.settlements.push_back(skipped(event, std::move(objection)));
      return true;
    });
}

ObjectWork EventProcessor::work_of(const Lane& lane, const ObjectEvents& object) const {
  ObjectWork work{object.entity, object.source_id, {}, {}};
  for (const Event& event : object.events) work.kinds.insert(event.kind);
  const Event& newest = object.events.back();
  if (newest.body.empty()) return work;
  try {
    for (plugin::Event& found : lane.what.decode(newest.body, stopping_))
      if (found.whole && found.entity == object.entity && found.source_id == object.source_id)
        work.given = {std::move(found.source_id), std::move(found.version), std::move(found.text)};
  } catch (const Error&) {
    // It was understood once, by another version of the plugin perhaps: the record is fetched instead.
  }
  return work;
}

void EventProcessor::conclude(Lane& lane, ObjectEvents& object, const ObjectOutcome& outcome, Hand& hand,
                              std::minstd_rand& random) {
  std::vector<Event> events = std::exchange(object.events, {});
  const Event& newest = events.back();
  const auto supersede_older = [&] {
    for (std::size_t i = 0; i + 1 < events.size(); ++i)
      hand.settlements.push_back(skipped(
          events[i], "The newer event " + std::to_string(newest.id) + " of the same object was processed.",
          newest.id));
  };
  if (!outcome.error) {
    supersede_older();
    hand.settlements.push_back({.id = newest.id, .effect = outcome.effect, .run = outcome.run});
    return;
  }
  const Error& error = *outcome.error;
  const double share = std::uniform_real_distribution<double>(0, 1)(random);
  const EventVerdict verdict = judge(error, newest.tries, share);
  if (verdict.fate == EventVerdict::Fate::dead) {
    supersede_older();
    const bool given_up = verdict.costs_try;
    hand.settlements.push_back(
        given_up ? dead(newest, Error("PB2105", "It failed " + std::to_string(newest.tries + 1) +
                                                    " times, at last with " + std::string(error.code()) +
                                                    ": " + error.message()))
                 : dead(newest, error));
    return;
  }
  const SysMilliseconds due = clock_.now() + verdict.pause;
  const bool stopped = error.error_class() == ErrorClass::cancelled;
  for (Event& event : events) {
    hand.settlements.push_back({.id = event.id,
                                .state = stopped ? EventState::ready : EventState::waiting,
                                .code = std::string(error.code()),
                                .reason = error.message(),
                                .due = due,
                                .costs_try = verdict.costs_try});
    event.tries += verdict.costs_try ? 1 : 0;
    event.due_at = format_time(due);
  }
  object.events = std::move(events);
  if (!verdict.of_connection) return;
  if (!stopped) on_trouble_(lane.what.connection, error);
  const std::lock_guard lock(mutex_);
  lane.closed_until = std::max(lane.closed_until, due);
}

void EventProcessor::tell(const Lane& lane, const Hand& hand,
                          const std::map<store::EventId, std::string>& received, Milliseconds took) const {
  for (const Settlement& settlement : hand.settlements) {
    const auto at = parse_time(received.at(settlement.id));
    on_settled_({lane.what.connection, store::name_of(settlement.state),
                 at ? clock_.now() - *at : Milliseconds{0}, took});
  }
}

void EventProcessor::give_back(Lane& lane, std::vector<ObjectEvents> objects) {
  // A reload reads what waits from the journal.
  for (ObjectEvents& object : objects) {
    if (reload_) object.events.clear();
    lane.queue.give_back(std::move(object));
  }
  changed_.notify_all();
}

}  // namespace psabridge::serve
