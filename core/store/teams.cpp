#include "core/store/teams.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <utility>

#include "core/store/entity_layout.h"

namespace psabridge::store {
namespace {

std::string owned(std::string_view text) { return std::string(text); }

std::string as_json(const std::vector<std::string>& list) {
  return boost::json::serialize(boost::json::value_from(list));
}

std::vector<std::string> from_json(std::string_view text) {
  return boost::json::value_to<std::vector<std::string>>(boost::json::parse(boost::json::string_view(text)));
}

constexpr std::string_view kTeams =
    "SELECT name, title, parent, receives, hours, zone FROM psabridge_team"
    " WHERE ?1 = '' OR name = ?1 ORDER BY name";

Team read_team(const Rows& rows) {
  Team team;
  team.name = rows->text(0);
  team.title = rows->text(1);
  team.parent = rows->text(2);
  team.receives = rows->integer(3) != 0;
  team.hours = rows->text(4);
  team.zone = rows->text(5);
  return team;
}

/// Those of one name, or all; `name` is never empty for a team that exists.
std::vector<Team> read_teams(Database& database, std::string_view name) {
  std::map<std::string, Team, std::less<>> teams;
  {
    Rows rows = database.rows(kTeams, name);
    while (rows.next()) teams.emplace(rows->text(0), read_team(rows));
  }
  Rows members = database.rows(
      "SELECT team, connection, agent FROM psabridge_team_member WHERE ?1 = '' OR team = ?1"
      " ORDER BY team, connection, agent",
      name);
  while (members.next())
    if (const auto of = teams.find(members->text(0)); of != teams.end())
      of->second.members.push_back({owned(members->text(1)), owned(members->text(2))});
  Rows owns = database.rows(
      "SELECT team, connection FROM psabridge_team_connection WHERE ?1 = '' OR team = ?1"
      " ORDER BY team, connection",
      name);
  while (owns.next())
    if (const auto of = teams.find(owns->text(0)); of != teams.end())
      of->second.owns.emplace_back(owns->text(1));
  std::vector<Team> list;
  list.reserve(teams.size());
  for (auto& [key, team] : teams) list.push_back(std::move(team));
  return list;
}

constexpr std::string_view kLinks =
    "SELECT id, connection, client, team, active, types, boards, priorities, sites, since, until, origin,"
    " created_at FROM psabridge_link ";

std::vector<Link> read_links(Rows rows) {
  std::vector<Link> links;
  while (rows.next()) {
    Link& link = links.emplace_back();
    link.id = rows->integer(0);
    link.connection = rows->text(1);
    link.client = rows->text(2);
    link.team = rows->text(3);
    link.active = rows->integer(4) != 0;
    link.types = from_json(rows->text(5));
    link.boards = from_json(rows->text(6));
    link.priorities = from_json(rows->text(7));
    link.sites = from_json(rows->text(8));
    link.since = rows->text(9);
    link.until = rows->text(10);
    link.origin = rows->text(11);
    link.created_at = rows->text(12);
  }
  return links;
}

/// The rows of one entity that belong to a client, by its source id.
struct Owned {
  std::uint64_t all = 0, open = 0;
};

bool has_field(const KnownEntity& entity, std::string_view name) {
  return std::ranges::find(entity.fields, name, &KnownField::name) != entity.fields.end();
}

std::map<std::string, Owned, std::less<>> owned_by_client(Database& database, const KnownEntity& entity,
                                                          std::string_view connection) {
  std::map<std::string, Owned, std::less<>> counts;
  if (!has_field(entity, "client_id")) return counts;
  const std::string open = has_field(entity, "closed") ? "sum(coalesce(closed, 0) = 0)" : "0";
  Statement statement(database, "SELECT client_id, count(*), " + open + " FROM " + sql_name(entity.name) +
                                    " WHERE connection = ?1 AND deleted_at IS NULL AND client_id IS NOT NULL"
                                    " GROUP BY client_id");
  statement.bind(1, connection);
  for (Rows rows(statement); rows.next();)
    counts[owned(rows->text(0))] = {static_cast<std::uint64_t>(rows->integer(1)),
                                    static_cast<std::uint64_t>(rows->integer(2))};
  return counts;
}

std::vector<LinkedClient> read_clients(Database& database, const KnownEntity& entity,
                                       std::string_view connection) {
  std::string columns = "source_id, deleted_at IS NOT NULL";
  for (const std::string_view name : {"name", "domain", "website", "main_contact_email"})
    columns += has_field(entity, name) ? ", coalesce(" + sql_name(name) + ", '')" : ", ''";
  Statement statement(database, "SELECT " + columns + " FROM client WHERE connection = ?1 ORDER BY id");
  statement.bind(1, connection);
  std::vector<LinkedClient> clients;
  for (Rows rows(statement); rows.next();) {
    LinkedClient& client = clients.emplace_back();
    client.id = rows->text(0);
    client.deleted = rows->integer(1) != 0;
    int column = 2;
    for (std::string* const text : {&client.name, &client.domain, &client.website, &client.email})
      *text = rows->text(column++);
  }
  return clients;
}

}  // namespace

// --- teams ---

std::vector<Team> Teams::all() const { return read_teams(database_, {}); }

std::optional<Team> Teams::find(std::string_view name) const {
  if (name.empty()) return std::nullopt;
  std::vector<Team> found = read_teams(database_, name);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

void Teams::put(const Team& team) {
  remove(team.name);
  database_.run(
      "INSERT INTO psabridge_team (name, title, parent, receives, hours, zone) VALUES (?1, ?2, ?3, ?4, ?5, "
      "?6)",
      team.name, team.title, team.parent, team.receives, team.hours, team.zone);
  for (const Team::Member& member : team.members)
    database_.run("INSERT OR IGNORE INTO psabridge_team_member (team, connection, agent) VALUES (?1, ?2, ?3)",
                  team.name, member.connection, member.agent);
  for (const std::string& connection : team.owns)
    database_.run("INSERT OR IGNORE INTO psabridge_team_connection (team, connection) VALUES (?1, ?2)",
                  team.name, connection);
}

bool Teams::remove(std::string_view name) {
  database_.run("DELETE FROM psabridge_team_member WHERE team = ?1", name);
  database_.run("DELETE FROM psabridge_team_connection WHERE team = ?1", name);
  database_.run("DELETE FROM psabridge_team WHERE name = ?1", name);
  return database_.changes() > 0;
}

// --- links ---

std::vector<Link> Teams::links(std::string_view connection) const {
  static const std::string kSql = owned(kLinks) + "WHERE connection = ?1 ORDER BY id";
  return read_links(database_.rows(kSql, connection));
}

std::optional<Link> Teams::link(std::int64_t id) const {
  static const std::string kSql = owned(kLinks) + "WHERE id = ?1";
  std::vector<Link> found = read_links(database_.rows(kSql, id));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<Link> Teams::links_to(std::string_view team) const {
  static const std::string kSql = owned(kLinks) + "WHERE team = ?1 ORDER BY id";
  return read_links(database_.rows(kSql, team));
}

std::int64_t Teams::add_link(const Link& link) {
  database_.run(
      "INSERT INTO psabridge_link (connection, client, team, active, types, boards, priorities, sites, since,"
      " until, origin, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
      link.connection, link.client, link.team, link.active, as_json(link.types), as_json(link.boards),
      as_json(link.priorities), as_json(link.sites), link.since, link.until, link.origin, link.created_at);
  return database_.last_id();
}

void Teams::change_link(const Link& link) {
  database_.run(
      "UPDATE psabridge_link SET connection = ?2, client = ?3, team = ?4, active = ?5, types = ?6, boards = "
      "?7,"
      " priorities = ?8, sites = ?9, since = ?10, until = ?11, origin = ?12, created_at = ?13 WHERE id = ?1",
      link.id, link.connection, link.client, link.team, link.active, as_json(link.types),
      as_json(link.boards), as_json(link.priorities), as_json(link.sites), link.since, link.until,
      link.origin, link.created_at);
}

bool Teams::remove_link(std::int64_t id) {
  database_.run("DELETE FROM psabridge_link WHERE id = ?1", id);
  return database_.changes() > 0;
}

std::vector<Heir> Teams::heirs(std::string_view connection) const {
  std::vector<Heir> heirs;
  if (database_.number("SELECT count(*) FROM psabridge_entity WHERE name = 'client'") == 0) return heirs;
  Rows rows = database_.rows(
      "SELECT own.source_id, other.connection, other.source_id FROM psabridge_member AS mine"
      " JOIN client AS own ON own.id = mine.record"
      " JOIN psabridge_member AS theirs ON theirs.entity = mine.entity AND theirs.of = mine.of"
      " AND theirs.record <> mine.record"
      " JOIN client AS other ON other.id = theirs.record"
      " WHERE mine.entity = (SELECT id FROM psabridge_entity WHERE name = 'client') AND own.connection = ?1"
      " AND NOT EXISTS (SELECT 1 FROM psabridge_link WHERE connection = own.connection AND client ="
      " own.source_id)"
      " AND EXISTS (SELECT 1 FROM psabridge_link WHERE connection = other.connection AND client ="
      " other.source_id)"
      " ORDER BY own.source_id, other.id",
      connection);
  while (rows.next())
    if (heirs.empty() || heirs.back().client != rows->text(0))
      heirs.push_back({owned(rows->text(0)), owned(rows->text(1)), owned(rows->text(2))});
  return heirs;
}

// --- clients ---

std::vector<LinkedClient> Teams::clients(std::string_view connection) const {
  std::vector<LinkedClient> clients;
  for (const KnownEntity& entity : known_entities(database_))
    if (entity.name == "client") clients = read_clients(database_, entity, connection);
  for (const KnownEntity& entity : known_entities(database_)) {
    if (entity.name != "ticket" && entity.name != "asset") continue;
    const auto counts = owned_by_client(database_, entity, connection);
    for (LinkedClient& client : clients) {
      const auto found = counts.find(client.id);
      if (found == counts.end()) continue;
      if (entity.name == "asset") {
        client.assets = found->second.all;
      } else {
        client.tickets = found->second.all;
        client.open_tickets = found->second.open;
      }
    }
  }
  return clients;
}

}  // namespace psabridge::store
