// The dates of HTTP headers: Date, Retry-After, Expires.
#pragma once
#include <optional>
#include <string>

#include "core/base/time.h"

namespace psabridge::net {

/// "Sun, 01 Mar 2026 08:00:30 GMT", the one form that servers may send today. Nothing when it is another
/// text.
std::optional<SysMilliseconds> parse_http_date(const std::string& text);
/// The same form, to the second.
std::string format_http_date(SysMilliseconds time);

}  // namespace psabridge::net
