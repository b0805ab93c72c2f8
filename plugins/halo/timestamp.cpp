#include "timestamp.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace psabridge::halo {
namespace {

constexpr Milliseconds kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;

/// Reads a text from its beginning, piece by piece; once something does not fit, `ok` stays false.
struct Reader {
  std::string_view rest;
  bool ok = true;

  int digits(std::size_t count) {
    int number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      ok = ok && i < rest.size() && rest[i] >= '0' && rest[i] <= '9';
      if (!ok) return 0;
      number = number * 10 + (rest[i] - '0');
    }
    rest.remove_prefix(count);
    return number;
  }
  bool skip(std::string_view wanted) {
    if (!rest.starts_with(wanted)) return false;
    rest.remove_prefix(wanted.size());
    return true;
  }
  void expect(std::string_view wanted) { ok = skip(wanted) && ok; }
};

std::optional<Milliseconds> day_start(int year, int month, int day) {
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * kDay;
}

Milliseconds read_clock(Reader& in) {
  const int hour = in.digits(2);
  in.expect(":");
  const int minute = in.digits(2);
  in.expect(":");
  const int second = in.digits(2);
  in.ok = in.ok && hour < 24 && minute < 60 && second < 61;
  return hour * kHour + minute * kMinute + second * kSecond;
}

Milliseconds read_fraction(Reader& in) {
  if (!in.skip(".")) return 0;
  Milliseconds fraction = 0, unit = 100;
  std::size_t count = 0;
  for (; count < in.rest.size() && in.rest[count] >= '0' && in.rest[count] <= '9'; ++count, unit /= 10)
    fraction += (in.rest[count] - '0') * unit;
  in.ok = in.ok && count <= 9;
  in.rest.remove_prefix(count);
  return fraction;
}

Milliseconds read_zone(Reader& in) {
  if (in.rest.empty() || in.skip("Z")) return 0;
  const bool behind = in.rest.starts_with("-");
  in.ok = in.skip("+") || in.skip("-");
  const int hours = in.digits(2);
  in.expect(":");
  const Milliseconds offset = hours * kHour + in.digits(2) * kMinute;
  return behind ? -offset : offset;
}

}  // namespace

std::optional<Milliseconds> parse_time(std::string_view text) {
  Reader in{text};
  const int year = in.digits(4);
  in.expect("-");
  const int month = in.digits(2);
  in.expect("-");
  const std::optional<Milliseconds> day = day_start(year, month, in.digits(2));
  if (!in.ok || !day) return std::nullopt;
  if (in.rest.empty()) return day;
  in.ok = in.skip("T") || in.skip(" ");
  const Milliseconds clock = read_clock(in);
  const Milliseconds fraction = read_fraction(in);
  const Milliseconds offset = read_zone(in);
  if (!in.ok || !in.rest.empty()) return std::nullopt;
  return *day + clock + fraction - offset;
}

std::string format_time(Milliseconds time) {
  using namespace std::chrono;
  const sys_time<milliseconds> point{milliseconds(time)};
  const auto day = floor<days>(point);
  const year_month_day date(day);
  const hh_mm_ss clock(point - day);
  std::array<char, 64> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::optional<Milliseconds> parse_http_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  Reader in{text.substr(std::min(text.find(' '), text.size()))};
  in.expect(" ");
  const int day = in.digits(2);
  in.expect(" ");
  const std::size_t month = kMonths.find(in.rest.substr(0, 3));
  if (!in.ok || in.rest.size() < 4 || month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  in.rest.remove_prefix(3);
  in.expect(" ");
  const int year = in.digits(4);
  in.expect(" ");
  const Milliseconds clock = read_clock(in);
  const std::optional<Milliseconds> start = day_start(year, static_cast<int>(month / 3) + 1, day);
  if (!in.ok || !start || in.rest != " GMT") return std::nullopt;
  return *start + clock;
}

std::optional<Milliseconds> parse_span(std::string_view text) {
  std::int32_t count = 0;
  const auto [unit, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0 || unit + 1 != text.data() + text.size()) return std::nullopt;
  switch (*unit) {
    case 's':
      return count * kSecond;
    case 'm':
      return count * kMinute;
    case 'h':
      return count * kHour;
    case 'd':
      return count * kDay;
    default:
      return std::nullopt;
  }
}

}  // namespace psabridge::halo
