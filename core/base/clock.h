// The one seam to time: everything that asks for the time or waits takes a Clock, so that tests decide.
#pragma once
#include <chrono>
#include <functional>

namespace psabridge {

using Milliseconds = std::chrono::milliseconds;

/// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Milliseconds since 1970-01-01 UTC.
  virtual std::chrono::sys_time<Milliseconds> now() const = 0;
  /// Never goes back; for measuring spans.
  virtual Milliseconds monotonic() const = 0;
  /// Waits for `span` or until `stop()` is true (asked at least every 50 ms).
  virtual void sleep(Milliseconds span, const std::function<bool()>& stop) = 0;
};

/// The machine's clock. Lives for ever.
Clock& system_clock();

}  // namespace psabridge
