#include "core/base/clock.h"

#include <algorithm>
#include <thread>

namespace psabridge {
namespace {

class SystemClock final : public Clock {
 public:
  std::chrono::sys_time<Milliseconds> now() const override {
    return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
  }
  Milliseconds monotonic() const override {
    return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
  }
  void sleep(Milliseconds span, const std::function<bool()>& stop) override {
    const auto end = monotonic() + span;
    for (auto left = span; left > Milliseconds{0} && !stop(); left = end - monotonic())
      std::this_thread::sleep_for(std::min(left, Milliseconds{50}));
  }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

}  // namespace psabridge
