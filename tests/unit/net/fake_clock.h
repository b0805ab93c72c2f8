// A clock that tests set: waiting takes no time and is written down.
#pragma once
#include <atomic>
#include <mutex>
#include <vector>

#include "core/base/clock.h"

namespace psabridge {

/// Thread-safe. Begins at 2026-03-01T00:00:00Z.
class FakeClock final : public Clock {
 public:
  std::chrono::sys_time<Milliseconds> now() const override {
    return std::chrono::sys_days(std::chrono::year{2026} / 3 / 1) + elapsed_.load();
  }
  Milliseconds monotonic() const override { return elapsed_; }
  void sleep(Milliseconds span, const std::function<bool()>& stop) override {
    if (on_sleep) on_sleep();
    if (stop && stop()) return;
    advance(span);
    const std::lock_guard lock(mutex_);
    sleeps_.push_back(span);
  }
  /// Called before every sleep. Set it before the clock is used.
  std::function<void()> on_sleep;

  void advance(Milliseconds span) { elapsed_ = elapsed_.load() + span; }
  std::vector<Milliseconds> sleeps() const {
    const std::lock_guard lock(mutex_);
    return sleeps_;
  }

 private:
  std::atomic<Milliseconds> elapsed_{Milliseconds{0}};
  mutable std::mutex mutex_;
  std::vector<Milliseconds> sleeps_;
};

}  // namespace psabridge
