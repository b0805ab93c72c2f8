#include "core/store/decisions.h"

#include <map>

#include "core/base/time.h"
#include "core/store/entity_layout.h"

namespace psabridge::store {
namespace {

std::string owned(std::string_view text) { return std::string(text); }

std::string time_text(std::int64_t ms) { return format_time(SysMilliseconds(std::chrono::milliseconds(ms))); }

/// Milliseconds since 1970-01-01 UTC; the beginning of time for an empty text.
std::int64_t ms_of(std::string_view time) {
  const auto parsed = parse_time(time);
  return parsed ? parsed->time_since_epoch().count() : 0;
}

constexpr std::string_view kFind =
    "SELECT decision.id, ticket.connection, ticket.source_id, decision.at, decision.team, decision.rule,"
    " decision.reason, decision.evidence, decision.rules"
    " FROM psabridge_decision AS decision JOIN ticket ON ticket.id = decision.record"
    " WHERE (?1 = '' OR ticket.connection = ?1) AND (?2 = '' OR ticket.source_id = ?2)"
    " AND (?3 = '' OR decision.team = ?3) AND (?4 = '' OR decision.rule = ?4) AND decision.at >= ?5"
    " AND (?6 = 0 OR decision.team = '' OR decision.troubled = 1)"
    " AND (?7 = 0 OR (ticket.deleted_at IS NULL AND decision.id ="
    "   (SELECT max(id) FROM psabridge_decision AS newer WHERE newer.record = decision.record)))"
    " ORDER BY decision.id DESC LIMIT ?8";

constexpr std::string_view kOfTicket =
    "SELECT decision.id, ticket.connection, ticket.source_id, decision.at, decision.team, decision.rule,"
    " decision.reason, decision.evidence, decision.rules"
    " FROM ticket JOIN psabridge_decision AS decision ON decision.record = ticket.id"
    " WHERE ticket.connection = ?1 AND ticket.source_id = ?2 ORDER BY decision.id DESC LIMIT ?3";

Decision read_decision(const Rows& rows) {
  Decision decision;
  decision.id = rows->integer(0);
  decision.connection = rows->text(1);
  decision.ticket = rows->text(2);
  decision.at = time_text(rows->integer(3));
  decision.team = rows->text(4);
  decision.rule = rows->text(5);
  decision.reason = rows->text(6);
  decision.evidence = rows->text(7);
  decision.rules = rows->integer(8);
  return decision;
}

RuleVersion read_rules(const Rows& rows) {
  return {rows->integer(0), owned(rows->text(1)), owned(rows->text(2)), owned(rows->text(3)),
          owned(rows->text(4))};
}

/// The newest open ticket that `condition` holds of; ?1 connection, ?2 source id of the ticket itself.
std::string kin_sql(std::string_view condition) {
  return "SELECT managed_team FROM ticket WHERE connection = ?1 AND " + std::string(condition) +
         " AND source_id != ?2 AND deleted_at IS NULL AND closed IS NOT 1 AND managed_team IS NOT NULL"
         " ORDER BY id DESC LIMIT 1";
}

std::string first_text(Rows rows) { return rows.next() ? owned(rows->text(0)) : std::string(); }

std::string_view accuracy_sql(Decisions::By by) {
  switch (by) {
    case Decisions::By::rule:
      return "SELECT rule, count(DISTINCT record), 0 FROM psabridge_decision"
             " WHERE at >= ?1 AND team != '' GROUP BY rule"
             " UNION ALL SELECT instead_of_rule, 0, count(DISTINCT record) FROM psabridge_assignment"
             " WHERE at >= ?1 AND instead_of_rule != '' AND team != instead_of_team GROUP BY instead_of_rule";
    case Decisions::By::team:
      return "SELECT team, count(DISTINCT record), 0 FROM psabridge_decision"
             " WHERE at >= ?1 AND team != '' GROUP BY team"
             " UNION ALL SELECT instead_of_team, 0, count(DISTINCT record) FROM psabridge_assignment"
             " WHERE at >= ?1 AND instead_of_team != '' AND team != instead_of_team GROUP BY instead_of_team";
    case Decisions::By::client:
      break;
  }
  return "SELECT coalesce(ticket.client_id, ''), count(DISTINCT record), 0"
         " FROM psabridge_decision AS decision JOIN ticket ON ticket.id = decision.record"
         " WHERE at >= ?1 AND team != '' GROUP BY 1"
         " UNION ALL SELECT coalesce(ticket.client_id, ''), 0, count(DISTINCT record)"
         " FROM psabridge_assignment AS assignment JOIN ticket ON ticket.id = assignment.record"
         " WHERE at >= ?1 AND instead_of_team != '' AND team != instead_of_team GROUP BY 1";
}

}  // namespace

void Decisions::note(std::int64_t record, const RouteDecision& decision, std::int64_t at) {
  Rows last = database_.rows(
      "SELECT team, rule FROM psabridge_decision WHERE record = ?1 ORDER BY id DESC LIMIT 1", record);
  if (last.next() && last->text(0) == decision.team && last->text(1) == decision.rule) return;
  add(record, decision, at);
}

void Decisions::add(std::int64_t record, const RouteDecision& decision, std::int64_t at) {
  database_.run(
      "INSERT INTO psabridge_decision (record, at, team, rule, reason, evidence, troubled, rules)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
      record, at, decision.team, decision.rule, decision.reason, decision.evidence, decision.troubled ? 1 : 0,
      decision.rules);
}

void Decisions::apply(std::int64_t record, const RouteDecision& decision, std::int64_t at) {
  database_.run(
      "UPDATE ticket SET managed_team = nullif(?2, ''), routed_by = nullif(?3, ''),"
      " routed_reason = nullif(?4, ''), updated_at = ?5 WHERE id = ?1",
      record, decision.team, decision.rule, decision.reason, std::string_view(time_text(at)));
  note(record, decision, at);
}

std::vector<Decision> Decisions::find(const DecisionQuery& query) const {
  std::vector<Decision> found;
  if (!has_table(database_, kRoutedEntity)) return found;
  if (!query.ticket.empty() && !query.connection.empty()) {
    Rows rows = database_.rows(kOfTicket, query.connection, query.ticket, query.limit);
    while (rows.next()) found.push_back(read_decision(rows));
    return found;
  }
  Rows rows = database_.rows(kFind, query.connection, query.ticket, query.team, query.rule,
                             ms_of(query.since), query.troubled ? 1 : 0, query.latest ? 1 : 0, query.limit);
  while (rows.next()) found.push_back(read_decision(rows));
  return found;
}

Whereabouts Decisions::whereabouts(std::string_view connection, std::string_view ticket) const {
  Rows rows = database_.rows(
      "SELECT ticket.id, ticket.managed_team, ticket.routed_by, pinned.team, pinned.by, pinned.at"
      " FROM ticket LEFT JOIN psabridge_assignment AS pinned"
      " ON pinned.record = ticket.id AND pinned.released_at IS NULL"
      " WHERE ticket.connection = ?1 AND ticket.source_id = ?2",
      connection, ticket);
  Whereabouts where;
  if (!rows.next()) return where;
  where.record = rows->integer(0);
  where.team = rows->text(1);
  where.rule = rows->text(2);
  where.pinned_team = rows->text(3);
  where.pinned_by = rows->text(4);
  if (!where.pinned_team.empty()) where.pinned_at = time_text(rows->integer(5));
  return where;
}

std::vector<Load> Decisions::loads() const {
  std::vector<Load> loads;
  Rows rows = database_.rows("SELECT team, open, total FROM psabridge_load WHERE total > 0 ORDER BY team");
  while (rows.next())
    loads.push_back({owned(rows->text(0)), static_cast<std::uint64_t>(rows->integer(1)),
                     static_cast<std::uint64_t>(rows->integer(2))});
  return loads;
}

std::string Decisions::team_by_ref(std::string_view connection, std::string_view ticket,
                                   std::string_view field, std::string_view id) const {
  return first_text(database_.rows(kin_sql(sql_name(field) + " = ?3"), connection, ticket, id));
}

std::string Decisions::team_by_refs(std::string_view connection, std::string_view ticket,
                                    std::string_view field, std::string_view id) const {
  return first_text(
      database_.rows(kin_sql("EXISTS (SELECT 1 FROM json_each(" + sql_name(field) + ") WHERE value = ?3)"),
                     connection, ticket, id));
}

std::int64_t Decisions::generation() const {
  return database_.number("SELECT number FROM psabridge_routing_generation");
}

std::optional<RuleVersion> Decisions::newest_rules(std::string_view pipeline) const {
  Rows rows = database_.rows(
      "SELECT id, pipeline, version, text, since FROM psabridge_rules WHERE pipeline = ?1"
      " ORDER BY id DESC LIMIT 1",
      pipeline);
  return rows.next() ? std::optional(read_rules(rows)) : std::nullopt;
}

std::int64_t Decisions::add_rules(const RuleVersion& rules) {
  database_.run("INSERT INTO psabridge_rules (pipeline, version, text, since) VALUES (?1, ?2, ?3, ?4)",
                rules.pipeline, rules.version, rules.text, rules.since);
  return database_.last_id();
}

std::vector<RuleVersion> Decisions::rule_versions(std::string_view pipeline) const {
  std::vector<RuleVersion> versions;
  Rows rows = database_.rows(
      "SELECT id, pipeline, version, text, since FROM psabridge_rules WHERE pipeline = ?1 ORDER BY id DESC",
      pipeline);
  while (rows.next()) versions.push_back(read_rules(rows));
  return versions;
}

std::int64_t Decisions::assign(const Assignment& assignment) {
  release(assignment.connection, assignment.ticket, assignment.by, assignment.at);
  database_.run(
      "INSERT INTO psabridge_assignment (record, team, by, note, at, instead_of_team, instead_of_rule)"
      " SELECT id, ?3, ?4, ?5, ?6, ?7, ?8 FROM ticket WHERE connection = ?1 AND source_id = ?2",
      assignment.connection, assignment.ticket, assignment.team, assignment.by, assignment.note,
      ms_of(assignment.at), assignment.instead_of_team, assignment.instead_of_rule);
  return database_.last_id();
}

bool Decisions::release(std::string_view connection, std::string_view ticket, std::string_view by,
                        std::string_view at) {
  database_.run(
      "UPDATE psabridge_assignment SET released_at = ?4, released_by = ?3 WHERE released_at IS NULL AND "
      "record ="
      " (SELECT id FROM ticket WHERE connection = ?1 AND source_id = ?2)",
      connection, ticket, by, ms_of(at));
  return database_.changes() > 0;
}

std::vector<Assignment> Decisions::assignments(std::string_view connection, std::string_view ticket,
                                               std::uint32_t limit) const {
  std::vector<Assignment> found;
  if (!has_table(database_, kRoutedEntity)) return found;
  Rows rows = database_.rows(
      "SELECT assignment.id, ticket.connection, ticket.source_id, team, by, note, at, instead_of_team,"
      " instead_of_rule, released_at, released_by"
      " FROM psabridge_assignment AS assignment JOIN ticket ON ticket.id = assignment.record"
      " WHERE (?1 = '' OR ticket.connection = ?1) AND (?2 = '' OR ticket.source_id = ?2)"
      " ORDER BY assignment.id DESC LIMIT ?3",
      connection, ticket, limit);
  while (rows.next()) {
    Assignment assignment;
    assignment.id = rows->integer(0);
    assignment.connection = rows->text(1);
    assignment.ticket = rows->text(2);
    assignment.team = rows->text(3);
    assignment.by = rows->text(4);
    assignment.note = rows->text(5);
    assignment.at = time_text(rows->integer(6));
    assignment.instead_of_team = rows->text(7);
    assignment.instead_of_rule = rows->text(8);
    if (!rows->is_null(9)) assignment.released_at = time_text(rows->integer(9));
    assignment.released_by = rows->text(10);
    found.push_back(std::move(assignment));
  }
  return found;
}

std::vector<Accuracy> Decisions::accuracy(By by, std::string_view since) const {
  std::map<std::string, Accuracy, std::less<>> found;
  if (has_table(database_, kRoutedEntity)) {
    Rows rows = database_.rows(accuracy_sql(by), ms_of(since));
    while (rows.next()) {
      Accuracy& accuracy = found[owned(rows->text(0))];
      accuracy.decided += static_cast<std::uint64_t>(rows->integer(1));
      accuracy.corrected += static_cast<std::uint64_t>(rows->integer(2));
    }
  }
  std::vector<Accuracy> list;
  list.reserve(found.size());
  for (auto& [name, accuracy] : found) {
    accuracy.name = name;
    list.push_back(std::move(accuracy));
  }
  return list;
}

}  // namespace psabridge::store
