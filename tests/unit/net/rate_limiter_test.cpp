#include "core/net/rate_limiter.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <utility>

#include "tests/unit/net/fake_clock.h"

namespace psabridge::net {
using namespace std::chrono_literals;
using Catch::Approx;

namespace {

const auto never = [] { return false; };

/// Time that `count` requests in a row have to wait; urgent ones may take all there is.
Milliseconds time_for(RateLimiter& limiter, FakeClock& clock, int count, Urgency urgency = Urgency::urgent) {
  const auto begin = clock.monotonic();
  for (int i = 0; i < count; ++i) REQUIRE(limiter.acquire(urgency, never));
  return clock.monotonic() - begin;
}

}  // namespace

TEST_CASE("A burst of an eighth goes at once, the rest at the even rate") {
  struct Case {
    std::uint32_t requests;
    Milliseconds per;
    int count;
    Milliseconds wait;
  };
  for (const auto& [requests, per, count, wait] : {
           Case{400, 5min, 50, 0ms},
           Case{400, 5min, 51, 750ms},
           Case{400, 5min, 450, 5min},
           Case{4, 1s, 1, 0ms},
           Case{4, 1s, 5, 1s},
           Case{1, 1min, 3, 2min},
           Case{0, 1min, 10'000, 0ms},
       }) {
    INFO(requests << " per " << per.count() << " ms, " << count << " requests");
    FakeClock clock;
    RateLimiter limiter(requests, per, clock);
    const auto took = time_for(limiter, clock, count);
    CHECK(took >= wait);
    CHECK(took <= wait + Milliseconds(count));  // each wait is rounded up to a millisecond
  }
}

TEST_CASE("Idle time saves up no more than the burst") {
  FakeClock clock;
  RateLimiter limiter(80, 80s, clock);
  clock.advance(1h);
  CHECK(time_for(limiter, clock, 10) == 0ms);
  CHECK(time_for(limiter, clock, 1) == 1s);
}

TEST_CASE("A 429 closes the bucket for the time asked for and halves the rate") {
  FakeClock clock;
  RateLimiter limiter(60, 1min, clock);
  limiter.throttled(30s);
  CHECK(limiter.budget().closed_for == 30s);
  CHECK(limiter.budget().available == 0);
  CHECK(limiter.budget().per_minute == Approx(30));
  CHECK(limiter.budget().throttles == 1);
  CHECK(time_for(limiter, clock, 1, Urgency::routine) == 30s);
  CHECK(time_for(limiter, clock, 1, Urgency::routine) == 2s);  // not after the reserve is full again
  CHECK(time_for(limiter, clock, 1) == 0s);                    // which is there for what somebody waits for
}

TEST_CASE("A 429 closes an unlimited bucket too") {
  FakeClock clock;
  RateLimiter limiter(0, 1min, clock);
  limiter.throttled(30s);
  CHECK(time_for(limiter, clock, 100) == 30s);
}

TEST_CASE("429s that arrive together are one refusal, the longest wait counts") {
  FakeClock clock;
  RateLimiter limiter(60, 1min, clock);
  for (const auto wait : {10s, 20s, 5s}) limiter.throttled(wait);
  limiter.throttled(0ms);
  CHECK(limiter.budget().per_minute == Approx(30));
  CHECK(limiter.budget().closed_for == 20s);
  CHECK(limiter.budget().throttles == 4);
}

TEST_CASE("The rate never falls below a sixteenth, and waits without Retry-After double up to a minute") {
  FakeClock clock;
  RateLimiter limiter(1600, 100min, clock);
  for (const auto wait : {5s, 10s, 20s, 40s, 60s, 60s}) {
    limiter.throttled(0ms);
    CHECK(limiter.budget().closed_for == wait);
    clock.advance(wait);
  }
  CHECK(limiter.budget().per_minute == Approx(1));
}

TEST_CASE("Every quiet period gives a tenth back, up to the configured rate") {
  FakeClock clock;
  RateLimiter limiter(60, 1min, clock);
  limiter.throttled(1s);
  for (const double rate : {36.0, 42.0, 48.0, 54.0, 60.0, 60.0}) {
    clock.advance(1min);
    REQUIRE(limiter.acquire(Urgency::urgent, never));
    CHECK(limiter.budget().per_minute == Approx(rate));
  }
}

TEST_CASE("Waiting ends when the caller stops") {
  FakeClock clock;
  RateLimiter limiter(1, 1h, clock);
  limiter.throttled(15min);
  int asked = 0;
  CHECK_FALSE(limiter.acquire(Urgency::urgent, [&] { return ++asked > 1; }));
  CHECK(clock.monotonic() == 0ms);
}

TEST_CASE("Routine work leaves a fifth of the burst to urgent work, once there is enough to share") {
  struct Case {
    std::uint32_t requests;
    int routine, urgent;  ///< that go at once, one kind after the other
  };
  for (const auto& [requests, routine, urgent] : {
           Case{400, 40, 10},
           Case{80, 8, 2},
           Case{40, 4, 1},
           Case{32, 4, 0},  // a burst of 4 is not shared
           Case{1, 1, 0},
       }) {
    INFO(requests << " per 5 min");
    FakeClock clock;
    RateLimiter limiter(requests, 5min, clock);
    const auto gone = [&](Urgency urgency) {
      int count = 0;
      for (bool waits = false; !waits; count += !waits) {
        int asked = 0;
        waits = !limiter.acquire(urgency, [&] { return ++asked > 1; });
      }
      return count;
    };
    CHECK(gone(Urgency::routine) == routine);
    CHECK(gone(Urgency::urgent) == urgent);
  }
}

TEST_CASE("What is reserved is told, and routine work goes on at the even rate without it") {
  FakeClock clock;
  RateLimiter limiter(80, 80s, clock);
  CHECK(limiter.budget().available == Approx(10));
  CHECK(limiter.budget().reserve == Approx(2));
  for (int i = 0; i < 8; ++i) REQUIRE(limiter.acquire(Urgency::routine, never));
  CHECK(clock.monotonic() == 0ms);
  for (int i = 0; i < 5; ++i) REQUIRE(limiter.acquire(Urgency::routine, never));
  CHECK(clock.monotonic() == 5s);
  CHECK(limiter.budget().available == Approx(2));
}

TEST_CASE("An urgent waiter goes before routine work that comes while it waits") {
  FakeClock clock;
  RateLimiter limiter(4, 1s, clock);
  REQUIRE(limiter.acquire(Urgency::routine, never));
  std::optional<bool> routine_went;
  clock.on_sleep = [&, nested = false]() mutable {
    if (std::exchange(nested, true)) return;
    clock.advance(250ms);  // the token for which the urgent request waits is there
    int asked = 0;
    routine_went = limiter.acquire(Urgency::routine, [&] { return ++asked > 1; });
  };
  REQUIRE(limiter.acquire(Urgency::urgent, never));
  CHECK(routine_went == false);
  REQUIRE(limiter.acquire(Urgency::routine, never));
}

}  // namespace psabridge::net
