#include "core/store/entity_layout.h"

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/base/text.h"

namespace psabridge::store {
namespace {

constexpr auto kSystemColumns = std::to_array<std::string_view>(
    {"id", "connection", "source_id", "source_version", "content_hash", "first_seen_at", "updated_at",
     "deleted_at", "custom", "raw", kRouteColumns[0], kRouteColumns[1], kRouteColumns[2]});

[[noreturn]] void refuse(const EntitySchema& schema, const std::string& why) {
  throw Error("PB1308", "The entity \"" + schema.entity + "\" cannot be stored: " + why + ".");
}

bool is_name(std::string_view name) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && letter(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || c == '_' || (c >= '0' && c <= '9'); });
}

void check_names(const EntitySchema& schema) {
  if (!is_name(schema.entity) || schema.entity.starts_with("psabridge_") ||
      schema.entity.starts_with("sqlite_"))
    refuse(schema,
           "a name is made of a-z, 0-9 and _, begins with a letter, and neither with psabridge_ nor sqlite_");
  for (const FieldSchema& field : schema.fields) {
    if (!is_name(field.name))
      refuse(schema, "the field name \"" + field.name + "\" is not made of a-z, 0-9 and _");
    if (std::ranges::find(kSystemColumns, field.name) != kSystemColumns.end())
      refuse(schema, "the field name \"" + field.name + "\" is the name of a column that every table has");
    if (std::ranges::count(schema.fields, field.name, &FieldSchema::name) > 1)
      refuse(schema, "the field name \"" + field.name + "\" is used twice");
  }
}

std::string column_of(const FieldSchema& field) {
  return sql_name(field.name) + " " + std::string(column_type(field.type));
}

// What every commit looks at comes first in the row, what is large comes last.
std::string table_of(const EntitySchema& schema) {
  std::string sql =
      "CREATE TABLE " + sql_name(schema.entity) +
      " (id INTEGER PRIMARY KEY, connection TEXT NOT NULL, source_id TEXT NOT NULL, source_version TEXT NOT "
      "NULL,"
      " content_hash BLOB NOT NULL, deleted_at TEXT, first_seen_at TEXT NOT NULL, updated_at TEXT NOT NULL";
  for (const FieldSchema& field : schema.fields) sql += ", " + column_of(field);
  if (schema.entity == kRoutedEntity)
    for (const std::string_view column : kRouteColumns) sql += ", " + sql_name(column) + " TEXT";
  return sql + ", custom TEXT NOT NULL, raw BLOB NOT NULL, UNIQUE (connection, source_id)) STRICT";
}

/// Which entity a row belongs to when duplicates are taken for one: whatever refers to a row follows it
/// there.
std::string entity_view_of(const EntitySchema& schema, std::int64_t id) {
  return "CREATE VIEW IF NOT EXISTS " + sql_name("entity_of_" + schema.entity) +
         " AS SELECT row.id, row.connection, row.source_id, coalesce(member.of, row.id) AS entity_id FROM " +
         sql_name(schema.entity) +
         " AS row LEFT JOIN psabridge_member AS member ON member.entity = " + std::to_string(id) +
         " AND member.record = row.id";
}

void make_indexes(Database& database, const EntitySchema& schema) {
  for (const FieldSchema& field : schema.fields) {
    if (!field.indexed && &field != parent_field(schema)) continue;
    const std::string index = schema.entity + "_by_" + field.name;
    if (database.number("SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?1", index)) continue;
    database.script("CREATE INDEX " + sql_name(index) + " ON " + sql_name(schema.entity) + " (connection, " +
                    sql_name(field.name) + ")");
  }
}

/// The load of teams follows the tickets, whoever changes them. A store that is older than this is counted
/// once.
void watch_load(Database& database, const EntitySchema& schema) {
  if (schema.entity != kRoutedEntity || !schema.index_of("closed")) return;
  if (database.number("SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND name = 'psabridge_load_new'"))
    return;
  database.script(R"sql(
CREATE TRIGGER psabridge_load_new AFTER INSERT ON ticket
WHEN new.managed_team IS NOT NULL AND new.deleted_at IS NULL BEGIN
  INSERT INTO psabridge_load VALUES (new.managed_team, new.closed IS NOT 1, 1)
    ON CONFLICT DO UPDATE SET open = open + excluded.open, total = total + 1;
END;
CREATE TRIGGER psabridge_load_change AFTER UPDATE OF managed_team, closed, deleted_at ON ticket
WHEN old.managed_team IS NOT new.managed_team OR old.closed IS NOT new.closed
  OR (old.deleted_at IS NULL) != (new.deleted_at IS NULL) BEGIN
  UPDATE psabridge_load SET open = open - (old.closed IS NOT 1), total = total - 1
    WHERE team = old.managed_team AND old.deleted_at IS NULL;
  INSERT INTO psabridge_load SELECT new.managed_team, new.closed IS NOT 1, 1
    WHERE new.managed_team IS NOT NULL AND new.deleted_at IS NULL
    ON CONFLICT DO UPDATE SET open = open + excluded.open, total = total + 1;
END;
INSERT INTO psabridge_load SELECT managed_team, sum(closed IS NOT 1), count(*) FROM ticket
  WHERE managed_team IS NOT NULL AND deleted_at IS NULL GROUP BY managed_team;
)sql");
}

/// Type of the column that the table has for a field; empty when it has none.
std::string stored_type(Database& database, const std::string& table, const std::string& field) {
  Rows found = database.rows("SELECT type FROM pragma_table_info(?1) WHERE name = ?2", table, field);
  return found.next() ? std::string(found->text(0)) : std::string();
}

/// Adds a field that the file does not know; refuses one whose column would need another type.
void take_in(Database& database, const EntitySchema& schema, const KnownEntity& known,
             const FieldSchema& field) {
  const std::string type(name_of(field.type));
  const auto old = std::ranges::find(known.fields, field.name, &KnownField::name);
  if (old != known.fields.end() && old->type == type && old->target == field.target) return;
  const std::string stored = stored_type(database, schema.entity, field.name);
  if (stored.empty())
    database.script("ALTER TABLE " + sql_name(schema.entity) + " ADD COLUMN " + column_of(field));
  else if (stored != column_type(field.type))
    refuse(schema,
           "the field \"" + field.name + "\" is now of type " + type + ", but its column holds " + stored);
  database.run("INSERT OR REPLACE INTO psabridge_field (entity, name, type, target) VALUES (?1, ?2, ?3, ?4)",
               known.id, field.name, type, field.target);
}

std::vector<KnownField> known_fields(Database& database, std::int64_t entity) {
  std::vector<KnownField> fields;
  Rows rows = database.rows("SELECT name, type, target FROM psabridge_field WHERE entity = ?1", entity);
  while (rows.next())
    fields.push_back({std::string(rows->text(0)), std::string(rows->text(1)), std::string(rows->text(2))});
  return fields;
}

std::int64_t entity_id(Database& database, std::string_view name) {
  return database.number("SELECT id FROM psabridge_entity WHERE name = ?1", name);
}

KnownEntity make_table(Database& database, const EntitySchema& schema) {
  database.script(table_of(schema));
  database.run("INSERT INTO psabridge_entity (name) VALUES (?1)", schema.entity);
  return {database.last_id(), schema.entity, {}};
}

}  // namespace

std::string sql_name(std::string_view name) { return '"' + std::string(name) + '"'; }

std::string_view column_type(FieldType type) noexcept {
  switch (type) {
    case FieldType::integer:
    case FieldType::boolean:
      return "INTEGER";
    case FieldType::real:
      return "REAL";
    default:
      return "TEXT";
  }
}

const FieldSchema* parent_field(const EntitySchema& schema) noexcept {
  if (schema.parent.empty()) return nullptr;
  const auto refers = [&](const FieldSchema& field) {
    return field.type == FieldType::ref && field.target == schema.parent;
  };
  const auto found = std::ranges::find_if(schema.fields, refers);
  return found == schema.fields.end() ? nullptr : &*found;
}

std::int64_t prepare_table(Database& database, const EntitySchema& schema) {
  check_names(schema);
  Transaction transaction(database);
  KnownEntity known{entity_id(database, schema.entity), schema.entity, {}};
  if (known.id == 0) known = make_table(database, schema);
  known.fields = known_fields(database, known.id);
  for (const FieldSchema& field : schema.fields) take_in(database, schema, known, field);
  make_indexes(database, schema);
  watch_load(database, schema);
  database.script(entity_view_of(schema, known.id));
  transaction.commit();
  return known.id;
}

bool has_table(Database& database, std::string_view entity) { return entity_id(database, entity) != 0; }

std::vector<KnownEntity> known_entities(Database& database) {
  std::vector<KnownEntity> entities;
  {
    Rows rows = database.rows("SELECT id, name FROM psabridge_entity ORDER BY name");
    while (rows.next()) entities.push_back({rows->integer(0), std::string(rows->text(1)), {}});
  }
  for (KnownEntity& entity : entities) entity.fields = known_fields(database, entity.id);
  return entities;
}

KnownEntity known_entity(Database& database, std::string_view name) {
  if (const std::int64_t id = entity_id(database, name))
    return {id, std::string(name), known_fields(database, id)};
  const std::vector<KnownEntity> entities = known_entities(database);
  std::vector<std::string_view> names;
  names.reserve(entities.size());
  for (const KnownEntity& entity : entities) names.push_back(entity.name);
  throw Error("PB1601", "The store " + database.file().string() + " holds no entity \"" + std::string(name) +
                            "\"." + did_you_mean(name, names));
}

}  // namespace psabridge::store
