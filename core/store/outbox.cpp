#include "core/store/outbox.h"

#include <algorithm>
#include <array>
#include <utility>

namespace psabridge::store {
namespace {

constexpr auto kNames =
    std::to_array<std::pair<OutboxState, std::string_view>>({{OutboxState::waiting, "waiting"},
                                                             {OutboxState::sent, "sent"},
                                                             {OutboxState::confirmed, "confirmed"},
                                                             {OutboxState::conflict, "conflict"},
                                                             {OutboxState::failed, "failed"},
                                                             {OutboxState::dropped, "dropped"},
                                                             {OutboxState::superseded, "superseded"}});

/// The columns in the order of change_in(), and what follows.
std::string select(std::string_view rest) {
  return "SELECT id, connection, entity, source_id, field, wanted, expected, origin, by, state, tries, code,"
         " reason, shown, made_id, created_at, due_at, tried_at, done_at FROM psabridge_outbox " +
         std::string(rest);
}

OutboxChange change_in(const Rows& row) {
  const auto text = [&](int column) { return std::string(row->text(column)); };
  OutboxChange change;
  change.id = row->integer(0);
  change.connection = text(1);
  change.entity = text(2);
  change.source_id = text(3);
  change.field = text(4);
  change.wanted = text(5);
  if (!row->is_null(6)) change.expected = text(6);
  change.origin = text(7);
  change.by = text(8);
  change.state = outbox_state_named(row->text(9)).value_or(OutboxState::failed);
  change.tries = static_cast<std::uint32_t>(row->integer(10));
  change.code = text(11);
  change.reason = text(12);
  change.shown = text(13);
  change.made_id = text(14);
  change.created_at = text(15);
  change.due_at = text(16);
  change.tried_at = text(17);
  change.done_at = text(18);
  return change;
}

std::vector<OutboxChange> all_of(Rows rows) {
  std::vector<OutboxChange> changes;
  while (rows.next()) changes.push_back(change_in(rows));
  return changes;
}

std::optional<OutboxChange> first_of(Rows rows) {
  if (!rows.next()) return std::nullopt;
  return change_in(rows);
}

/// "|waiting|sent|", for a test by instr().
std::string listed(const std::vector<OutboxState>& states) {
  std::string text = "|";
  for (const OutboxState state : states) text.append(name_of(state)).append("|");
  return text;
}

Value nullable(const std::optional<std::string>& text) { return text ? text_value(*text) : null_value(); }

}  // namespace

std::string_view name_of(OutboxState state) noexcept {
  return std::ranges::find(kNames, state, [](const auto& named) { return named.first; })->second;
}

std::optional<OutboxState> outbox_state_named(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(kNames, name, [](const auto& named) { return named.second; });
  return found == kNames.end() ? std::nullopt : std::optional(found->first);
}

std::vector<OutboxChange> Outbox::list(const OutboxQuery& query) const {
  const std::string states = listed(query.states);
  return all_of(
      database_.rows(select("WHERE (?1 = '' OR connection = ?1) AND (?2 = '' OR source_id = ?2)"
                            " AND (?3 = '' OR field = ?3) AND (?4 = '|' OR instr(?4, '|' || state || '|'))"
                            " AND (?6 = '' OR entity = ?6) ORDER BY id DESC LIMIT ?5"),
                     query.connection, query.source_id, query.field, states, query.limit, query.entity));
}

std::optional<OutboxChange> Outbox::change(std::int64_t id) const {
  return first_of(database_.rows(select("WHERE id = ?1"), id));
}

std::optional<OutboxChange> Outbox::newest(const OutboxChange& like) const {
  return first_of(
      database_.rows(select("WHERE connection = ?1 AND entity = ?2 AND source_id = ?3 AND field = ?4"
                            " ORDER BY id DESC LIMIT 1"),
                     like.connection, like.entity, like.source_id, like.field));
}

std::vector<std::string> Outbox::sent_values(const OutboxChange& like) const {
  std::vector<std::string> values;
  Rows rows = database_.rows(
      "SELECT DISTINCT wanted FROM psabridge_outbox WHERE connection = ?1 AND entity = ?2"
      " AND source_id = ?3 AND field = ?4 AND tried_at <> '' AND id >= (SELECT coalesce(max(id), 0)"
      " FROM psabridge_outbox WHERE connection = ?1 AND entity = ?2 AND source_id = ?3 AND field = ?4"
      " AND state = 'confirmed') ORDER BY wanted",
      like.connection, like.entity, like.source_id, like.field);
  while (rows.next()) values.emplace_back(rows->text(0));
  return values;
}

std::uint64_t Outbox::confirmed_since(const OutboxChange& like, SysMilliseconds since) const {
  const std::string from = format_time(since);
  return static_cast<std::uint64_t>(
      database_.number("SELECT count(*) FROM psabridge_outbox WHERE connection = ?1 AND entity = ?2"
                       " AND source_id = ?3 AND field = ?4 AND state = 'confirmed' AND done_at >= ?5",
                       like.connection, like.entity, like.source_id, like.field, from));
}

std::vector<OutboxChange> Outbox::due(std::string_view connection, SysMilliseconds now,
                                      std::uint32_t limit) const {
  const std::string until = format_time(now);
  return all_of(database_.rows(
      select("AS mine WHERE connection = ?1 AND state IN ('waiting', 'sent') AND NOT EXISTS ("
             "SELECT 1 FROM psabridge_outbox AS earlier WHERE earlier.connection = mine.connection"
             " AND earlier.entity = mine.entity AND earlier.source_id = mine.source_id"
             " AND earlier.id <= mine.id AND earlier.state IN ('waiting', 'sent') AND earlier.due_at > ?2)"
             " ORDER BY id LIMIT ?3"),
      connection, until, limit));
}

std::vector<std::string> Outbox::made_in(const OutboxChange& like) const {
  std::vector<std::string> made;
  Rows rows = database_.rows(
      "SELECT made_id FROM psabridge_outbox WHERE connection = ?1 AND entity = ?2 AND source_id = ?3"
      " AND made_id <> '' ORDER BY id",
      like.connection, like.entity, like.source_id);
  while (rows.next()) made.emplace_back(rows->text(0));
  return made;
}

std::int64_t Outbox::last_confirmed(std::string_view connection, std::string_view field) const {
  return database_.number(
      "SELECT coalesce(max(id), 0) FROM psabridge_outbox WHERE connection = ?1 AND field = ?2"
      " AND state = 'confirmed'",
      connection, field);
}

OutboxFigures Outbox::figures(std::string_view connection) const {
  OutboxFigures figures;
  Rows rows = database_.rows(
      "SELECT state, count(*), min(created_at) FROM psabridge_outbox WHERE ?1 = '' OR connection = ?1"
      " GROUP BY state",
      connection);
  while (rows.next()) {
    const auto state = outbox_state_named(rows->text(0));
    if (!state) continue;
    figures.by_state[*state] = static_cast<std::uint64_t>(rows->integer(1));
    const bool open = *state == OutboxState::waiting || *state == OutboxState::sent;
    const std::string_view since = rows->text(2);
    if (open && (figures.oldest_open_at.empty() || since < figures.oldest_open_at))
      figures.oldest_open_at = since;
  }
  return figures;
}

std::int64_t Outbox::add(const OutboxChange& change) {
  database_.run(
      "INSERT INTO psabridge_outbox (connection, entity, source_id, field, wanted, expected, origin, by,"
      " state, tries, code, reason, shown, made_id, created_at, due_at, tried_at, done_at)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
      change.connection, change.entity, change.source_id, change.field, change.wanted,
      nullable(change.expected), change.origin, change.by, name_of(change.state), change.tries, change.code,
      change.reason, change.shown, change.made_id, change.created_at, change.due_at, change.tried_at,
      change.done_at);
  return database_.last_id();
}

void Outbox::update(const OutboxChange& change) {
  database_.run(
      "UPDATE psabridge_outbox SET expected = ?2, state = ?3, tries = ?4, code = ?5, reason = ?6, shown = ?7,"
      " made_id = ?8, due_at = ?9, tried_at = ?10, done_at = ?11 WHERE id = ?1",
      change.id, nullable(change.expected), name_of(change.state), change.tries, change.code, change.reason,
      change.shown, change.made_id, change.due_at, change.tried_at, change.done_at);
}

void Outbox::supersede(const OutboxChange& like, std::string_view why, SysMilliseconds now) {
  const std::string at = format_time(now);
  database_.run(
      "UPDATE psabridge_outbox SET state = 'superseded', reason = ?5, done_at = ?6 WHERE connection = ?1"
      " AND entity = ?2 AND source_id = ?3 AND field = ?4 AND state IN ('waiting', 'conflict', 'failed')",
      like.connection, like.entity, like.source_id, like.field, why, at);
}

/// A commit alone is only in the page cache until the next checkpoint, which begins with a sync.
void Outbox::make_durable() { database_.run("PRAGMA wal_checkpoint(PASSIVE)"); }

void Outbox::note_write(const OutboxChange& change, SysMilliseconds now) {
  const std::string at = format_time(now);
  database_.run(
      "INSERT OR REPLACE INTO psabridge_written (connection, entity, source_id, field, value, at)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
      change.connection, change.entity, change.source_id, change.field, change.wanted, at);
}

bool Outbox::wrote(const OutboxChange& like, SysMilliseconds since) const {
  const std::string from = format_time(since);
  return database_.number(
             "SELECT count(*) FROM psabridge_written WHERE connection = ?1 AND entity = ?2"
             " AND source_id = ?3 AND field = ?4 AND value = ?5 AND at >= ?6",
             like.connection, like.entity, like.source_id, like.field, like.wanted, from) > 0;
}

void Outbox::prune(SysMilliseconds before) {
  const std::string until = format_time(before);
  database_.run(
      "DELETE FROM psabridge_outbox WHERE state IN ('confirmed', 'dropped', 'superseded') AND done_at < ?1"
      " AND NOT (field = 'merge' AND state = 'confirmed')",
      until);
  database_.run("DELETE FROM psabridge_written WHERE at < ?1", until);
}

}  // namespace psabridge::store
