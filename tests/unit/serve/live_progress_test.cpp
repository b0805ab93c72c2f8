// How far a poll is, for whoever asks: whatever a source says of what is still to come.
#include "core/serve/live_progress.h"

#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "tests/unit/serve/stepped_clock.h"

namespace psabridge::serve {
namespace {

using namespace std::chrono_literals;

/// After half an hour, of a poll with so many read and expected.
EntityStanding standing(std::uint64_t read, std::int64_t expected) {
  SteppedClock clock;
  LiveProgress progress(clock);
  store::Counts counts;
  progress.note("acme", {"ticket", "reading", counts, expected, false});
  clock.advance(30min);
  counts.read = read;
  progress.note("acme", {"ticket", "reading", counts, expected, false});
  return progress.of("acme").at(0);
}

}  // namespace

TEST_CASE("What remains is told at the rate so far") {
  CHECK(standing(1'000, 4'000).remaining == 90min);
  CHECK(standing(1'000, 1'000).remaining == 0min);
  CHECK_FALSE(standing(0, 4'000).remaining);
  CHECK_FALSE(standing(1'000, -1).remaining);
}

TEST_CASE("A source that announces more than there can be makes no nonsense of what remains") {
  const auto absurd = standing(1, std::numeric_limits<std::int64_t>::max());
  REQUIRE(absurd.remaining);
  CHECK(*absurd.remaining == 24h * 365);
}

}  // namespace psabridge::serve
