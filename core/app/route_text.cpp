#include "core/app/route_text.h"

#include <algorithm>

#include "core/app/terminal.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

std::string team_or_none(const std::string& team) { return team.empty() ? "(no team)" : team; }

json::value parsed(const std::string& text) {
  boost::system::error_code failed;
  json::value value = text.empty() ? json::value() : json::parse(text, failed);
  return failed ? json::value(text) : value;
}

json::array evidence_json(const std::vector<routing::Evidence>& evidence) {
  json::array lines;
  lines.reserve(evidence.size());
  for (const routing::Evidence& line : evidence)
    lines.push_back(json::object{{"depth", line.depth},
                                 {"field", line.path},
                                 {"test", line.test},
                                 {"found", line.found},
                                 {"holds", line.holds}});
  return lines;
}

std::string evidence_text(const std::vector<routing::Evidence>& evidence) {
  std::string text;
  for (const routing::Evidence& line : evidence) {
    text += std::string(6 + 2 * line.depth, ' ') + (line.holds ? "+ " : "- ");
    text += line.path.empty() ? line.test : line.path + " " + line.test + "; it is " + line.found;
    text += "\n";
  }
  return text;
}

/// What the rule does with the ticket, and whether it is the one that decides.
std::string verdict_of(const routing::Opinion& opinion, bool decides) {
  if (!opinion.holds) return "not asked";
  if (opinion.team.empty())
    return opinion.obstacle.empty() ? "leaves it to the next rule" : "FAILED: " + opinion.obstacle;
  if (!opinion.obstacle.empty())
    return "wants " + opinion.team + ", which does not count: " + opinion.obstacle;
  return (decides ? "DECIDES: " : "would say ") + opinion.team + ". " + opinion.reason;
}

bool counts(const routing::Opinion& opinion) { return !opinion.team.empty() && opinion.obstacle.empty(); }

}  // namespace

json::object to_json(const store::Decision& decision) {
  return {{"id", decision.id},         {"connection", decision.connection},
          {"ticket", decision.ticket}, {"at", decision.at},
          {"team", decision.team},     {"rule", decision.rule},
          {"reason", decision.reason}, {"evidence", parsed(decision.evidence)},
          {"rules", decision.rules}};
}

json::object to_json(const pipeline::Moves& moves) {
  json::array ways, samples;
  for (const auto& [way, tickets] : moves.ways)
    ways.push_back(json::object{{"from", way.first}, {"to", way.second}, {"tickets", tickets}});
  for (const pipeline::Move& move : moves.samples)
    samples.push_back(json::object{{"ticket", move.ticket},
                                   {"summary", move.summary},
                                   {"from", move.from},
                                   {"to", move.to},
                                   {"rule", move.rule},
                                   {"reason", move.reason}});
  json::object by_rule;
  for (const auto& [rule, tickets] : moves.by_rule) by_rule[rule] = tickets;
  return {{"tickets", moves.looked_at},   {"moved", moves.moved},    {"by_hand", moves.pinned},
          {"unrouted", moves.unrouted},   {"ways", std::move(ways)}, {"samples", std::move(samples)},
          {"corrected", moves.corrected}, {"agreed", moves.agreed},  {"by_rule", std::move(by_rule)}};
}

json::array opinions_json(const routing::RuleSet& rules, const std::vector<routing::Opinion>& opinions) {
  json::array list;
  list.reserve(opinions.size());
  for (std::size_t i = 0; i < opinions.size(); ++i)
    list.push_back(json::object{{"rule", rules.rules()[i].name},
                                {"use", rules.rules()[i].use},
                                {"holds", opinions[i].holds},
                                {"conditions", evidence_json(opinions[i].evidence)},
                                {"team", opinions[i].team},
                                {"reason", opinions[i].reason},
                                {"obstacle", opinions[i].obstacle}});
  return list;
}

std::string line_of(const store::Decision& decision) {
  return decision.at + "  -> " + team_or_none(decision.team) +
         (decision.rule.empty() ? "" : " by " + decision.rule) + ": " + decision.reason;
}

std::string opinions_text(const routing::RuleSet& rules, const std::vector<routing::Opinion>& opinions) {
  std::string text;
  const auto decider = std::ranges::find_if(opinions, counts);
  for (std::size_t i = 0; i < opinions.size(); ++i) {
    const bool decides = decider != opinions.end() && &*decider == &opinions[i];
    text += "  " + std::to_string(i + 1) + ". " + rules.rules()[i].name + ": " +
            verdict_of(opinions[i], decides) + "\n" + evidence_text(opinions[i].evidence);
  }
  if (decider == opinions.end())
    text += "  No rule decides. Add a `fallback` rule that takes what is left.\n";
  return text;
}

std::string moves_text(const pipeline::Moves& moves, const std::string& verb) {
  std::string text = grouped(moves.moved) + " of " + grouped(moves.looked_at) + " tickets " + verb + "; " +
                     grouped(moves.pinned) + " were given to their team by a person, " +
                     grouped(moves.unrouted) + " have no team by these rules.\n";
  if (!moves.ways.empty()) {
    std::vector<std::pair<std::pair<std::string, std::string>, std::uint64_t>> ways(moves.ways.begin(),
                                                                                    moves.ways.end());
    std::ranges::stable_sort(ways, std::ranges::greater{}, [](const auto& way) { return way.second; });
    Table table({"from", "to", "tickets"});
    for (const auto& [way, tickets] : ways)
      table.add({team_or_none(way.first), team_or_none(way.second), grouped(tickets)});
    text += "\n" + table.text();
  }
  if (!moves.samples.empty()) {
    Table table({"ticket", "summary", "from", "to", "rule"});
    for (const pipeline::Move& move : moves.samples)
      table.add({move.ticket, move.summary, team_or_none(move.from), team_or_none(move.to), move.rule});
    text += "\nFor example\n" + table.text();
  }
  return text;
}

}  // namespace psabridge::app
