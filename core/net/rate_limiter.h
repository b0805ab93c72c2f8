// A token bucket per connection, shared by everything that talks to it; it learns from 429.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>

#include "core/base/clock.h"

namespace psabridge::net {

/// Who asks: somebody who waits for one answer (a webhook's record, a check), or the bulk of a sync.
enum class Urgency { routine, urgent };

/// Thread-safe. Starts full with a burst of an eighth of the budget (at least 1); refills evenly. Routine
/// work leaves a fifth of the burst (at least 1, once the burst is 5) to urgent work, and lets urgent waiters
/// go first. A 429 halves the rate (not below a sixteenth) and closes the bucket until the time asked for;
/// those that arrive while it is closed count as the same refusal. Every quiet `per` adds a tenth of the
/// configured rate back.
class RateLimiter {
 public:
  /// `requests` per `per`; 0 requests = no limit.
  RateLimiter(std::uint32_t requests, Milliseconds per, Clock& clock);

  /// Waits until one request may go. False when `stop` became true first.
  bool acquire(Urgency urgency, const std::function<bool()>& stop);
  /// The server said 429; `wait` from Retry-After, or zero when it named none (then the limiter chooses).
  void throttled(Milliseconds wait);

  struct Budget {
    double per_minute;        ///< present rate
    double available;         ///< requests that may go at once
    double reserve;           ///< of these, what only urgent ones may take
    Milliseconds closed_for;  ///< time until the server's Retry-After is over; 0 when open
    std::uint64_t throttles;  ///< 429 seen
  };
  Budget budget() const;

 private:
  class UrgentWait;
  /// Takes a token and returns 0, or returns the time to wait before asking again.
  Milliseconds take(Urgency urgency, Milliseconds now);
  /// Tokens that must be there before a request of this urgency takes one.
  double needed(Urgency urgency) const;
  void refill(Milliseconds now);
  bool unlimited() const noexcept { return full_rate_ == 0; }

  Clock& clock_;
  const double full_rate_;  ///< tokens per ms
  const double burst_;
  const double reserve_;
  const Milliseconds per_;
  mutable std::mutex mutex_;
  double rate_;
  double tokens_;
  int urgent_waiting_ = 0;
  Milliseconds refilled_at_;
  Milliseconds closed_until_{0};
  Milliseconds recovered_at_;     ///< of the last throttle, or of the last step of recovery
  Milliseconds unnamed_wait_{0};  ///< last wait chosen for a 429 without Retry-After; 0 after a quiet time
  std::uint64_t throttles_ = 0;
};

}  // namespace psabridge::net
