// A clock for threads that wait: time stands still until the test moves it on.
#pragma once
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "core/base/clock.h"

namespace psabridge::serve {

/// Thread-safe. Begins at 2026-03-01T00:00:00Z.
class SteppedClock final : public Clock {
 public:
  std::chrono::sys_time<Milliseconds> now() const override {
    return std::chrono::sys_days(std::chrono::year{2026} / 3 / 1) + elapsed_.load() + set_forward_.load();
  }
  Milliseconds monotonic() const override { return elapsed_; }
  void sleep(Milliseconds span, const std::function<bool()>& stop) override {
    const auto end = monotonic() + span;
    note(span);
    while (monotonic() < end && !stop()) {  // `stop` takes locks of its own, so it is asked without ours
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, Milliseconds{1}, [&] { return monotonic() >= end; });
    }
  }

  void advance(Milliseconds span) {
    const std::lock_guard lock(mutex_);
    elapsed_ = elapsed_.load() + span;
    changed_.notify_all();
  }
  /// The wall clock jumps; the monotonic one does not.
  void set_forward(Milliseconds span) { set_forward_ = span; }
  /// Waits until that many sleeps have begun in all, and gives the span of the last of them.
  Milliseconds sleep_number(std::size_t number) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return sleeps_.size() >= number; });
    return sleeps_[number - 1];
  }

 private:
  void note(Milliseconds span) {
    const std::lock_guard lock(mutex_);
    sleeps_.push_back(span);
    changed_.notify_all();
  }

  std::atomic<Milliseconds> elapsed_{Milliseconds{0}}, set_forward_{Milliseconds{0}};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Milliseconds> sleeps_;
};

}  // namespace psabridge::serve
