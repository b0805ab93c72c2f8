#include "core/net/circuit_breaker.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <thread>
#include <vector>

#include "core/base/error.h"
#include "tests/unit/net/fake_clock.h"

namespace psabridge::net {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using State = CircuitBreaker::State;

constexpr const char* kPeer = "https://halo.example";

struct Rig {
  void succeed(int times = 1) {
    for (int i = 0; i < times; ++i) breaker.begin(kPeer).succeeded();
  }
  void fail(int times = 1) {
    for (int i = 0; i < times; ++i) breaker.begin(kPeer).failed("It answered 503.");
  }
  /// The error of a try that is not let through.
  std::optional<Error> refusal() {
    try {
      const auto attempt = breaker.begin(kPeer);
    } catch (const Error& error) {
      return error;
    }
    return std::nullopt;
  }
  void wait_for_probe() { clock.advance(breaker.report().next_probe.value()); }

  FakeClock clock;
  CircuitBreaker breaker{
      {.window = 60s, .least_tries = 10, .failing_share = 0.5, .open_base = 10s, .open_cap = 80s}, clock, 1};
};

}  // namespace

TEST_CASE("The circuit opens when half of enough tries in the window failed") {
  struct Case {
    int failures, successes;  ///< the successes first, then the failures
    State state;
  };
  for (const auto& [failures, successes, state] : {
           Case{9, 0, State::closed},
           Case{10, 0, State::open},
           Case{4, 6, State::closed},
           Case{5, 5, State::open},
           Case{5, 6, State::closed},
           Case{0, 100, State::closed},
       }) {
    INFO(failures << " failures after " << successes << " successes");
    Rig rig;
    rig.succeed(successes);
    rig.fail(failures);
    CHECK(rig.breaker.report().state == state);
    CHECK(rig.breaker.report().tries == failures + successes);
    CHECK(rig.breaker.report().failures == failures);
  }
}

TEST_CASE("What is older than the window does not count") {
  Rig rig;
  rig.fail(9);
  rig.clock.advance(61s);
  rig.fail(1);
  CHECK(rig.breaker.report().state == State::closed);
  CHECK(rig.breaker.report().tries == 1);
}

TEST_CASE("An open circuit refuses at once and says since when, why and when it goes on") {
  Rig rig;
  rig.succeed(2);
  rig.fail(8);
  const auto error = rig.refusal();
  REQUIRE(error);
  CHECK(error->code() == "PB1217");
  CHECK(error->error_class() == ErrorClass::transient);
  CHECK(error->retry_after == rig.breaker.report().next_probe);
  const auto next = rig.clock.now() + rig.breaker.report().next_probe.value();
  CHECK_THAT(error->message(), ContainsSubstring(kPeer) &&
                                   ContainsSubstring("since 2026-03-01T00:00:00.000Z") &&
                                   ContainsSubstring("8 of 10") && ContainsSubstring("It answered 503.") &&
                                   ContainsSubstring("made at " + format_time(next)));
}

TEST_CASE("One probe at a time; its success closes the circuit with a clean slate") {
  Rig rig;
  rig.fail(10);
  rig.wait_for_probe();
  {
    auto probe = rig.breaker.begin(kPeer);
    CHECK(rig.breaker.report().state == State::half_open);
    const auto second = rig.refusal();
    REQUIRE(second);
    CHECK(second->retry_after == 1s);
    CHECK_THAT(second->message(), ContainsSubstring("on its way"));
    probe.succeeded();
  }
  CHECK(rig.breaker.report().state == State::closed);
  CHECK(rig.breaker.report().tries == 0);
  CHECK_FALSE(rig.breaker.report().since);
  rig.fail(9);
  CHECK(rig.breaker.report().state == State::closed);
}

TEST_CASE("A probe that fails opens the circuit again, with waits that grow up to the cap") {
  std::vector<Milliseconds> longest(8, 0ms);
  for (int round = 0; round < 40; ++round) {
    Rig rig;
    rig.clock.advance(Milliseconds(round));
    CircuitBreaker breaker(
        {.window = 60s, .least_tries = 10, .failing_share = 0.5, .open_base = 10s, .open_cap = 80s},
        rig.clock, static_cast<std::uint64_t>(round));
    for (int i = 0; i < 10; ++i) breaker.begin(kPeer).failed("It answered 503.");
    const auto since = breaker.report().since;
    for (auto& longest_of_opening : longest) {
      const auto wait = breaker.report().next_probe.value();
      longest_of_opening = std::max(longest_of_opening, wait);
      CHECK(wait >= 1s);
      rig.clock.advance(wait);
      breaker.begin(kPeer).failed("Still not.");
    }
    CHECK(breaker.report().since == since);
    CHECK(breaker.report().cause == "Still not.");
  }
  for (std::size_t opening = 0; opening < longest.size(); ++opening) {
    const Milliseconds most = std::min<Milliseconds>(10s * (1 << opening), 80s);
    INFO(opening);
    CHECK(longest[opening] <= most);
    CHECK(longest[opening] > most / 2);
  }
}

TEST_CASE("A probe without a verdict gives its place to the next one") {
  Rig rig;
  rig.fail(10);
  rig.wait_for_probe();
  { const auto stopped = rig.breaker.begin(kPeer); }
  CHECK(rig.breaker.report().state == State::open);
  rig.succeed();
  CHECK(rig.breaker.report().state == State::closed);
}

TEST_CASE("Tries that began before the circuit opened say nothing new about it") {
  Rig rig;
  auto late_success = rig.breaker.begin(kPeer);
  auto late_failure = rig.breaker.begin(kPeer);
  rig.fail(10);
  const auto before = rig.breaker.report();
  late_success.succeeded();
  late_failure.failed("It came late.");
  CHECK(rig.breaker.report().state == State::open);
  CHECK(rig.breaker.report().cause == before.cause);
  CHECK(rig.breaker.report().next_probe == before.next_probe);
}

TEST_CASE("Many threads meet one open circuit: one of them probes") {
  Rig rig;
  rig.fail(10);
  rig.wait_for_probe();
  std::atomic<int> let_through = 0, refused = 0;
  {
    std::atomic<bool> everybody_asked = false;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        try {
          auto probe = rig.breaker.begin(kPeer);
          ++let_through;
          everybody_asked.wait(false);
          probe.succeeded();
        } catch (const Error&) {
          if (++refused == 7) {
            everybody_asked = true;
            everybody_asked.notify_all();
          }
        }
      });
  }
  CHECK(let_through == 1);
  CHECK(refused == 7);
  CHECK(rig.breaker.report().state == State::closed);
}

}  // namespace psabridge::net
