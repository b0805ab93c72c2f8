// What polling finds is compared with what events announced.
#include "core/serve/gap_watch.h"

#include <catch2/catch_test_macros.hpp>
#include <future>

#include "tests/unit/store/store_fixture.h"

namespace psabridge::serve {
namespace {

struct Fixture {
  store::TestFolder folder;
  store::StandingClock clock;
  store::Journal journal{folder.url(), clock};
  config::Pipeline pipeline;
  GapWatch watch{journal, folder.url(), clock};

  Fixture() {
    pipeline.name = "main";
    pipeline.connection = "acme";
  }
  /// An event about a ticket is accepted and decoded.
  void announce(const std::string& ticket) {
    std::promise<store::EventId> promise;
    journal.accept({"acme", {}, "about " + ticket, {}},
                   [&](const store::Acceptance& acceptance, const std::exception_ptr&) {
                     promise.set_value(acceptance.event);
                   });
    const store::EventId id = promise.get_future().get();
    store::Decoding decoding{id, {{ticket, "ticket.updated", "ticket", ticket, {}, {}, "about " + ticket}}};
    journal.decoded(std::vector{decoding});
    journal.settle(std::vector{store::Settlement{.id = id}});
  }
  void poll(std::initializer_list<const char*> tickets) {
    PolledChanges changes;
    const std::string now = format_time(clock.now());
    for (const char* ticket : tickets) changes.add({"ticket", ticket, "updated", now});
    watch.polled(pipeline, {"ticket"}, changes);
  }
  void pass(Milliseconds span) { clock.sleep(span, {}); }
};

}  // namespace

TEST_CASE("A polled change that an event announces in time is late, others are missed") {
  Fixture one;
  one.pass(std::chrono::minutes{1});
  one.poll({"1", "2"});
  one.pass(std::chrono::minutes{1});
  one.announce("1");
  CHECK(one.watch.judge().empty());
  one.pass(std::chrono::minutes{2});
  const auto missed = one.watch.judge();
  REQUIRE(missed.size() == 1);
  CHECK(missed.front().source_id == "2");
  CHECK(one.watch.missed().at("acme") == 1);
  const Trust trust = one.watch.trust(one.pipeline);
  CHECK(trust.missed == 1);
  CHECK(trust.late == 1);
  CHECK(trust.announced == 1);
}

TEST_CASE("What changed before the daemon began, and what no event announces, is no gap") {
  Fixture one;
  PolledChanges changes;
  changes.add({"ticket", "1", "updated", format_time(one.clock.now() - std::chrono::hours{1})});
  changes.add({"agent", "2", "updated", format_time(one.clock.now() + std::chrono::hours{1})});
  changes.add({"ticket", "3", "unchanged", format_time(one.clock.now())});
  one.watch.polled(one.pipeline, {"ticket"}, changes);
  one.pass(std::chrono::hours{2});
  CHECK(one.watch.judge().empty());
}

TEST_CASE("Webhooks are distrusted when too many changes of an hour came without one, and trusted again") {
  Fixture one;
  one.pass(std::chrono::minutes{1});
  one.poll({"1", "2"});
  one.pass(std::chrono::minutes{3});
  one.watch.judge();
  CHECK(one.watch.trust(one.pipeline).enough);  // so few say nothing
  one.poll({"3", "4"});
  one.pass(std::chrono::minutes{3});
  one.watch.judge();
  CHECK_FALSE(one.watch.trust(one.pipeline).enough);
  one.pass(std::chrono::hours{2});
  CHECK(one.watch.trust(one.pipeline).enough);
}

}  // namespace psabridge::serve
