#include "core/store/row_reader.h"

#include "core/store/entity_layout.h"

namespace psabridge::store {
namespace {

enum Column : int { kId, kConnection, kSourceId, kVersion, kUpdatedAt, kCustom, kFirstField };

std::string select_of(const EntitySchema& schema) {
  std::string sql = "SELECT id, connection, source_id, source_version, updated_at, custom";
  for (const FieldSchema& field : schema.fields) sql += ", " + sql_name(field.name);
  return sql + " FROM " + sql_name(schema.entity) + " WHERE deleted_at IS NULL AND ";
}

psabridge_type value_type(FieldType type) {
  switch (type) {
    case FieldType::boolean:
      return PSABRIDGE_TYPE_BOOL;
    case FieldType::integer:
      return PSABRIDGE_TYPE_INTEGER;
    case FieldType::real:
      return PSABRIDGE_TYPE_REAL;
    case FieldType::time:
      return PSABRIDGE_TYPE_TIME;
    case FieldType::json:
    case FieldType::refs:
      return PSABRIDGE_TYPE_JSON;
    case FieldType::text:
    case FieldType::ref:
      break;
  }
  return PSABRIDGE_TYPE_TEXT;
}

/// The column knows text and numbers, the field whether they are a time or a truth.
Value value_of(const Statement& row, int column, FieldType type, Arena& arena) {
  Value value = row.value(column);
  if (is_null(value)) return value;
  if (has_text(value)) value.as.text = borrow(arena.keep(text_of(value)));
  if (type != FieldType::real || value.type != PSABRIDGE_TYPE_INTEGER) value.type = value_type(type);
  return value;
}

void take(StoredRows& into, const Statement& row) {
  Batch& batch = into.batch;
  Arena& arena = *batch.arena;
  const std::vector<FieldSchema>& fields = batch.schema->fields;
  Value* const values = arena.make_array<Value>(fields.size());
  for (std::size_t f = 0; f < fields.size(); ++f)
    values[f] = value_of(row, kFirstField + static_cast<int>(f), fields[f].type, arena);
  batch.records.push_back({borrow(arena.keep(row.text(kSourceId))),
                           borrow(arena.keep(row.text(kVersion))),
                           values,
                           fields.size(),
                           borrow(arena.keep(row.text(kCustom))),
                           {}});
  batch.verdicts.emplace_back();
  into.ids.push_back(row.integer(kId));
  into.connections.emplace_back(row.text(kConnection));
  into.updated_at.emplace_back(row.text(kUpdatedAt));
}

StoredRows empty_rows(const EntitySchema& schema) {
  StoredRows rows;
  rows.batch.schema = &schema;
  return rows;
}

}  // namespace

StoredRows read_rows(Database& database, const EntitySchema& schema, std::span<const std::int64_t> ids) {
  StoredRows rows = empty_rows(schema);
  const std::string sql = select_of(schema) + "id = ?1";
  for (const std::int64_t id : ids) {
    Rows found = database.rows(sql, id);
    if (found.next()) take(rows, *found.operator->());
  }
  return rows;
}

StoredRows read_rows_of(Database& database, const EntitySchema& schema, std::string_view connection,
                        std::span<const std::string> source_ids) {
  StoredRows rows = empty_rows(schema);
  rows.batch.connection = connection;
  const std::string sql = select_of(schema) + "connection = ?1 AND source_id = ?2";
  for (const std::string& id : source_ids) {
    Rows found = database.rows(sql, connection, id);
    if (found.next()) take(rows, *found.operator->());
  }
  return rows;
}

StoredRows read_rows_after(Database& database, const EntitySchema& schema, std::string_view connection,
                           std::int64_t after, std::uint32_t limit) {
  StoredRows rows = empty_rows(schema);
  rows.batch.connection = connection;
  Rows found = database.rows(select_of(schema) + "connection = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
                             connection, after, limit);
  while (found.next()) take(rows, *found.operator->());
  return rows;
}

EntitySchema stored_schema(Database& database, std::string_view entity) {
  const KnownEntity known = known_entity(database, entity);
  EntitySchema schema;
  schema.entity = known.name;
  for (const KnownField& field : known.fields)
    if (const auto type = field_type(field.type)) schema.fields.push_back({field.name, *type, field.target});
  return schema;
}

std::vector<std::string> connections_of(Database& database, std::string_view entity) {
  std::vector<std::string> connections;
  Rows rows = database.rows(
      "SELECT connection FROM psabridge_total WHERE live > 0 AND entity ="
      " (SELECT id FROM psabridge_entity WHERE name = ?1) ORDER BY connection",
      entity);
  while (rows.next()) connections.emplace_back(rows->text(0));
  return connections;
}

}  // namespace psabridge::store
