// How an entity becomes a table: names, columns and indexes; and what the file says about the entities that
// it holds.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/entity_schema.h"
#include "core/store/database.h"

namespace psabridge::store {

/// The entity whose records are routed to managed teams, and the columns that it has for this.
inline constexpr std::string_view kRoutedEntity = "ticket";
inline constexpr std::string_view kRouteColumns[] = {"managed_team", "routed_by", "routed_reason"};

/// A checked name as SQL wants it: `"name"`.
std::string sql_name(std::string_view name);

/// Type of the column for a field: TEXT, INTEGER or REAL.
std::string_view column_type(FieldType type) noexcept;

/// The ref of a child entity to its parent; null when it has none.
const FieldSchema* parent_field(const EntitySchema& schema) noexcept;

/// Makes or extends the table; writes nothing when it fits already. Returns the id of the entity in this
/// file. Throws Error PB1308 for names and changes that a table cannot have.
std::int64_t prepare_table(Database& database, const EntitySchema& schema);
/// True when the store has a table for the entity.
bool has_table(Database& database, std::string_view entity);

/// A field as the file knows it.
struct KnownField {
  std::string name, type, target;
};
/// An entity as the file knows it.
struct KnownEntity {
  std::int64_t id = 0;
  std::string name;
  std::vector<KnownField> fields;
};
/// Ordered by name.
std::vector<KnownEntity> known_entities(Database& database);
/// Throws Error PB1601 with a suggestion when the file has no such entity.
KnownEntity known_entity(Database& database, std::string_view name);

}  // namespace psabridge::store
