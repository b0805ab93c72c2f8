#include "core/connection/standing.h"

#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "tests/unit/net/fake_clock.h"
#include "tests/unit/store/store_fixture.h"

using namespace psabridge;
using connection::Observation;
using connection::observe;
using connection::Standing;
using connection::State;

namespace {

config::Connection named(const std::string& name) {
  config::Connection connection;
  connection.name = name;
  return connection;
}

/// A connection's standing in a control file of its own.
struct Fixture {
  store::TestFolder folder;
  FakeClock clock;
  store::Control control{folder.url(), clock};
  Redactor redactor;
  Standing standing{control, redactor, clock};
  config::Connection acme = named("acme");

  std::string refusal() {
    try {
      standing.require_usable(acme);
      return "none";
    } catch (const Error& error) {
      return std::string(error.code());
    }
  }
};

}  // namespace

TEST_CASE("An error says how its connection stands, or nothing about it") {
  struct Case {
    const char *code, *state;
  };
  const std::vector<Case> cases{{"PB1203", "unauthorized"},
                                {"PB1902", "unauthorized"},
                                {"PB1903", "unauthorized"},
                                {"PB1204", "degraded"},
                                {"PB1205", "rate_limited"},
                                {"PB1201", "failed"},
                                {"PB1206", "failed"},
                                {"PB1207", "failed"},
                                {"PB1213", "failed"},
                                {"PB1010", "failed"},
                                {"PB1230", "maintenance"},
                                {"PB1908", "maintenance"},
                                {"PB1304", "-"},
                                {"PB1302", "-"},
                                {"PB1410", "-"},
                                {"PB1402", "-"},
                                {"PB1499", "-"}};
  for (const Case& one : cases) {
    INFO(one.code);
    const auto observed = observe(one.code, "why");
    CHECK((observed ? name_of(observed->state) : "-") == one.state);
  }
}

TEST_CASE("A connection is new until somebody has found out how it stands") {
  Fixture one;
  CHECK(one.standing.of(one.acme).state == "new");
  CHECK(one.standing.note(one.acme, {}));
  CHECK(one.standing.of(one.acme).state == "connected");
  CHECK(one.refusal() == "none");
}

TEST_CASE("A state keeps its beginning while it lasts, and every change is remembered") {
  Fixture one;
  const Observation down{State::failed, "PB1201", "It does not answer."};
  one.standing.note(one.acme, {});
  one.clock.advance(std::chrono::minutes{5});
  CHECK(one.standing.note(one.acme, down));
  one.clock.advance(std::chrono::minutes{5});
  CHECK_FALSE(one.standing.note(one.acme, down));
  const auto state = one.standing.of(one.acme);
  CHECK(state.since == "2026-03-01T00:05:00.000Z");
  CHECK(state.checked_at == "2026-03-01T00:10:00.000Z");
  CHECK(state.cause == "It does not answer.");
  const auto history = one.control.history("acme", 10);
  REQUIRE(history.size() == 2);
  CHECK(history[0].state == "failed");
  CHECK(history[1].state == "connected");
}

TEST_CASE("A refused sign-in stops the work until somebody has signed in again") {
  Fixture one;
  one.standing.note(one.acme, {State::unauthorized, "PB1203", "The secret is wrong."});
  CHECK(one.refusal() == "PB1907");
  one.standing.note(one.acme, {});
  CHECK(one.refusal() == "none");
}

TEST_CASE("A paused connection stays paused whatever is found out, until it is resumed") {
  Fixture one;
  one.standing.pause(one.acme, "Halo is moved");
  CHECK(one.refusal() == "PB1906");
  CHECK_FALSE(one.standing.note(one.acme, {}));
  CHECK(one.standing.of(one.acme).state == "paused");
  CHECK(one.standing.of(one.acme).cause == "Halo is moved");
  one.standing.resume(one.acme);
  CHECK(one.refusal() == "none");
}

TEST_CASE("A maintenance window of the configuration stops the work while it is open") {
  Fixture one;
  one.standing.note(one.acme, {});
  one.acme.maintenance = {{{"sun"}, "00:00", "01:00"}};  // the clock begins on a Sunday at midnight
  CHECK(one.refusal() == "PB1908");
  CHECK(one.standing.of(one.acme).state == "maintenance");
  one.clock.advance(std::chrono::hours{1});
  CHECK(one.refusal() == "none");
  CHECK(one.standing.of(one.acme).state == "connected");
}

TEST_CASE("Connections stand for themselves, for every process that looks") {
  Fixture one;
  one.standing.pause(one.acme, "");
  store::Control control(one.folder.url(), one.clock);
  Standing other(control, one.redactor, one.clock);
  CHECK(other.of(one.acme).state == "paused");
  CHECK(other.of(named("other")).state == "new");
}
