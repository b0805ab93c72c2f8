// Events through journal, queues and workers, with an applier in place of the pipelines: every accepted event
// ends, none is applied out of order, and one bad object holds up nobody else.
#include "core/serve/event_processor.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <future>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "core/base/error.h"
#include "core/serve/event_verdict.h"
#include "core/store/journal_rows.h"
#include "tests/unit/store/store_fixture.h"

namespace psabridge::serve {
namespace {

using store::EventState;

/// "ticket:7:3" announces version 3 of ticket 7; "garbage" is not understood.
std::vector<plugin::Event> decode(std::string_view body) {
  const std::size_t first = body.find(':'), last = body.rfind(':');
  if (first == std::string_view::npos)
    throw Error("PB2102", "The delivery \"" + std::string(body) + "\" is not understood.");
  plugin::Event event;
  event.kind = "ticket.updated";
  event.entity = body.substr(0, first);
  event.source_id = body.substr(first + 1, last - first - 1);
  event.body = body;
  event.key = body;
  return {event};
}

/// The source: the newest version of each object, as it is now.
class FakeSource {
 public:
  void put(const std::string& object, std::int64_t version) {
    const std::lock_guard lock(mutex_);
    auto& known = versions_[object];
    known = std::max(known, version);
  }
  std::int64_t version(const std::string& object) {
    const std::lock_guard lock(mutex_);
    return versions_[object];
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::int64_t> versions_;
};

/// The store behind all appliers: what was applied, and whether an object ever went back or was applied by
/// two at once.
class Ledger {
 public:
  void begin(const std::string& object) {
    const std::lock_guard lock(mutex_);
    overlaps += busy_[object]++ != 0;
  }
  void end(const std::string& object, std::int64_t version) {
    const std::lock_guard lock(mutex_);
    --busy_[object];
    auto& applied = applied_[object];
    inversions += version < applied;
    applied = version;
    ++applications;
  }
  std::int64_t applied(const std::string& object) {
    const std::lock_guard lock(mutex_);
    return applied_[object];
  }

  std::uint64_t inversions = 0, overlaps = 0, applications = 0;

 private:
  std::mutex mutex_;
  std::map<std::string, int> busy_;
  std::map<std::string, std::int64_t> applied_;
};

/// Reads objects from the source into the ledger; `trouble` may refuse one.
class FakeApplier final : public EventApplier {
 public:
  using Trouble = std::function<std::optional<Error>(const ObjectWork&)>;
  FakeApplier(FakeSource& source, Ledger& ledger, Trouble trouble)
      : source_(source), ledger_(ledger), trouble_(std::move(trouble)) {}

  std::vector<ObjectOutcome> apply(std::span<const ObjectWork> objects, const plugin::Stop&) override {
    std::vector<ObjectOutcome> outcomes;
    for (const ObjectWork& object : objects) {
      ObjectOutcome outcome{"updated", 1, trouble_ ? trouble_(object) : std::nullopt};
      if (!outcome.error) {
        ledger_.begin(object.source_id);
        ledger_.end(object.source_id, source_.version(object.source_id));
      }
      outcomes.push_back(std::move(outcome));
    }
    return outcomes;
  }

 private:
  FakeSource& source_;
  Ledger& ledger_;
  const Trouble trouble_;
};

using Decode = decltype(EventLane::decode);

/// Everything of one run of the daemon's event side; may be made again over the same files.
class Stand {
 public:
  Stand(
      const store::TestFolder& folder, Clock& clock, FakeSource& source, Ledger& ledger,
      FakeApplier::Trouble trouble = {}, std::string objection = {},
      Decode with_decode = [](std::string_view body, const plugin::Stop&) { return decode(body); })
      : journal(folder.url(), clock) {
    EventLane lane;
    lane.connection = "acme";
    lane.decode = std::move(with_decode);
    lane.objection = [objection](const store::Event&) { return objection; };
    for (int i = 0; i < 4; ++i)
      lane.appliers.push_back(std::make_unique<FakeApplier>(source, ledger, trouble));
    std::vector<EventLane> lanes;
    lanes.push_back(std::move(lane));
    processor.emplace(
        journal, std::move(lanes), ProcessorOptions{.window = 500}, clock, [](const SettledEvent&) {},
        [this](const std::string&, const Error&) { ++troubles; });
  }
  ~Stand() { processor->stop(); }

  /// Returns when it is on disk.
  store::Acceptance accept(const std::string& body) {
    std::promise<store::Acceptance> promise;
    auto future = promise.get_future();
    while (!journal.accept({"acme", {}, body, "127.0.0.1"},
                           [&](const store::Acceptance& acceptance, const std::exception_ptr&) {
                             promise.set_value(acceptance);
                           })) {
    }
    return future.get();
  }
  void drain() {
    REQUIRE(processor->drain([] { return false; }));
  }

  std::atomic<std::uint64_t> troubles = 0;  ///< told so far
  store::Journal journal;
  std::optional<EventProcessor> processor;
};

std::map<EventState, std::uint64_t> states(const store::TestFolder& folder) {
  return store::JournalReader(folder.url()).figures().by_state;
}

store::Event event(const store::TestFolder& folder, store::EventId id) {
  return store::JournalReader(folder.url()).event(id).value();
}

struct Fixture {
  store::TestFolder folder;
  store::StandingClock clock;
  FakeSource source;
  Ledger ledger;
};

}  // namespace

TEST_CASE("An accepted event is applied and says what became of it") {
  Fixture one;
  Stand stand(one.folder, one.clock, one.source, one.ledger);
  one.source.put("7", 3);
  const auto accepted = stand.accept("ticket:7:3");
  stand.drain();
  const store::Event settled = event(one.folder, accepted.event);
  CHECK(settled.state == EventState::done);
  CHECK(settled.effect == "updated");
  CHECK(settled.entity == "ticket");
  CHECK(settled.source_id == "7");
  CHECK(one.ledger.applied("7") == 3);
}

TEST_CASE("What is not understood, not asked for or announces nothing ends with its reason") {
  Fixture one;
  SECTION("not understood") {
    Stand stand(one.folder, one.clock, one.source, one.ledger);
    const auto accepted = stand.accept("garbage");
    stand.drain();
    const store::Event settled = event(one.folder, accepted.event);
    CHECK(settled.state == EventState::dead);
    CHECK(settled.code == "PB2102");
    CHECK(settled.reason.find("garbage") != std::string::npos);
  }
  SECTION("not asked for") {
    Stand stand(one.folder, one.clock, one.source, one.ledger, {}, "Nobody asks for it.");
    const auto accepted = stand.accept("ticket:7:1");
    stand.drain();
    const store::Event settled = event(one.folder, accepted.event);
    CHECK(settled.state == EventState::skipped);
    CHECK(settled.reason == "Nobody asks for it.");
    CHECK(one.ledger.applications == 0);
  }
}

TEST_CASE("A failure that may pass waits, and holds up only its own object") {
  Fixture one;
  std::atomic<bool> broken = true;
  Stand stand(one.folder, one.clock, one.source, one.ledger, [&](const ObjectWork& object) {
    return broken && object.source_id == "7" ? std::optional(Error("PB1201", "The server does not answer."))
                                             : std::nullopt;
  });
  one.source.put("7", 1);
  one.source.put("8", 1);
  const auto stuck = stand.accept("ticket:7:1");
  stand.drain();
  CHECK(event(one.folder, stuck.event).state == EventState::waiting);
  CHECK(event(one.folder, stuck.event).tries == 1);
  const auto behind = stand.accept("ticket:7:2"), other = stand.accept("ticket:8:1");
  stand.drain();
  CHECK(event(one.folder, behind.event).state == EventState::ready);
  CHECK(event(one.folder, other.event).state == EventState::done);

  broken = false;
  one.clock.sleep(std::chrono::hours{7}, {});
  stand.drain();
  CHECK(event(one.folder, behind.event).state == EventState::done);
  CHECK(event(one.folder, stuck.event).state == EventState::skipped);
  CHECK(event(one.folder, stuck.event).cause == behind.event);
}

TEST_CASE("A failure that cannot pass is a dead letter; one that never passes becomes one after its tries") {
  Fixture one;
  SECTION("cannot pass") {
    Stand stand(one.folder, one.clock, one.source, one.ledger,
                [](const ObjectWork&) { return std::optional(Error("PB1208", "No such thing.")); });
    const auto accepted = stand.accept("ticket:7:1");
    stand.drain();
    CHECK(event(one.folder, accepted.event).state == EventState::dead);
    CHECK(event(one.folder, accepted.event).code == "PB1208");
  }
  SECTION("never passes") {
    Stand stand(one.folder, one.clock, one.source, one.ledger,
                [](const ObjectWork&) { return std::optional(Error("PB1201", "No answer.")); });
    const auto accepted = stand.accept("ticket:7:1");
    for (std::uint32_t i = 0; i < kMostTries; ++i) {
      stand.drain();
      one.clock.sleep(std::chrono::hours{7}, {});
    }
    stand.drain();
    CHECK(event(one.folder, accepted.event).state == EventState::dead);
    CHECK(event(one.folder, accepted.event).code == "PB2105");
  }
}

TEST_CASE("A connection that cannot be used makes its events wait without costing a try") {
  Fixture one;
  Stand stand(one.folder, one.clock, one.source, one.ledger,
              [](const ObjectWork&) { return std::optional(Error("PB1906", "It is paused.")); });
  const auto accepted = stand.accept("ticket:7:1");
  stand.drain();
  CHECK(event(one.folder, accepted.event).state == EventState::waiting);
  CHECK(event(one.folder, accepted.event).tries == 0);
}

TEST_CASE("Events that could not be noted as begun are processed when the journal is well again") {
  Fixture one;
  one.source.put("7", 1);
  Stand stand(one.folder, one.clock, one.source, one.ledger);
  const auto file = store::journal_file_of(one.folder.url());
  store::change_file(file,
                     "CREATE TRIGGER ill BEFORE UPDATE OF started ON event"
                     " BEGIN SELECT RAISE(ABORT, 'ill'); END");
  const auto accepted = stand.accept("ticket:7:1");
  while (stand.troubles == 0) std::this_thread::yield();
  store::change_file(file, "DROP TRIGGER ill");
  stand.drain();
  CHECK(event(one.folder, accepted.event).state == EventState::done);
  CHECK(one.ledger.applied("7") == 1);
}

TEST_CASE("A record that a delivery brought along and that cannot be read any more is fetched") {
  Fixture one;
  one.source.put("7", 3);
  std::atomic<int> looks = 0;
  Stand stand(one.folder, one.clock, one.source, one.ledger, {}, {},
              [&](std::string_view body, const plugin::Stop&) {
                if (looks++ > 0) throw Error("PB2102", "The delivery is not understood.");
                return decode(body);
              });
  const auto accepted = stand.accept("ticket:7:3");
  stand.drain();
  CHECK(event(one.folder, accepted.event).state == EventState::done);
  CHECK(one.ledger.applied("7") == 3);
  CHECK(stand.troubles == 0);
}

TEST_CASE("A delivery that was given up because the daemon stops is looked into by the next one") {
  Fixture one;
  one.source.put("7", 3);
  std::promise<void> begun;
  std::optional<Stand> stand;
  stand.emplace(one.folder, one.clock, one.source, one.ledger, FakeApplier::Trouble{}, std::string(),
                [&](std::string_view, const plugin::Stop& stop) -> std::vector<plugin::Event> {
                  begun.set_value();
                  while (!stop()) std::this_thread::yield();
                  throw Error("PB1410", "Stopped.");
                });
  const auto accepted = stand->accept("ticket:7:3");
  begun.get_future().wait();
  stand.reset();
  CHECK(event(one.folder, accepted.event).state == EventState::ready);
  stand.emplace(one.folder, one.clock, one.source, one.ledger);
  stand->drain();
  CHECK(event(one.folder, accepted.event).state == EventState::done);
  CHECK(event(one.folder, accepted.event).crashes == 0);
}

TEST_CASE("An event that ends the process twice is quarantined") {
  Fixture one;
  store::EventId id = 0;
  {
    store::Journal journal(one.folder.url(), one.clock);
    std::promise<store::EventId> promise;
    journal.accept({"acme", {}, "ticket:7:1", {}},
                   [&](const store::Acceptance& acceptance, const std::exception_ptr&) {
                     promise.set_value(acceptance.event);
                   });
    id = promise.get_future().get();
    journal.start(std::vector{id});
  }
  store::Journal(one.folder.url(), one.clock).start(std::vector{id});
  Stand stand(one.folder, one.clock, one.source, one.ledger);
  const auto other = stand.accept("ticket:8:1");
  stand.drain();
  CHECK(event(one.folder, id).state == EventState::dead);
  CHECK(event(one.folder, id).code == "PB2104");
  CHECK(event(one.folder, other.event).state == EventState::done);
}

// PSABRIDGE_EVENTS says how many events the next test takes; a million is a matter of minutes.
TEST_CASE("No object goes back or is applied by two at once, whatever comes in whatever order") {
  const char* const wanted = std::getenv("PSABRIDGE_EVENTS");
  const std::int64_t events = wanted ? std::atoll(wanted) : 20'000;
  constexpr std::int64_t kObjects = 300;
  Fixture one;
  std::minstd_rand random(2026);  // NOLINT: the same events each time
  std::vector<std::string> bodies;
  const auto chance = [&](int percent) {
    return std::uniform_int_distribution<int>(0, 99)(random) < percent;
  };
  std::optional<Stand> stand;
  std::atomic<std::int64_t> refusals{0};
  const auto begin = [&] {
    stand.reset();
    stand.emplace(one.folder, one.clock, one.source, one.ledger, [&](const ObjectWork& object) {
      // Every 997th look at an object fails for a reason that passes at once.
      return (refusals.fetch_add(1) + std::stoll(object.source_id)) % 997 == 0
                 ? std::optional(Error("PB1410", "Stopped."))
                 : std::nullopt;
    });
  };
  begin();
  std::int64_t on_disk = 0;
  std::mutex mutex;
  std::condition_variable changed;
  for (std::int64_t i = 0; i < events; ++i) {
    const std::string object =
        std::to_string(std::uniform_int_distribution<std::int64_t>(0, kObjects - 1)(random));
    one.source.put(object, i);
    bodies.push_back("ticket:" + object + ":" + std::to_string(i));
    if (bodies.size() < 64 && i + 1 < events) continue;
    std::shuffle(bodies.begin(), bodies.end(), random);
    const std::size_t fresh = bodies.size();
    for (std::size_t b = 0; b < fresh; ++b)
      if (chance(10)) bodies.push_back(bodies[b]);
    std::int64_t awaited = std::ssize(bodies);
    for (const std::string& body : bodies)
      REQUIRE(stand->journal.accept({"acme", {}, body, {}},
                                    [&](const store::Acceptance&, const std::exception_ptr&) {
                                      const std::lock_guard lock(mutex);
                                      ++on_disk;
                                      changed.notify_all();
                                    }));
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return on_disk == awaited; });
    on_disk = 0;
    bodies.clear();
    lock.unlock();
    if (chance(1)) begin();  // the process ends in the middle of its work, and another goes on
  }
  stand->drain();
  for (std::int64_t object = 0; object < kObjects; ++object) {
    INFO(object);
    CHECK(one.ledger.applied(std::to_string(object)) == one.source.version(std::to_string(object)));
  }
  CHECK(one.ledger.inversions == 0);
  CHECK(one.ledger.overlaps == 0);
  const auto left = states(one.folder);
  CHECK(left.at(EventState::done) + left.at(EventState::skipped) == static_cast<std::uint64_t>(events));
}

TEST_CASE("The class of an error decides what becomes of its event") {
  struct Case {
    const char* code;
    EventVerdict::Fate fate;
    bool costs_try, of_connection;
  };
  using Fate = EventVerdict::Fate;
  const Case cases[] = {{"PB1201", Fate::again, true, false}, {"PB1205", Fate::again, false, true},
                        {"PB1906", Fate::again, false, true}, {"PB1304", Fate::again, false, true},
                        {"PB1410", Fate::again, false, true}, {"PB2102", Fate::dead, false, false},
                        {"PB1499", Fate::dead, false, false}};
  for (const Case& one : cases) {
    INFO(one.code);
    const EventVerdict verdict = judge(Error(one.code, "x"), 0, 0.5);
    CHECK(verdict.fate == one.fate);
    CHECK(verdict.costs_try == one.costs_try);
    CHECK(verdict.of_connection == one.of_connection);
  }
  CHECK(judge(Error("PB1201", "x"), kMostTries - 1, 0.5).fate == Fate::dead);
  CHECK(judge(Error("PB1201", "x"), 3, 1.0).pause == std::chrono::seconds{40});
  CHECK(judge(Error("PB1201", "x"), 11 - 1, 1.0).pause <= std::chrono::hours{6});
  for (const char* code : {"PB1201", "PB1205"}) {
    Error asked(code, "x");
    asked.retry_after = std::chrono::minutes{10};
    CHECK(judge(asked, 0, 0.5).pause == std::chrono::minutes{10});
    asked.retry_after = std::chrono::hours{24 * 40};
    CHECK(judge(asked, 0, 0.5).pause == std::chrono::hours{6});
  }
}

}  // namespace psabridge::serve
