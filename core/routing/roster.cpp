#include "core/routing/roster.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/text.h"

namespace psabridge::routing {

using store::Team;

Roster::Roster(std::vector<Team> teams) : teams_(std::move(teams)) {
  std::ranges::sort(teams_, {}, &Team::name);
  for (const Team& team : teams_) {
    read_hours(team);
    if (!team.parent.empty() && !find(team.parent))
      flaws_.push_back({team.name, "PB1823",
                        "The team " + in_quotes(team.name) + " is below the team " + in_quotes(team.parent) +
                            ", which does not exist.",
                        "`psabridge teams add " + team.parent + "`, or `psabridge teams set " + team.name +
                            " --parent NAME`."});
  }
  find_cycles();
  std::ranges::stable_sort(flaws_, {}, &TeamFlaw::team);
}

void Roster::read_hours(const Team& team) {
  if (team.hours.empty()) return;
  try {
    hours_.emplace(team.name, TeamHours::parse(team.hours, team.zone));
  } catch (const Error& error) {
    flaws_.push_back({team.name, std::string(error.code()),
                      "The working hours of the team " + in_quotes(team.name) +
                          " cannot be read, so it counts as always at work: " + error.message(),
                      "`psabridge teams set " + team.name + " --hours \"mon-fri 08:00-17:00\"`."});
  }
}

std::vector<std::string_view> Roster::line_of(std::string_view team) const {
  std::vector<std::string_view> line;
  for (const Team* at = find(team); at; at = find(at->parent)) {
    const bool again = std::ranges::find(line, at->name) != line.end();
    line.push_back(at->name);
    if (again) break;
  }
  return line;
}

/// Each cycle once, told of its first team by name.
void Roster::find_cycles() {
  for (const Team& team : teams_) {
    const std::vector<std::string_view> line = line_of(team.name);
    if (line.size() < 2 || line.back() != team.name || *std::ranges::min_element(line) != team.name) continue;
    std::string around = in_quotes(line.front());
    for (std::size_t i = 1; i < line.size(); ++i) around += " is below " + in_quotes(line[i]);
    flaws_.push_back({team.name, "PB1822", "Teams are below each other in a circle: " + around + ".",
                      "`psabridge teams set " + team.name + " --parent \"\"`, or another of them."});
  }
}

const Team* Roster::find(std::string_view team) const {
  const auto found = std::ranges::lower_bound(teams_, team, {}, &Team::name);
  return found != teams_.end() && found->name == team ? &*found : nullptr;
}

Standing Roster::standing(std::string_view team) const {
  if (teams_.empty()) return Standing::takes;
  const Team* const found = find(team);
  if (!found) return Standing::unknown;
  return found->receives ? Standing::takes : Standing::does_not_receive;
}

std::string Roster::why(std::string_view team) const {
  switch (standing(team)) {
    case Standing::does_not_receive:
      return "The team " + in_quotes(team) + " does not receive tickets.";
    case Standing::unknown: {
      std::vector<std::string_view> names(teams_.size());
      std::ranges::transform(teams_, names.begin(), &Team::name);
      return "There is no team " + in_quotes(team) + "." + did_you_mean(team, names);
    }
    case Standing::takes:
      break;
  }
  return teams_.empty() ? "No team is declared, so " + in_quotes(team) + " is one that takes tickets."
                        : "The team " + in_quotes(team) + " takes tickets.";
}

bool Roster::at_work(std::string_view team, SysMilliseconds now) const {
  const auto hours = hours_.find(team);
  return hours == hours_.end() || hours->second.contains(now);
}

std::string_view Roster::parent(std::string_view team) const {
  const Team* const found = find(team);
  return found ? std::string_view(found->parent) : std::string_view();
}

std::vector<std::string_view> Roster::children(std::string_view team) const {
  std::vector<std::string_view> names;
  for (const Team& each : teams_)
    if (!team.empty() && each.parent == team) names.emplace_back(each.name);
  return names;
}

std::vector<std::string_view> Roster::group(std::string_view team) const {
  std::vector<std::string_view> names;
  for (const Team& each : teams_) {
    if (!each.receives || each.name == team) continue;
    const std::vector<std::string_view> line = line_of(each.name);
    if (std::ranges::find(line, team) != line.end()) names.emplace_back(each.name);
  }
  return names;
}

}  // namespace psabridge::routing
