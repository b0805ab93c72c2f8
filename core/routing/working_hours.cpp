#include "core/routing/working_hours.h"

#include <cctz/civil_time.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string_view>

#include "core/base/text.h"

namespace psabridge::routing {
namespace {

using std::chrono::minutes;

/// As std::chrono::weekday counts them.
constexpr std::array<std::string_view, 7> kDays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr unsigned kWholeWeek = 0x7F;

std::optional<minutes> minutes_of(std::string_view text) {
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() != 5 || !digit(0) || !digit(1) || text[2] != ':' || !digit(3) || !digit(4))
    return std::nullopt;
  const int hours = (text[0] - '0') * 10 + text[1] - '0', past = (text[3] - '0') * 10 + text[4] - '0';
  const minutes time{hours * 60 + past};
  return past < 60 && time <= std::chrono::hours{24} ? std::optional(time) : std::nullopt;
}

std::string clock_text(minutes time) {
  const auto two = [](std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return two(time.count() / 60) + ":" + two(time.count() % 60);
}

/// Every zone that is in use today, for suggestions; empty when the machine has no such list.
std::vector<std::string> zones_in_use() {
  std::vector<std::string> zones{"UTC"};
  std::ifstream file("/usr/share/zoneinfo/tzdata.zi");
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string kind, first, second;
    words >> kind >> first >> second;
    if (kind == "Z") zones.push_back(first);   // Z NAME rules
    if (kind == "L") zones.push_back(second);  // L TARGET NAME
  }
  return zones;
}

/// The library also takes paths and names with a colon, which mean something else on every machine.
bool is_zone_name(std::string_view name) {
  const auto is_part = [](char c) {
    const char low = ascii_lower(c);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-' ||
           c == '/';
  };
  return name.size() <= 64 && name.front() != '/' && std::ranges::all_of(name, is_part);
}

std::optional<cctz::time_zone> find_zone(const std::string& name) {
  cctz::time_zone zone = cctz::utc_time_zone();
  if (name.empty()) return zone;
  if (!is_zone_name(name) || !cctz::load_time_zone(name, &zone)) return std::nullopt;
  return zone;
}

std::string quoted(std::string_view text) { return "\"" + std::string(text.substr(0, 64)) + "\""; }

std::string unknown_zone(const std::string& name) {
  const std::vector<std::string> zones = zones_in_use();
  return "the time zone " + quoted(name) +
         " is not known to this machine. Zones have names like Europe/London; they come with the package "
         "tzdata." +
         did_you_mean(name.substr(0, 64), std::vector<std::string_view>(zones.begin(), zones.end()));
}

}  // namespace

std::optional<WorkingHours> WorkingHours::parse(const WrittenHours& written,
                                                std::vector<HoursMistake>& mistakes) {
  const std::size_t before = mistakes.size();
  WorkingHours hours;
  for (const std::string& word : written.days) {
    const auto day = std::ranges::find(kDays, ascii_lowered(word));
    if (day == kDays.end())
      mistakes.push_back({"days", quoted(word) + " is no day: mon, tue, wed, thu, fri, sat or sun."});
    else
      hours.days_ |= 1u << (day - kDays.begin());
  }
  if (written.days.empty()) hours.days_ = kWholeWeek;
  const auto from = minutes_of(written.from), to = minutes_of(written.to);
  if (from && *from < std::chrono::hours{24})
    hours.from_ = *from;
  else
    mistakes.push_back({"from", quoted(written.from) + " is no time of day such as \"08:00\"."});
  if (to)
    hours.to_ = *to;
  else
    mistakes.push_back({"to", quoted(written.to) + " is no time of day such as \"17:30\"."});
  if (const auto zone = find_zone(written.zone))
    hours.zone_ = *zone;
  else
    mistakes.push_back({"zone", unknown_zone(written.zone)});
  return mistakes.size() == before ? std::optional(hours) : std::nullopt;
}

bool WorkingHours::contains(SysMilliseconds time) const {
  const cctz::civil_second civil = zone_.lookup(time).cs;
  const minutes clock{civil.hour() * 60 + civil.minute()};
  // cctz counts from Monday.
  const auto today = (static_cast<unsigned>(cctz::get_weekday(cctz::civil_day(civil))) + 1) % 7,
             yesterday = (today + 6) % 7;
  const auto begin_on = [this](unsigned day) { return (days_ >> day & 1) != 0; };
  if (to_ > from_) return begin_on(today) && clock >= from_ && clock < to_;
  return (begin_on(today) && clock >= from_) || (begin_on(yesterday) && clock < to_);
}

std::string WorkingHours::text() const {
  std::string text;
  for (unsigned i = 1; i <= kDays.size(); ++i) {  // a week begins on Monday
    const unsigned day = i % 7;
    if (days_ != kWholeWeek && (days_ >> day & 1) != 0)
      text.append(text.empty() ? "" : ", ").append(kDays[day]);
  }
  return text + (text.empty() ? "" : " ") + clock_text(from_) + "-" + clock_text(to_) + " " + zone_.name();
}

}  // namespace psabridge::routing
