#include "core/net/http_date.h"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/DateTimeParser.h>
#include <Poco/Timestamp.h>

namespace psabridge::net {

std::optional<SysMilliseconds> parse_http_date(const std::string& text) {
  Poco::DateTime date;
  int zone = 0;
  // The parser reads nonsense as some date; only what writes back as it came is one.
  const auto& form = Poco::DateTimeFormat::HTTP_FORMAT;
  if (!Poco::DateTimeParser::tryParse(form, text, date, zone) ||
      Poco::DateTimeFormatter::format(date, form) != text)
    return std::nullopt;
  return SysMilliseconds(std::chrono::milliseconds(date.timestamp().epochMicroseconds() / 1000));
}

std::string format_http_date(SysMilliseconds time) {
  const Poco::Timestamp stamp(time.time_since_epoch() / std::chrono::microseconds(1));
  return Poco::DateTimeFormatter::format(stamp, Poco::DateTimeFormat::HTTP_FORMAT);
}

}  // namespace psabridge::net
