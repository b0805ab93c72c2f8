#include "core/net/rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace psabridge::net {
namespace {

constexpr double kSlowestShare = 1.0 / 16, kRecoveryShare = 0.1, kBurstShare = 1.0 / 8, kReserveShare = 0.2;
constexpr double kLeastBurstWithReserve = 5;  // a smaller one could starve routine work
// For a 429 without Retry-After: the wait doubles from 429 to 429 until a quiet `per` has passed.
constexpr Milliseconds kFirstWait{5'000}, kLongestWait{60'000};

double per_millisecond(std::uint32_t requests, Milliseconds per) {
  return static_cast<double>(requests) / static_cast<double>(std::max<Milliseconds::rep>(per.count(), 1));
}

double reserve_of(double burst) {
  return burst < kLeastBurstWithReserve ? 0 : std::max(1.0, burst * kReserveShare);
}

double count(Milliseconds span) { return static_cast<double>(span.count()); }

}  // namespace

/// Keeps routine work behind an urgent request for as long as that one waits.
class RateLimiter::UrgentWait {
 public:
  UrgentWait(RateLimiter& limiter, Urgency urgency) : limiter_(limiter), urgent_(urgency == Urgency::urgent) {
    count(+1);
  }
  ~UrgentWait() { count(-1); }
  UrgentWait(const UrgentWait&) = delete;
  UrgentWait& operator=(const UrgentWait&) = delete;

 private:
  void count(int change) {
    const std::lock_guard lock(limiter_.mutex_);
    if (urgent_) limiter_.urgent_waiting_ += change;
  }

  RateLimiter& limiter_;
  const bool urgent_;
};

RateLimiter::RateLimiter(std::uint32_t requests, Milliseconds per, Clock& clock)
    : clock_(clock),
      full_rate_(per_millisecond(requests, per)),
      burst_(std::max(1.0, requests * kBurstShare)),
      reserve_(reserve_of(burst_)),
      per_(std::max(per, Milliseconds{1})),
      rate_(full_rate_),
      tokens_(burst_),
      refilled_at_(clock.monotonic()),
      recovered_at_(refilled_at_) {}

bool RateLimiter::acquire(Urgency urgency, const std::function<bool()>& stop) {
  const UrgentWait waiting(*this, urgency);
  while (!(stop && stop())) {
    const auto wait = take(urgency, clock_.monotonic());
    if (wait == Milliseconds{0}) return true;
    clock_.sleep(wait, stop);
  }
  return false;
}

Milliseconds RateLimiter::take(Urgency urgency, Milliseconds now) {
  const std::lock_guard lock(mutex_);
  refill(now);
  if (now < closed_until_) return closed_until_ - now;
  if (unlimited()) return Milliseconds{0};
  if (const double missing = needed(urgency) - tokens_; missing > 0)
    return Milliseconds(std::max<Milliseconds::rep>(1, std::llround(std::ceil(missing / rate_))));
  tokens_ -= 1;
  return Milliseconds{0};
}

double RateLimiter::needed(Urgency urgency) const {
  return urgency == Urgency::urgent ? 1 : 1 + reserve_ + urgent_waiting_;
}

void RateLimiter::throttled(Milliseconds wait) {
  const auto now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  refill(now);
  ++throttles_;
  // Requests that were on their way when the bucket closed belong to the same refusal and do not slow it down
  // again.
  const bool same_refusal = now < closed_until_;
  if (!same_refusal) {
    rate_ = std::max(rate_ / 2, full_rate_ * kSlowestShare);
    unnamed_wait_ = unnamed_wait_ == Milliseconds{0} ? kFirstWait : std::min(unnamed_wait_ * 2, kLongestWait);
  }
  // No burst after a refusal: one request at once, the rest evenly. The reserve stays, or routine work would
  // wait until it is filled again.
  tokens_ = std::min(tokens_, 1 + reserve_);
  recovered_at_ = now;
  closed_until_ = std::max(closed_until_, now + (wait > Milliseconds{0} ? wait
                                                 : same_refusal         ? Milliseconds{0}
                                                                        : unnamed_wait_));
}

RateLimiter::Budget RateLimiter::budget() const {
  const auto now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  const double gained = count(now - refilled_at_) * rate_;
  return {.per_minute = rate_ * count(std::chrono::minutes{1}),
          .available = now < closed_until_ ? 0 : std::min(burst_, tokens_ + gained),
          .reserve = unlimited() ? 0 : reserve_,
          .closed_for = std::max(closed_until_ - now, Milliseconds{0}),
          .throttles = throttles_};
}

void RateLimiter::refill(Milliseconds now) {
  // Nothing is saved up while the server asked for silence.
  const auto from = std::max(refilled_at_, std::min(closed_until_, now));
  tokens_ = std::min(burst_, tokens_ + count(now - from) * rate_);
  refilled_at_ = now;
  for (; now - recovered_at_ >= per_ && (rate_ < full_rate_ || unnamed_wait_ > Milliseconds{0});
       recovered_at_ += per_) {
    rate_ = std::min(full_rate_, rate_ + full_rate_ * kRecoveryShare);
    unnamed_wait_ = Milliseconds{0};
  }
}

}  // namespace psabridge::net
