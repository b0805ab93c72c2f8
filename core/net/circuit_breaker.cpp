#include "core/net/circuit_breaker.h"

#include <algorithm>

#include "core/base/error.h"

namespace psabridge::net {
namespace {

constexpr std::size_t kMostOutcomes = 1000;  // a busy connection is judged by its last ones
constexpr Milliseconds kShortestOpen{1'000};

std::string sentence(const std::string& peer, const CircuitBreaker::Report& report, SysMilliseconds now) {
  const auto next = report.next_probe.value_or(Milliseconds{0});
  const std::string when = next > Milliseconds{0}
                               ? "The next try is made at " + format_time(now + next)
                               : std::string("A try is on its way to see whether it is well");
  return peer + " keeps failing and is left alone since " + format_time(report.since.value_or(now)) + ": " +
         std::to_string(report.failures) + " of " + std::to_string(report.tries) +
         " tries failed. The last failure: " + report.cause + " " + when + ".";
}

}  // namespace

CircuitBreaker::Try::~Try() {
  if (!judged_) breaker_.give_back(*this);
}

void CircuitBreaker::Try::succeeded() {
  judged_ = true;
  breaker_.note_success(*this);
}

void CircuitBreaker::Try::failed(const std::string& cause) {
  judged_ = true;
  breaker_.note_failure(*this, cause);
}

CircuitBreaker::CircuitBreaker(const CircuitSettings& settings, Clock& clock, std::uint64_t seed)
    : settings_(settings), clock_(clock), backoff_(settings.open_base, settings.open_cap, seed) {}

CircuitBreaker::Try CircuitBreaker::begin(const std::string& peer) {
  const auto now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  if (state_ == State::closed) return {*this, epoch_, false};
  if (!probing_ && now >= probe_at_) {
    state_ = State::half_open;
    probing_ = true;
    return {*this, epoch_, true};
  }
  Error error("PB1217", sentence(peer, report_at(now), clock_.now()));
  error.retry_after = std::max(until_probe(now), kShortestOpen);
  throw error;
}

CircuitBreaker::Report CircuitBreaker::report() const {
  const auto now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  return report_at(now);
}

void CircuitBreaker::note_success(const Try& attempt) {
  const auto now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  if (attempt.epoch_ != epoch_) return;
  if (attempt.probe_) return close();
  record(now, false);
}

void CircuitBreaker::note_failure(const Try& attempt, const std::string& cause) {
  const auto now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  if (attempt.epoch_ != epoch_) return;
  cause_ = cause;
  if (attempt.probe_) return open(now);
  record(now, true);
  const auto tries = static_cast<double>(window_.size());
  if (tries >= settings_.least_tries && failures_ >= tries * settings_.failing_share) open(now);
}

void CircuitBreaker::give_back(const Try& attempt) {
  const std::lock_guard lock(mutex_);
  if (attempt.epoch_ != epoch_ || !attempt.probe_) return;
  probing_ = false;
  state_ = State::open;
}

void CircuitBreaker::record(Milliseconds now, bool failed) {
  window_.push_back({now, failed});
  failures_ += failed;
  while (now - window_.front().at > settings_.window || window_.size() > kMostOutcomes) {
    failures_ -= window_.front().failed;
    window_.pop_front();
  }
}

void CircuitBreaker::open(Milliseconds now) {
  if (!since_) since_ = clock_.now();
  state_ = State::open;
  probing_ = false;
  ++epoch_;
  probe_at_ = now + std::max(kShortestOpen, backoff_.wait_after(++openings_));
}

void CircuitBreaker::close() {
  state_ = State::closed;
  probing_ = false;
  ++epoch_;
  openings_ = 0;
  window_.clear();
  failures_ = 0;
  since_.reset();
  cause_.clear();
}

Milliseconds CircuitBreaker::until_probe(Milliseconds now) const {
  return std::max(probe_at_ - now, Milliseconds{0});
}

CircuitBreaker::Report CircuitBreaker::report_at(Milliseconds now) const {
  return {.state = state_,
          .tries = static_cast<int>(window_.size()),
          .failures = failures_,
          .since = since_,
          .cause = cause_,
          .next_probe = state_ == State::open ? std::optional(until_probe(now)) : std::nullopt};
}

}  // namespace psabridge::net
