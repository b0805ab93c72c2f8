// Times as Halo writes them, and back: milliseconds since 1970-01-01 UTC in between.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace psabridge::halo {

using Milliseconds = std::int64_t;

/// "2026-10-03T06:24:10.967" and its kin: 0 to 9 fraction digits (cut to milliseconds), no zone (then UTC),
/// "Z" or "+hh:mm".
std::optional<Milliseconds> parse_time(std::string_view text);
/// "2026-10-03T06:24:10.967Z".
std::string format_time(Milliseconds time);
/// The Date header's form: "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<Milliseconds> parse_http_date(std::string_view text);
/// "30s", "2m", "1h", "1d".
std::optional<Milliseconds> parse_span(std::string_view text);

}  // namespace psabridge::halo
