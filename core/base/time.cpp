#include "core/base/time.h"

#include <array>
#include <charconv>

namespace psabridge {
namespace {

using namespace std::chrono;

/// Reads exactly `digits` decimal digits from the front; nothing (and no move) when they are not there.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + digits, number);
  if (status != std::errc{} || end != text.data() + digits || text.front() == '-') return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<sys_days> take_date(std::string_view& text) {
  const auto year_number = take_number(text, 4);
  if (!year_number || !take(text, '-')) return std::nullopt;
  const auto month_number = take_number(text, 2);
  if (!month_number || !take(text, '-')) return std::nullopt;
  const auto day_number = take_number(text, 2);
  if (!day_number) return std::nullopt;
  const year_month_day date{year{*year_number}, month{static_cast<unsigned>(*month_number)},
                            day{static_cast<unsigned>(*day_number)}};
  return date.ok() ? std::optional(sys_days{date}) : std::nullopt;
}

/// ".967" and ".9670000" are both 967 ms; nothing when a point has no digit after it.
std::optional<milliseconds> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return milliseconds{0};
  int value = 0, scale = 100;
  std::size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++digits) {
    value += (text.front() - '0') * scale;
    scale /= 10;
  }
  return digits > 0 && digits <= 9 ? std::optional(milliseconds{value}) : std::nullopt;
}

std::optional<milliseconds> take_time_of_day(std::string_view& text) {
  const auto hour_number = take_number(text, 2);
  if (!hour_number || *hour_number > 23 || !take(text, ':')) return std::nullopt;
  const auto minute_number = take_number(text, 2);
  if (!minute_number || *minute_number > 59) return std::nullopt;
  milliseconds time = hours{*hour_number} + minutes{*minute_number};
  if (!take(text, ':')) return time;
  const auto second_number = take_number(text, 2);
  if (!second_number || *second_number > 60) return std::nullopt;
  const auto fraction = take_fraction(text);
  return fraction ? std::optional(time + seconds{*second_number} + *fraction) : std::nullopt;
}

/// Offset to subtract for UTC; no zone at all means UTC.
std::optional<minutes> take_zone(std::string_view& text) {
  if (text.empty() || take(text, 'Z') || take(text, 'z')) return minutes{0};
  const bool east = text.front() == '+';
  if (!east && text.front() != '-') return std::nullopt;
  text.remove_prefix(1);
  const auto hour_number = take_number(text, 2);
  take(text, ':');
  const auto minute_number = take_number(text, 2);
  if (!hour_number || !minute_number || *hour_number > 23 || *minute_number > 59) return std::nullopt;
  const minutes offset = hours{*hour_number} + minutes{*minute_number};
  return east ? offset : -offset;
}

void put_number(char* at, int digits, long value) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::string format_time(SysMilliseconds time) {
  const auto day_start = floor<days>(time);
  const year_month_day date{day_start};
  const hh_mm_ss clock{time - day_start};
  std::string text = "0000-00-00T00:00:00.000Z";
  put_number(&text[0], 4, static_cast<int>(date.year()));
  put_number(&text[5], 2, static_cast<long>(static_cast<unsigned>(date.month())));
  put_number(&text[8], 2, static_cast<long>(static_cast<unsigned>(date.day())));
  put_number(&text[11], 2, clock.hours().count());
  put_number(&text[14], 2, clock.minutes().count());
  put_number(&text[17], 2, clock.seconds().count());
  put_number(&text[20], 3, clock.subseconds().count());
  return text;
}

std::optional<SysMilliseconds> parse_time(std::string_view text) {
  const auto date = take_date(text);
  if (!date) return std::nullopt;
  if (text.empty()) return SysMilliseconds{*date};
  if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;
  const auto time_of_day = take_time_of_day(text);
  if (!time_of_day) return std::nullopt;
  const auto zone = take_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  return SysMilliseconds{*date} + *time_of_day - *zone;
}

std::optional<milliseconds> parse_span(std::string_view text) {
  struct Unit {
    char letter;
    milliseconds span;
  };
  static constexpr std::array kUnits{Unit{'s', seconds{1}}, Unit{'m', minutes{1}}, Unit{'h', hours{1}},
                                     Unit{'d', days{1}}, Unit{'w', weeks{1}}};
  int count = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (status != std::errc{} || count < 0 || end + 1 != text.data() + text.size()) return std::nullopt;
  for (const Unit& unit : kUnits)
    if (*end == unit.letter) return unit.span * count;
  return std::nullopt;
}

}  // namespace psabridge
