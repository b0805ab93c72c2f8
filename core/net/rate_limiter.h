// A token bucket per connection, shared by everything that talks to it; it learns from 429.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>

#include "core/base/clock.h"

namespace psabridge::net {

/// Thread-safe. Starts full with a burst of an eighth of the budget (at least 1); refills evenly. A 429
/// halves the rate (not below a sixteenth) and closes the bucket until the time asked for; those that arrive
/// while it is closed count as the same refusal. Every quiet `per` adds a tenth of the configured rate back.
class RateLimiter {
 public:
  /// `requests` per `per`; 0 requests = no limit.
  RateLimiter(std::uint32_t requests, Milliseconds per, Clock& clock);

  /// Waits until one request may go. False when `stop` became true first.
  bool acquire(const std::function<bool()>& stop);
  /// The server said 429; `wait` from Retry-After, or zero when it named none (then the limiter chooses).
  void throttled(Milliseconds wait);

  struct Budget {
    double per_minute;        ///< present rate
    double available;         ///< requests that may go at once
    Milliseconds closed_for;  ///< time until the server's Retry-After is over; 0 when open
    std::uint64_t throttles;  ///< 429 seen
  };
  Budget budget() const;

 private:
  /// Takes a token and returns 0, or returns the time to wait before asking again.
  Milliseconds take(Milliseconds now);
  void refill(Milliseconds now);
  bool unlimited() const noexcept { return full_rate_ == 0; }

  Clock& clock_;
  const double full_rate_;  ///< tokens per ms
  const double burst_;
  const Milliseconds per_;
  mutable std::mutex mutex_;
  double rate_;
  double tokens_;
  Milliseconds refilled_at_;
  Milliseconds closed_until_{0};
  Milliseconds recovered_at_;     ///< of the last throttle, or of the last step of recovery
  Milliseconds unnamed_wait_{0};  ///< last wait chosen for a 429 without Retry-After; 0 after a quiet time
  std::uint64_t throttles_ = 0;
};

}  // namespace psabridge::net
