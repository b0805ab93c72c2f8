#include "core/store/entity_table.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/store/entity_layout.h"

namespace psabridge::store {
namespace {

// Insert and update share one numbering of their parameters: first what is equal for a page, then the row's
// own.
enum Parameter : int { kConnection = 1, kNow, kSourceId, kVersion, kHash, kCustom, kRaw, kFirstField };

std::vector<std::string> value_columns(const EntitySchema& schema) {
  std::vector<std::string> columns;
  for (const FieldSchema& field : schema.fields) columns.push_back(sql_name(field.name));
  if (schema.entity == kRoutedEntity)
    for (const std::string_view column : kRouteColumns) columns.push_back(sql_name(column));
  return columns;
}

std::string insert_sql(const EntitySchema& schema) {
  std::string names =
      "connection, first_seen_at, updated_at, source_id, source_version, content_hash, custom, raw";
  std::string values = "?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7";
  int parameter = kFirstField;
  for (const std::string& column : value_columns(schema)) {
    names += ", " + column;
    values += ", ?" + std::to_string(parameter++);
  }
  return "INSERT INTO " + sql_name(schema.entity) + " (" + names + ") VALUES (" + values +
         ") ON CONFLICT DO NOTHING";
}

std::string update_sql(const EntitySchema& schema) {
  std::string sql = "UPDATE " + sql_name(schema.entity) +
                    " SET updated_at = ?2, source_version = ?4, content_hash = ?5, custom = ?6, raw = ?7, "
                    "deleted_at = NULL";
  int parameter = kFirstField;
  for (const std::string& column : value_columns(schema))
    sql += ", " + column + " = ?" + std::to_string(parameter++);
  return sql + " WHERE connection = ?1 AND source_id = ?3";
}

std::string old_values_sql(const EntitySchema& schema) {
  std::string sql = "SELECT custom";
  for (const std::string& column : value_columns(schema)) sql += ", " + column;
  return sql + " FROM " + sql_name(schema.entity) + " WHERE id = ?1";
}

std::string children_sql(const EntitySchema& schema, const FieldSchema& parent) {
  return "SELECT id, source_id FROM " + sql_name(schema.entity) + " WHERE connection = ?1 AND " +
         sql_name(parent.name) + " = ?2 AND deleted_at IS NULL";
}

std::string_view custom_of(const Record& record) {
  const std::string_view custom = view(record.custom);
  return custom.empty() ? "{}" : custom;
}

Value route_value(std::string_view text) { return text.empty() ? null_value() : text_value(text); }

double number_of(const Value& value) {
  return value.type == PSABRIDGE_TYPE_REAL ? value.as.real : static_cast<double>(value.as.integer);
}

/// Compares a value as the database gave it with a new one, whose text and number types are finer.
bool same(const Value& stored, const Value& fresh) {
  if (is_null(stored) || is_null(fresh)) return is_null(stored) == is_null(fresh);
  if (has_text(stored) || has_text(fresh))
    return has_text(stored) == has_text(fresh) && text_of(stored) == text_of(fresh);
  if (stored.type == PSABRIDGE_TYPE_REAL || fresh.type == PSABRIDGE_TYPE_REAL)
    return number_of(stored) == number_of(fresh);
  return stored.as.integer == fresh.as.integer;
}

template <class Number>
void append_number(std::string& json, Number number) {
  char digits[32];
  json.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_text(std::string& json, std::string_view text) {
  json += boost::json::serialize(boost::json::string_view(text));
}

void append_value(std::string& json, const Value& value, bool is_json) {
  switch (value.type) {
    case PSABRIDGE_TYPE_NULL:
      json += "null";
      return;
    case PSABRIDGE_TYPE_BOOL:
    case PSABRIDGE_TYPE_INTEGER:
      append_number(json, value.as.integer);
      return;
    case PSABRIDGE_TYPE_REAL:
      if (std::isfinite(value.as.real))
        append_number(json, value.as.real);
      else
        json += "null";
      return;
    default:
      if (is_json && !text_of(value).empty())
        json += text_of(value);
      else
        append_text(json, text_of(value));
  }
}

class DifferenceList {
 public:
  void compare(std::string_view name, const Value& stored, const Value& fresh, bool is_json) {
    if (same(stored, fresh)) return;
    found_.only_lost = is_null(fresh) && (found_.only_lost || !found_.in_fields);
    found_.in_fields = true;
    append(name, stored, fresh, is_json);
  }
  void compare_route(std::string_view name, const Value& stored, const Value& fresh) {
    if (same(stored, fresh)) return;
    found_.in_route = true;
    append(name, stored, fresh, false);
  }
  EntityTable::Differences take() {
    found_.json = std::move(json_) + "}";
    return std::move(found_);
  }

 private:
  void append(std::string_view name, const Value& stored, const Value& fresh, bool is_json) {
    json_ += json_.size() > 1 ? "," : "";
    append_text(json_, name);
    json_ += ":[";
    append_value(json_, stored, is_json);
    json_ += ',';
    append_value(json_, fresh, is_json);
    json_ += ']';
  }

  std::string json_ = "{";
  EntityTable::Differences found_;
};

}  // namespace

EntityTable::EntityTable(Database& database, EntitySchema schema, std::int64_t id)
    : database_(database),
      schema_(std::move(schema)),
      id_(id),
      routed_(schema_.entity == kRoutedEntity),
      insert_(database, insert_sql(schema_)),
      find_(database, "SELECT id, source_version, content_hash, deleted_at IS NULL FROM " +
                          sql_name(schema_.entity) + " WHERE connection = ?1 AND source_id = ?2"),
      update_(database, update_sql(schema_)),
      bury_(database, "UPDATE " + sql_name(schema_.entity) +
                          " SET deleted_at = ?2, updated_at = ?2, source_version = iif(?3 = '', "
                          "source_version, ?3) WHERE id = ?1"),
      old_values_(database, old_values_sql(schema_)) {
  if (const FieldSchema* parent = parent_field(schema_))
    children_.emplace(database, children_sql(schema_, *parent));
}

void EntityTable::begin_page(std::string_view connection, std::string_view now) {
  for (Statement* statement : {&insert_, &update_}) {
    statement->bind(kConnection, connection);
    statement->bind(kNow, now);
  }
  find_.bind(1, connection);
  bury_.bind(2, now);
  if (children_) children_->bind(1, connection);
}

void EntityTable::bind_row(Statement& statement, const Record& record, const Verdict& verdict) {
  statement.bind(kSourceId, view(record.source_id));
  statement.bind(kVersion, view(record.version));
  statement.bind(
      kHash, Blob{{reinterpret_cast<const char*>(verdict.content_hash.data()), verdict.content_hash.size()}});
  statement.bind(kCustom, custom_of(record));
  statement.bind(kRaw, Blob{verdict.packed_raw});
  int parameter = kFirstField;
  for (std::size_t field = 0; field < schema_.fields.size(); ++field)
    statement.bind(parameter++, record.fields[field]);
  if (!routed_) return;
  for (const std::string_view text : {verdict.route.team, verdict.route.rule, verdict.route.reason})
    statement.bind(parameter++, route_value(text));
}

std::optional<std::int64_t> EntityTable::insert(const Record& record, const Verdict& verdict) {
  bind_row(insert_, record, verdict);
  insert_.step();
  if (database_.changes() == 0) return std::nullopt;
  return database_.last_id();
}

std::optional<StoredRow> EntityTable::find(std::string_view source_id) {
  find_.bind(2, source_id);
  Rows rows(find_);
  if (!rows.next()) return std::nullopt;
  StoredRow row{rows->integer(0), std::string(rows->text(1)), {}, rows->integer(3) != 0};
  const std::string_view hash = rows->text(2);
  std::memcpy(row.hash.data(), hash.data(), std::min(hash.size(), row.hash.size()));
  return row;
}

void EntityTable::update(const Record& record, const Verdict& verdict) {
  bind_row(update_, record, verdict);
  update_.step();
}

void EntityTable::bury(std::int64_t row, std::string_view version) {
  bury_.bind(1, row);
  bury_.bind(3, version);
  bury_.step();
}

EntityTable::Differences EntityTable::differences(std::int64_t row, const Record& record,
                                                  const Verdict& verdict) {
  old_values_.bind(1, row);
  Rows old(old_values_);
  DifferenceList found;
  if (!old.next()) return found.take();
  for (std::size_t i = 0; i < schema_.fields.size(); ++i) {
    const FieldType type = schema_.fields[i].type;
    const bool is_json = type == FieldType::json || type == FieldType::refs;
    found.compare(schema_.fields[i].name, old->value(static_cast<int>(i) + 1), record.fields[i], is_json);
  }
  found.compare("custom", old->value(0), json_value(custom_of(record)), true);
  if (routed_) {
    int column = static_cast<int>(schema_.fields.size()) + 1;
    for (const std::string_view fresh : {verdict.route.team, verdict.route.rule, verdict.route.reason}) {
      found.compare_route(old->column_name(column), old->value(column), route_value(fresh));
      ++column;
    }
  }
  return found.take();
}

std::vector<EntityTable::Key> EntityTable::children_of(std::string_view parent) {
  std::vector<Key> keys;
  if (!children_) return keys;
  children_->bind(2, parent);
  Rows rows(*children_);
  while (rows.next()) keys.push_back({rows->integer(0), std::string(rows->text(1))});
  return keys;
}

}  // namespace psabridge::store
