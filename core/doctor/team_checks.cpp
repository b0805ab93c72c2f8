#include "core/doctor/team_checks.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/base/text.h"
#include "core/doctor/store_probe.h"
#include "core/routing/link_report.h"
#include "core/routing/roster.h"

namespace psabridge::doctor {
namespace {

constexpr std::size_t kSamples = 3;

/// Agents of one connection that are stored and not deleted, by source id.
std::set<std::string> agents_of(const store::Reader& reader, const std::string& connection) {
  std::set<std::string> agents;
  const auto entities = reader.entities();
  if (std::ranges::find(entities, "agent") == entities.end()) return agents;
  for (auto& [name, id] : reader.names("agent", connection)) agents.insert(std::move(id));
  return agents;
}

void look_at_members(const store::Reader& reader, const store::Team& team,
                     std::map<std::string, std::set<std::string>>& agents, Notes& notes) {
  for (const store::Team::Member& member : team.members) {
    const auto [of_connection, first] = agents.try_emplace(member.connection);
    if (first) of_connection->second = agents_of(reader, member.connection);
    if (of_connection->second.contains(member.agent)) continue;
    notes.warn(team.name, "PB1836",
               "The member " + member.agent + " of " + member.connection + " in the team " +
                   in_quotes(team.name) + " is no agent that is stored.",
               "`psabridge teams members " + team.name + " remove " + member.agent + "`.");
  }
}

void look_at_connections(const config::Config& config, const store::Team& team, Notes& notes) {
  for (const std::string& name : team.owns)
    if (std::ranges::find(config.connections, name, &config::Connection::name) == config.connections.end())
      notes.warn(team.name, "PB1836",
                 "The team " + in_quotes(team.name) + " manages the connection " + in_quotes(name) +
                     ", which the configuration does not have.",
                 "`psabridge teams set " + team.name + " --manages CONNECTION`.");
}

bool routes_by_links(const config::Config& config, const std::string& connection) {
  return std::ranges::any_of(config.pipelines, [&](const config::Pipeline& pipeline) {
    return pipeline.connection == connection &&
           std::ranges::find(pipeline.routing, "client_team", &config::RuleUse::use) !=
               pipeline.routing.end();
  });
}

using Flaws = std::vector<routing::LinkFlaw>;

/// "client 12 "Acme Ltd" (4 open tickets), ... and 7 more"
std::string samples_of(const Flaws& flaws) {
  std::string text;
  for (std::size_t i = 0; i < std::min(flaws.size(), kSamples); ++i)
    text += (i == 0 ? "client " : ", client ") + flaws[i].client +
            (flaws[i].name.empty() ? "" : " " + in_quotes(flaws[i].name)) + " (" +
            (flaws[i].link == 0
                 ? ""
                 : "link " + std::to_string(flaws[i].link) + " to " + in_quotes(flaws[i].team) + ", ") +
            std::to_string(flaws[i].open_tickets) + " open tickets)";
  return text + (flaws.size() > kSamples ? " and " + std::to_string(flaws.size() - kSamples) + " more" : "");
}

/// One finding for all flaws of a kind. A new client without tickets is nothing to be told of.
void note_links(const std::string& connection, const std::string& code, Flaws flaws, Notes& notes) {
  if (code == "PB1827") return;
  if (code == "PB1824") std::erase_if(flaws, [](const auto& flaw) { return flaw.open_tickets == 0; });
  if (flaws.empty()) return;
  const ErrorInfo& info = *find_error(code);
  const std::string fact =
      std::string(info.title) + ": " + std::to_string(flaws.size()) + ", " + samples_of(flaws) + ".";
  const std::string fix =
      std::string(info.remedy) + " `psabridge links report --connection " + connection + "` lists all.";
  if (code == "PB1821" || code == "PB1834")
    notes.fail(connection, code, fact, fix);
  else
    notes.warn(connection, code, fact, fix);
}

void look_at_links_of(const store::Reader& reader, const std::string& connection,
                      const routing::Roster& roster, Notes& notes) {
  std::map<std::string, Flaws> by_code;
  for (routing::LinkFlaw& flaw : routing::find_link_flaws(reader, connection, roster)) {
    Flaws& flaws = by_code[flaw.code];
    flaws.push_back(std::move(flaw));
  }
  for (auto& [code, flaws] : by_code) note_links(connection, code, std::move(flaws), notes);
}

}  // namespace

void look_at_teams(const Subjects& subjects, Notes& notes, const plugin::Stop&) {
  if (!has_store(subjects.config)) return notes.skip({}, "There is no store yet.");
  const auto reader = store::open_reader(subjects.config.store);
  const routing::Roster roster(reader->teams().all());
  for (const routing::TeamFlaw& flaw : roster.flaws()) notes.fail(flaw.team, flaw.code, flaw.fact, flaw.fix);
  std::map<std::string, std::set<std::string>> agents;
  for (const store::Team& team : roster.teams()) {
    look_at_members(*reader, team, agents, notes);
    look_at_connections(subjects.config, team, notes);
  }
  if (!notes.nothing_found()) return;
  notes.pass({}, roster.teams().empty()
                     ? "No team is declared: every name is a team that takes tickets."
                     : std::to_string(roster.teams().size()) + " teams, nothing wrong with them.");
}

void look_at_links(const Subjects& subjects, Notes& notes, const plugin::Stop&) {
  if (!has_store(subjects.config)) return notes.skip({}, "There is no store yet.");
  const auto reader = store::open_reader(subjects.config.store);
  const routing::Roster roster(reader->teams().all());
  std::size_t links = 0;
  for (const config::Connection& connection : subjects.config.connections) {
    if (!routes_by_links(subjects.config, connection.name)) continue;
    look_at_links_of(*reader, connection.name, roster, notes);
    links += reader->teams().links(connection.name).size();
  }
  if (notes.nothing_found())
    notes.pass({}, std::to_string(links) + " links; every client with open tickets has one that works.");
}

}  // namespace psabridge::doctor
