#include "core/store/queries.h"

#include <algorithm>
#include <boost/json.hpp>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/base/time.h"
#include "core/store/entity_layout.h"
#include "core/store/packing.h"

namespace psabridge::store {
namespace {

using Texts = std::vector<std::string>;

std::string owned(std::string_view text) { return std::string(text); }

std::uint64_t unsigned_at(const Rows& rows, int column) {
  return static_cast<std::uint64_t>(rows->integer(column));
}

/// Reads all rows of a query, each by `read`.
template <class Item>
std::vector<Item> all(Rows& rows, Item (*read)(const Rows&)) {
  std::vector<Item> items;
  while (rows.next()) items.push_back(read(rows));
  return items;
}

template <class Item>
std::optional<Item> first(Rows& rows, Item (*read)(const Rows&)) {
  if (!rows.next()) return std::nullopt;
  return read(rows);
}

// ----------------------------------------------------------------------------------------------------
// records

/// A column as people read it: the hash in hexadecimal, the packed text unpacked.
std::string shown(const Rows& rows, int column) {
  const std::string_view name = rows->column_name(column), text = rows->text(column);
  if (name == "content_hash") return hexadecimal(text);
  if (name == "raw") return unpacked(text).value_or("(damaged: cannot be unpacked)");
  return owned(text);
}

StoredRecord read_record(const Rows& rows) {
  StoredRecord record;
  for (int column = 0; column < rows->column_count(); ++column)
    record.columns.push_back({owned(rows->column_name(column)), shown(rows, column), rows->is_null(column)});
  return record;
}

struct Column {
  std::string name;
  bool is_text;
};

std::vector<Column> columns_of(Database& database, std::string_view entity) {
  std::vector<Column> columns;
  Rows rows = database.rows("SELECT name, type = 'TEXT' FROM pragma_table_info(?1)", entity);
  while (rows.next()) columns.push_back({owned(rows->text(0)), rows->integer(1) != 0});
  return columns;
}

void check_column(const std::vector<Column>& columns, std::string_view entity, const std::string& name) {
  if (std::ranges::find(columns, name, &Column::name) != columns.end()) return;
  std::vector<std::string_view> names;
  names.reserve(columns.size());
  for (const Column& column : columns) names.push_back(column.name);
  throw Error("PB1601",
              "A " + owned(entity) + " has no column \"" + name + "\"." + did_you_mean(name, names));
}

/// The SELECT for a RecordQuery, and the texts of its parameters from ?1 on.
struct RecordSelect {
  std::string sql;
  Texts texts;
};

RecordSelect select_of(const RecordQuery& query, const std::vector<Column>& columns) {
  RecordSelect select{
      "SELECT * FROM " + sql_name(query.entity) + " WHERE id > " + std::to_string(query.after_id), {}};
  const auto parameter = [&](std::string text) {
    select.texts.push_back(std::move(text));
    return "?" + std::to_string(select.texts.size());
  };
  if (!query.deleted) select.sql += " AND deleted_at IS NULL";
  if (!query.connection.empty()) select.sql += " AND connection = " + parameter(query.connection);
  for (const auto& [name, text] : query.equals) {
    check_column(columns, query.entity, name);
    select.sql += " AND CAST(" + sql_name(name) + " AS TEXT) = " + parameter(text);
  }
  if (!query.search.empty()) {
    const std::string pattern = parameter(like_pattern(query.search));
    std::string any;
    for (const Column& column : columns)
      if (column.is_text)
        any += (any.empty() ? "" : " OR ") + sql_name(column.name) + " LIKE " + pattern + " ESCAPE '\\'";
    select.sql += " AND (" + any + ")";
  }
  select.sql += " ORDER BY id LIMIT " + std::to_string(query.limit);
  return select;
}

// ------------------------------------------------------------------------------------- runs, dead letters,
// holds

constexpr std::string_view kRunColumns =
    "SELECT id, pipeline, connection, mode, state, started_at, finished_at, error_code, error FROM "
    "psabridge_run ";

RunInfo read_run(const Rows& rows) {
  return {rows->integer(0),     owned(rows->text(1)), owned(rows->text(2)),
          owned(rows->text(3)), owned(rows->text(4)), owned(rows->text(5)),
          owned(rows->text(6)), owned(rows->text(7)), owned(rows->text(8))};
}

RunEntity read_run_entity(const Rows& rows) {
  const Counts counts{unsigned_at(rows, 3), unsigned_at(rows, 4), unsigned_at(rows, 5), unsigned_at(rows, 6),
                      unsigned_at(rows, 7), unsigned_at(rows, 8), unsigned_at(rows, 9)};
  return {owned(rows->text(0)), owned(rows->text(1)),  counts,
          unsigned_at(rows, 2), owned(rows->text(10)), owned(rows->text(11))};
}

// The payload may follow them.
constexpr std::string_view kDeadColumns =
    "id, connection, pipeline, entity, source_id, code, reason, state, first_seen_at, last_seen_at, times, "
    "run";

DeadLetter read_dead_letter(const Rows& rows) {
  DeadLetter letter;
  letter.id = rows->integer(0);
  std::string* const texts[] = {&letter.connection, &letter.pipeline,      &letter.entity,
                                &letter.source_id,  &letter.code,          &letter.reason,
                                &letter.state,      &letter.first_seen_at, &letter.last_seen_at};
  int column = 1;
  for (std::string* text : texts) *text = owned(rows->text(column++));
  letter.times = unsigned_at(rows, 10);
  letter.run = rows->integer(11);
  if (rows->column_count() > 12) letter.payload = owned(rows->text(12));
  return letter;
}

Hold read_hold(const Rows& rows) {
  Hold hold;
  hold.id = rows->integer(0);
  hold.connection = rows->text(1);
  hold.pipeline = rows->text(2);
  hold.entity = rows->text(3);
  hold.state = rows->text(4);
  hold.candidates = unsigned_at(rows, 5);
  hold.known = unsigned_at(rows, 6);
  hold.created_at = rows->text(7);
  hold.decided_at = rows->text(8);
  hold.sample = boost::json::value_to<Texts>(boost::json::parse(boost::json::string_view(rows->text(9))));
  return hold;
}

AuditEntry read_audit_entry(const Rows& rows) {
  AuditEntry entry;
  entry.id = rows->integer(0);
  entry.run = rows->integer(1);
  entry.at = format_time(SysMilliseconds(std::chrono::milliseconds(rows->integer(2))));
  entry.action = name_of(static_cast<Action>(rows->integer(3)));
  entry.changes = rows->text(4);
  return entry;
}

std::pair<std::string, std::string> read_pair(const Rows& rows) {
  return {owned(rows->text(0)), owned(rows->text(1))};
}

}  // namespace

std::vector<std::string> Queries::entities() const {
  Rows rows = database_.rows("SELECT name FROM psabridge_entity ORDER BY name");
  return all<std::string>(rows, [](const Rows& row) { return owned(row->text(0)); });
}

std::uint64_t Queries::count(std::string_view entity, std::string_view connection, bool deleted) const {
  const KnownEntity known = known_entity(database_, entity);
  return static_cast<std::uint64_t>(
      database_.number("SELECT sum(live + iif(?3, deleted, 0)) FROM psabridge_total WHERE entity = ?1 AND "
                       "(?2 = '' OR connection = ?2)",
                       known.id, connection, deleted));
}

std::vector<StoredRecord> Queries::records(const RecordQuery& query) const {
  known_entity(database_, query.entity);
  const RecordSelect select = select_of(query, columns_of(database_, query.entity));
  Statement statement(database_, select.sql);  // its text depends on the question, so it is not kept
  int parameter = 0;
  for (const std::string& text : select.texts) statement.bind(++parameter, std::string_view(text));
  Rows rows(statement);
  return all(rows, read_record);
}

std::optional<StoredRecord> Queries::record(std::string_view entity, std::string_view connection,
                                            std::string_view id) const {
  known_entity(database_, entity);
  // The source's own name of a record goes before our number, which may look the same.
  Statement statement(database_, "SELECT * FROM " + sql_name(entity) +
                                     " WHERE (?1 = '' OR connection = ?1) AND"
                                     " (source_id = ?2 OR id = CAST(?2 AS INTEGER) AND CAST(id AS TEXT) = ?2)"
                                     " ORDER BY source_id = ?2 DESC, id LIMIT 1");
  statement.bind(1, connection);
  statement.bind(2, id);
  Rows rows(statement);
  return first(rows, read_record);
}

std::vector<AuditEntry> Queries::history(std::string_view entity, std::string_view connection,
                                         std::string_view source_id) const {
  const KnownEntity known = known_entity(database_, entity);
  Statement statement(
      database_,
      "SELECT number, run, at, action, changes FROM psabridge_audit WHERE entity = ?1 AND record ="
      " (SELECT id FROM " +
          sql_name(entity) + " WHERE connection = ?2 AND source_id = ?3) ORDER BY number");
  statement.bind(1, known.id);
  statement.bind(2, connection);
  statement.bind(3, source_id);
  Rows rows(statement);
  std::vector<AuditEntry> entries = all(rows, read_audit_entry);
  for (AuditEntry& entry : entries) {
    entry.entity = entity;
    entry.source_id = source_id;
  }
  return entries;
}

std::vector<RunInfo> Queries::runs(const RunQuery& query) const {
  static const std::string kEvery = owned(kRunColumns) + "WHERE mode <> ?2 ORDER BY id DESC LIMIT ?1";
  static const std::string kOne =
      owned(kRunColumns) + "WHERE mode <> ?2 AND pipeline = ?3 ORDER BY id DESC LIMIT ?1";
  const std::string_view without(query.without_mode), pipeline(query.pipeline);
  Rows rows = pipeline.empty() ? database_.rows(kEvery, query.limit, without)
                               : database_.rows(kOne, query.limit, without, pipeline);
  return all(rows, read_run);
}

std::optional<RunInfo> Queries::run(RunId id) const {
  static const std::string kSql = owned(kRunColumns) + "WHERE id = ?1";
  Rows rows = database_.rows(kSql, id);
  return first(rows, read_run);
}

std::vector<RunEntity> Queries::run_entities(RunId id) const {
  Rows rows = database_.rows(
      "SELECT entity, state, requests, read, created, updated, unchanged, filtered, dead, deleted, "
      "error_code, error"
      " FROM psabridge_run_entity WHERE run = ?1 ORDER BY entity",
      id);
  return all(rows, read_run_entity);
}

std::vector<DeadLetter> Queries::dead_letters(const DeadQuery& query) const {
  static const std::string kSql =
      "SELECT " + owned(kDeadColumns) +
      " FROM psabridge_dead WHERE (?1 = '' OR entity = ?1) AND (?2 = '' OR state = ?2)"
      " AND (?3 = '' OR code = ?3) AND (?4 = '' OR last_seen_at >= ?4) AND (?5 = '' OR last_seen_at < ?5)"
      " AND (?6 = '[]' OR id IN (SELECT value FROM json_each(?6)))"
      " AND (?7 = '' OR source_id LIKE ?7 ESCAPE '\\' OR code LIKE ?7 ESCAPE '\\'"
      " OR reason LIKE ?7 ESCAPE '\\' OR CAST(payload AS TEXT) LIKE ?7 ESCAPE '\\')"
      " ORDER BY last_seen_at DESC, id DESC LIMIT ?8";
  const std::string since = query.since ? format_time(*query.since) : "",
                    until = query.until ? format_time(*query.until) : "",
                    ids = boost::json::serialize(boost::json::array(query.ids.begin(), query.ids.end())),
                    pattern = query.search.empty() ? "" : like_pattern(query.search);
  const auto text = [](const std::string& of) { return std::string_view(of); };
  Rows rows = database_.rows(kSql, text(query.entity), text(query.state), text(query.code), text(since),
                             text(until), text(ids), text(pattern), query.limit);
  return all(rows, read_dead_letter);
}

std::optional<DeadLetter> Queries::dead_letter(std::int64_t id) const {
  static const std::string kSql =
      "SELECT " + owned(kDeadColumns) + ", payload FROM psabridge_dead WHERE id = ?1";
  Rows rows = database_.rows(kSql, id);
  return first(rows, read_dead_letter);
}

std::uint64_t Queries::dead_count(std::string_view pipeline) const {
  return static_cast<std::uint64_t>(database_.number(
      "SELECT count(*) FROM psabridge_dead WHERE state IN ('open', 'retried') AND (?1 = '' OR pipeline = ?1)",
      pipeline));
}

std::vector<Hold> Queries::holds(std::string_view state) const {
  Rows rows = database_.rows(
      "SELECT id, connection, pipeline, entity, state, candidates, known, created_at, decided_at, sample "
      "FROM psabridge_hold"
      " WHERE ?1 = '' OR state = ?1 ORDER BY id DESC",
      state);
  return all(rows, read_hold);
}

std::vector<std::pair<std::string, std::uint64_t>> Queries::references(std::string_view entity,
                                                                       std::string_view connection,
                                                                       std::string_view source_id) const {
  std::vector<std::pair<std::string, std::uint64_t>> found;
  for (const KnownEntity& known : known_entities(database_)) {
    std::string any;
    for (const KnownField& field : known.fields)
      if (field.target == entity && field.type == "ref" &&
          !(known.name == entity && field.name == known.name + "_id"))
        any += (any.empty() ? "" : " OR ") + sql_name(field.name) + " = ?2";
    if (any.empty()) continue;
    const std::int64_t count =
        database_.number("SELECT count(*) FROM " + sql_name(known.name) +
                             " WHERE connection = ?1 AND deleted_at IS NULL AND (" + any + ")",
                         connection, source_id);
    if (count > 0) found.emplace_back(known.name, static_cast<std::uint64_t>(count));
  }
  return found;
}

Position Queries::position(std::string_view pipeline, std::string_view entity) const {
  Rows rows = database_.rows(
      "SELECT cursor, full_since, swept_at FROM psabridge_position WHERE pipeline = ?1 AND entity = ?2",
      pipeline, entity);
  const auto read = [](const Rows& row) -> Position {
    return {owned(row->text(0)), owned(row->text(1)), owned(row->text(2))};
  };
  return first<Position>(rows, read).value_or(Position{});
}

std::uint64_t Queries::owed_children(std::string_view pipeline, std::string_view entity) const {
  return static_cast<std::uint64_t>(
      database_.number("SELECT count(*) FROM psabridge_debt WHERE stream ="
                       " (SELECT id FROM psabridge_position WHERE pipeline = ?1 AND entity = ?2)",
                       pipeline, entity));
}

std::vector<std::pair<std::string, std::string>> Queries::names(std::string_view entity,
                                                                std::string_view connection) const {
  const KnownEntity known = known_entity(database_, entity);
  if (std::ranges::find(known.fields, "name", &KnownField::name) == known.fields.end()) return {};
  Statement statement(database_,
                      "SELECT name, source_id FROM " + sql_name(entity) +
                          " WHERE connection = ?1 AND deleted_at IS NULL AND name IS NOT NULL ORDER BY id");
  statement.bind(1, connection);
  Rows rows(statement);
  return all(rows, read_pair);
}

}  // namespace psabridge::store
