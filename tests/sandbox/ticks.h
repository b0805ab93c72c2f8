// Time as Halo knows it: naive UTC with up to seven fraction digits, and a clock that tests can move.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/sandbox/text_buffer.h"

namespace sandbox {

// 100-nanosecond steps since 1970-01-01T00:00:00 UTC: the finest that Halo's text can say.
using Ticks = std::int64_t;

inline constexpr Ticks kMillisecond = 10'000;
inline constexpr Ticks kSecond = 1000 * kMillisecond;
inline constexpr Ticks kMinute = 60 * kSecond;
inline constexpr Ticks kHour = 60 * kMinute;
inline constexpr Ticks kDay = 24 * kHour;

// "2026-10-03T06:24:10.967": no zone, trailing zeros of the fraction dropped (so 0 to 7 digits).
void append_datetime(TextBuffer& out, Ticks ticks);
std::string datetime_text(Ticks ticks);

// Reads a date or date-time with an optional fraction of any length and an optional Z; nothing for other
// text.
std::optional<Ticks> parse_datetime(std::string_view text);

// The sandbox's "now": the machine's clock plus what tests added. Thread-safe.
class VirtualClock {
 public:
  VirtualClock() = default;
  explicit VirtualClock(Ticks start) { set(start); }

  Ticks now() const { return machine_now() + offset_.load(); }
  void advance(Ticks by) { offset_.fetch_add(by); }
  void set(Ticks now) { offset_.store(now - machine_now()); }

 private:
  static Ticks machine_now();

  std::atomic<Ticks> offset_{0};
};

}  // namespace sandbox
