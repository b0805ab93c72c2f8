#include "tests/sandbox/ticks.h"

#include <charconv>
#include <chrono>

namespace sandbox {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

char* put_digits(char* out, std::uint32_t value, int width) {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return out + width;
}

char* put_fraction(char* out, std::uint32_t fraction) {
  int width = 7;
  while (fraction % 10 == 0) {
    fraction /= 10;
    --width;
  }
  *out++ = '.';
  return put_digits(out, fraction, width);
}

// Takes exactly `width` digits off the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t width) {
  int value = 0;
  if (text.size() < width) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + width, value);
  if (error != std::errc() || end != text.data() + width) return std::nullopt;
  text.remove_prefix(width);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

Ticks take_fraction(std::string_view& text) {
  Ticks ticks = 0;
  Ticks unit = kSecond / 10;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    ticks += (text.front() - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
  }
  return ticks;
}

std::optional<Ticks> take_date(std::string_view& text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day) return std::nullopt;
  const year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                            std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return sys_days(date).time_since_epoch().count() * kDay;
}

std::optional<Ticks> take_time(std::string_view& text) {
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute) return std::nullopt;
  Ticks ticks = *hour * kHour + *minute * kMinute;
  if (!take(text, ':')) return ticks;
  const auto second = take_digits(text, 2);
  if (!second) return std::nullopt;
  ticks += *second * kSecond;
  return take(text, '.') ? ticks + take_fraction(text) : ticks;
}

}  // namespace

void append_datetime(TextBuffer& out, Ticks ticks) {
  const Ticks day = ticks >= 0 ? ticks / kDay : (ticks - kDay + 1) / kDay;
  const auto in_day = static_cast<std::uint64_t>(ticks - day * kDay);
  const year_month_day date{sys_days(days(day))};
  char* const begin = out.room(32);
  char* p = put_digits(begin, static_cast<std::uint32_t>(static_cast<int>(date.year())), 4);
  *p++ = '-';
  p = put_digits(p, static_cast<unsigned>(date.month()), 2);
  *p++ = '-';
  p = put_digits(p, static_cast<unsigned>(date.day()), 2);
  *p++ = 'T';
  p = put_digits(p, static_cast<std::uint32_t>(in_day / kHour), 2);
  *p++ = ':';
  p = put_digits(p, static_cast<std::uint32_t>(in_day / kMinute % 60), 2);
  *p++ = ':';
  p = put_digits(p, static_cast<std::uint32_t>(in_day / kSecond % 60), 2);
  const auto fraction = static_cast<std::uint32_t>(in_day % kSecond);
  if (fraction != 0) p = put_fraction(p, fraction);
  out.commit(static_cast<std::size_t>(p - begin));
}

std::string datetime_text(Ticks ticks) {
  TextBuffer out;
  append_datetime(out, ticks);
  return std::string(out.view());
}

std::optional<Ticks> parse_datetime(std::string_view text) {
  auto ticks = take_date(text);
  if (!ticks || text.empty()) return ticks;
  if (!take(text, 'T') && !take(text, ' ')) return std::nullopt;
  const auto time = take_time(text);
  if (!time) return std::nullopt;
  take(text, 'Z');
  return text.empty() ? std::optional(*ticks + *time) : std::nullopt;
}

Ticks VirtualClock::machine_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count() * kMillisecond;
}

}  // namespace sandbox
