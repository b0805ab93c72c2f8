#include "core/net/retry.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "core/net/http_date.h"

namespace psabridge::net {
namespace {

std::optional<double> parse_seconds(std::string_view text) {
  double seconds = 0;
  const auto [end, failure] =
      std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
  if (end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (failure == std::errc::result_out_of_range) return HUGE_VAL;
  return failure == std::errc() && std::isfinite(seconds) ? std::optional(seconds) : std::nullopt;
}

}  // namespace

std::optional<Milliseconds> parse_retry_after(std::string_view header, SysMilliseconds now) {
  if (const auto seconds = parse_seconds(header)) {
    const double capped =
        std::clamp(*seconds, 0.0, std::chrono::duration<double>(kLongestRetryAfter).count());
    return std::chrono::ceil<Milliseconds>(std::chrono::duration<double>(capped));
  }
  if (const auto date = parse_http_date(std::string(header)))
    return std::clamp(*date - now, Milliseconds{0}, kLongestRetryAfter);
  return std::nullopt;
}

Milliseconds Backoff::wait_after(int failures) {
  const auto doublings = std::clamp(failures - 1, 0, 30);
  const auto longest = std::min<Milliseconds::rep>(base_.count() << doublings, cap_.count());
  const std::lock_guard lock(mutex_);
  return Milliseconds(std::uniform_int_distribution<Milliseconds::rep>(0, longest)(random_));
}

}  // namespace psabridge::net
