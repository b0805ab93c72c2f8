// When to ask again: what Retry-After says, and full jitter when nobody says anything.
#pragma once
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/time.h"

namespace psabridge::net {

/// The longest wait that a server may impose; longer ones are absurd and capped.
constexpr Milliseconds kLongestRetryAfter = std::chrono::minutes{15};

/// Reads Retry-After: seconds ("2", "1.5") or an HTTP date, never negative, capped at kLongestRetryAfter.
/// Nothing when it is neither.
std::optional<Milliseconds> parse_retry_after(std::string_view header, SysMilliseconds now);

/// Full jitter: a random span in 0 .. base * 2^n, at most `cap`. Thread-safe.
class Backoff {
 public:
  Backoff(Milliseconds base, Milliseconds cap, std::uint64_t seed) : base_(base), cap_(cap), random_(seed) {}
  /// `failures` tries have failed so far, at least one.
  Milliseconds wait_after(int failures);

 private:
  const Milliseconds base_, cap_;
  std::mutex mutex_;
  std::mt19937_64 random_;
};

}  // namespace psabridge::net
