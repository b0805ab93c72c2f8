#include "core/connection/maintenance.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

namespace psabridge::connection {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::sys_days;

constexpr std::array<std::string_view, 7> kDays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

/// "HH:MM", which the configuration's loader has checked.
minutes minutes_of(std::string_view text) {
  const auto digit = [&](std::size_t at) { return text[at] - '0'; };
  return minutes((digit(0) * 10 + digit(1)) * 60 + digit(3) * 10 + digit(4));
}

bool begins_on(const config::MaintenanceWindow& window, sys_days day) {
  const std::string_view name = kDays[std::chrono::weekday(day).c_encoding()];
  return window.days.empty() || std::ranges::find(window.days, name) != window.days.end();
}

}  // namespace

std::optional<SysMilliseconds> maintenance_until(std::span<const config::MaintenanceWindow> windows,
                                                 SysMilliseconds now) {
  std::optional<SysMilliseconds> latest;
  const auto today = std::chrono::floor<days>(now);
  for (const config::MaintenanceWindow& window : windows) {
    const minutes from = minutes_of(window.from), to = minutes_of(window.to);
    const minutes length = to > from ? to - from : to - from + days(1);
    for (const sys_days day : {today - days(1), today}) {  // yesterday's may have passed midnight
      const SysMilliseconds begin = day + from, end = begin + length;
      if (begins_on(window, day) && now >= begin && now < end) latest = std::max(latest.value_or(end), end);
    }
  }
  return latest;
}

}  // namespace psabridge::connection
