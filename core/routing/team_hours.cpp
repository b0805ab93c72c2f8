#include "core/routing/team_hours.h"

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/base/text.h"

namespace psabridge::routing {
namespace {

constexpr std::array<std::string_view, 7> kWeek{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw Error("PB1828", "\"" + std::string(text) + "\" are no working hours: " + why +
                            " They are written as \"mon-fri 08:00-17:00; sat 09:00-13:00\".");
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// The text up to the separator, which is taken off with it.
std::string_view next_part(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = trimmed(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

std::size_t day_of(std::string_view name, std::string_view text) {
  const auto found = std::ranges::find(kWeek, ascii_lowered(name));
  if (found == kWeek.end())
    refuse(text, "\"" + std::string(name) + "\" is no day of mon, tue, wed, thu, fri, sat, sun.");
  return static_cast<std::size_t>(found - kWeek.begin());
}

/// "mon-fri,sun", ranges over the end of the week too.
std::vector<std::string> days_of(std::string_view days, std::string_view text) {
  std::vector<std::string> names;
  while (!days.empty()) {
    std::string_view range = next_part(days, ',');
    const bool several = range.find('-') != std::string_view::npos;
    const std::size_t first = day_of(next_part(range, '-'), text),
                      last = several ? day_of(trimmed(range), text) : first;
    for (std::size_t day = first;; day = (day + 1) % kWeek.size()) {
      names.emplace_back(kWeek[day]);
      if (day == last) break;
    }
  }
  return names;
}

WrittenHours written(std::string_view part, const std::string& zone, std::string_view text) {
  const std::size_t gap = part.find_last_of(" \t");
  std::string_view span = gap == std::string_view::npos ? part : part.substr(gap + 1);
  WrittenHours hours;
  hours.zone = zone;
  if (gap != std::string_view::npos) hours.days = days_of(trimmed(part.substr(0, gap)), text);
  if (span.find(':') == std::string_view::npos)
    refuse(text, "after the days comes a span of hours such as 08:00-17:00.");
  hours.from = next_part(span, '-');
  hours.to = trimmed(span);
  return hours;
}

}  // namespace

TeamHours TeamHours::parse(std::string_view text, const std::string& zone) {
  TeamHours hours;
  std::string_view rest = text;
  do {
    std::vector<HoursMistake> mistakes;
    auto part = WorkingHours::parse(written(next_part(rest, ';'), zone, text), mistakes);
    if (!part) refuse(text, mistakes.front().message);
    hours.parts_.push_back(*std::move(part));
  } while (!trimmed(rest).empty());
  return hours;
}

bool TeamHours::contains(SysMilliseconds time) const {
  return std::ranges::any_of(parts_, [time](const WorkingHours& part) { return part.contains(time); });
}

}  // namespace psabridge::routing
