#include "core/serve/event_verdict.h"

#include <algorithm>
#include <array>

namespace psabridge::serve {
namespace {

constexpr Milliseconds kFirstPause{5'000}, kLongestPause = std::chrono::hours{6};
constexpr Milliseconds kThrottlePause{15'000};    // for a 429 without Retry-After
constexpr Milliseconds kOurTroublePause{30'000};  // until an admin, or a second, has mended this machine
constexpr Milliseconds kClosedPause{60'000};      // between looks at a connection that is not to be used

/// A secret that cannot be read, a connection that an admin paused, that waits for a sign-in, in maintenance.
constexpr auto kClosed = std::to_array<std::string_view>({"PB1010", "PB1906", "PB1907", "PB1908"});

/// What the source asks for, within reason: a header that says weeks is a mistake.
Milliseconds asked_for(const Error& error, Milliseconds otherwise) {
  return std::min<Milliseconds>(error.retry_after.value_or(otherwise), kLongestPause);
}

EventVerdict wait(Milliseconds pause) { return {.pause = pause, .of_connection = true}; }

/// Full jitter: anything from nothing to twice as much as after the last failure.
EventVerdict retry(const Error& error, std::uint32_t tries, double random) {
  if (tries + 1 >= kMostTries) return {.fate = EventVerdict::Fate::dead, .costs_try = true};
  const auto most = std::min(kLongestPause, kFirstPause * (std::int64_t{1} << std::min(tries, 20u)));
  const auto jitter = Milliseconds{static_cast<std::int64_t>(random * static_cast<double>(most.count()))};
  return {.costs_try = true, .pause = std::max(jitter, asked_for(error, Milliseconds{0}))};
}

}  // namespace

EventVerdict judge(const Error& error, std::uint32_t tries, double random) {
  if (std::ranges::find(kClosed, error.code()) != kClosed.end()) return wait(kClosedPause);
  switch (error.error_class()) {
    case ErrorClass::auth:
      return wait(kClosedPause);
    case ErrorClass::rate_limited:
      return wait(asked_for(error, kThrottlePause));
    case ErrorClass::environment:
    case ErrorClass::conflict:
    case ErrorClass::integrity:
    case ErrorClass::guard:
      return wait(kOurTroublePause);
    case ErrorClass::cancelled:
      return wait(Milliseconds{0});
    case ErrorClass::transient:
    case ErrorClass::permission:
      return retry(error, tries, random);
    case ErrorClass::usage:
    case ErrorClass::config:
    case ErrorClass::data:
    case ErrorClass::internal:
      break;
  }
  return {.fate = EventVerdict::Fate::dead};
}

}  // namespace psabridge::serve
