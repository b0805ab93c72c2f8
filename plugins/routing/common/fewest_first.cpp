#include "routing/common/fewest_first.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <psabridge/json.hpp>
#include <set>
#include <span>
#include <tuple>
#include <utility>

namespace psabridge::routing {

using sdk::quoted;

FewestFirst::FewestFirst(sdk::Host& host, std::string_view settings_json, Measure measure)
    : host_(host), measure_(measure) {
  const sdk::Json settings = sdk::Json::parse(settings_json);
  std::set<std::string> names;
  for (const sdk::Json& name : settings["teams"].elements()) names.insert(name.text());
  teams_.assign(names.begin(), names.end());
  group_ = settings["group"].text();
  at_work_ = settings["at_work"].boolean();
  if (teams_.empty() == group_.empty())
    throw sdk::Failure(
        sdk::Outcome::invalid,
        "The rule needs the teams that share the tickets: set either `teams`, a list of names, "
        "or `group`, the name of their parent.");
}

void FewestFirst::decide(const sdk::Batch& tickets, const sdk::RoutingContext& context, sdk::Routes& routes) {
  const DeclaredTeams teams(context);
  Candidates candidates = this->candidates(teams);
  warn_if_none(candidates, teams);
  if (candidates.empty()) return;
  for (const sdk::Record ticket : tickets) {
    const sdk::PresentTeam present = context.present_team(ticket);
    if (present.by_this_rule && std::ranges::binary_search(candidates, present.team, {}, &Candidate::name)) {
      routes.route(ticket, present.team, "The rule gave it to team " + quoted(present.team) + " before.");
      continue;
    }
    const Choice choice = teams.none() ? by_id(ticket, eligible(ticket, context, candidates))
                                       : fewest(eligible(ticket, context, candidates));
    routes.route(ticket, choice.team->name, choice.reason);
    ++choice.team->tickets;
  }
}

FewestFirst::Candidates FewestFirst::candidates(const DeclaredTeams& teams) const {
  Candidates found;
  found.reserve(std::max(teams_.size(), teams.all().size()));
  for (const sdk::Team& team : teams.all())
    if (team.receives &&
        (group_.empty() ? std::ranges::binary_search(teams_, team.name) : team.parent == group_))
      found.push_back({team.name, team.*measure_.count});
  if (teams.none())
    for (const std::string& name : teams_) found.push_back({name});
  return found;
}

void FewestFirst::warn_if_none(const Candidates& candidates, const DeclaredTeams& teams) {
  const bool told = std::exchange(warned_, candidates.empty());
  if (told || !candidates.empty()) return;
  std::string why = "No team that receives tickets has the parent " + quoted(group_);
  if (teams.none()) why = "No team is declared, so that " + quoted(group_) + " is the parent of none";
  if (group_.empty()) why = "None of the teams that share the tickets is declared and receives any";
  host_.log(sdk::Level::warning, why + ": the rule decides nothing.");
}

FewestFirst::Eligible FewestFirst::eligible(const sdk::Record& ticket, const sdk::RoutingContext& context,
                                            Candidates& candidates) const {
  Eligible eligible{{}, "Of the teams at work when it was opened, team "};
  eligible.teams.reserve(candidates.size());
  for (Candidate& candidate : candidates)
    if (at_work_ && context.at_work(ticket, candidate.name)) eligible.teams.push_back(&candidate);
  if (!eligible.teams.empty()) return eligible;
  eligible.words = at_work_ ? "No team was at work when it was opened; of all, team " : "Team ";
  for (Candidate& candidate : candidates) eligible.teams.push_back(&candidate);
  return eligible;
}

FewestFirst::Choice FewestFirst::fewest(Eligible eligible) const {
  constexpr std::size_t kMostNamed = 5;
  std::vector<Candidate*>& teams = eligible.teams;
  const std::size_t named = std::min(kMostNamed, teams.size());
  std::ranges::partial_sort(teams, teams.begin() + static_cast<std::ptrdiff_t>(named), {},
                            [](const Candidate* team) { return std::tuple(team->tickets, team->name); });
  std::string counts;
  for (const Candidate* const team : std::span(teams).first(named))
    counts += (counts.empty() ? ": " : ", ") + quoted(team->name) + ' ' + std::to_string(team->tickets);
  if (named < teams.size()) counts += " and " + std::to_string(teams.size() - named) + " more";
  return {teams.front(), std::string(eligible.words) + quoted(teams.front()->name) + ' ' +
                             std::string(measure_.fewest) + counts + '.'};
}

FewestFirst::Choice FewestFirst::by_id(const sdk::Record& ticket, const Eligible& eligible) {
  const std::string_view id = ticket.source_id();
  Candidate* const team = eligible.teams[XXH3_64bits(id.data(), id.size()) % eligible.teams.size()];
  return {team, std::string(eligible.words) + quoted(team->name) + " of " +
                    std::to_string(eligible.teams.size()) +
                    " is chosen by the ticket's id: tickets are counted for declared teams only."};
}

}  // namespace psabridge::routing
