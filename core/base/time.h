// RFC 3339 times. In psabridge a time is UTC text with milliseconds ("2026-03-01T08:00:00.000Z"): it sorts
// bytewise.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace psabridge {

using SysMilliseconds = std::chrono::sys_time<std::chrono::milliseconds>;

/// "2026-03-01T08:00:00.000Z"; always 24 characters for the years 0000 to 9999.
std::string format_time(SysMilliseconds time);
/// Accepts RFC 3339 and the lax forms of real APIs: 'T' or blank, 0 to 9 fraction digits (truncated to
/// milliseconds), "Z", "+hh:mm" or no zone (then UTC), a date alone. Nothing when it is no such time.
std::optional<SysMilliseconds> parse_time(std::string_view text);
/// "90d", "12h", "15m", "30s", "2w". Nothing when it is no such span.
std::optional<std::chrono::milliseconds> parse_span(std::string_view text);

}  // namespace psabridge
