// What a syncer says of its entity: typed fields, relations, what is required, how the YAML's filters read.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace psabridge {

/// Type of a canonical field; decides the conversion from JSON and the column of the store.
enum class FieldType {
  text,     ///< column TEXT
  integer,  ///< column INTEGER; 21.0 and "21" are read as 21
  real,     ///< column REAL
  boolean,  ///< column INTEGER 0/1
  time,     ///< column TEXT, RFC 3339 UTC with milliseconds
  json,     ///< column TEXT, one JSON value
  ref,      ///< column TEXT: source id of one record of `target`
  refs      ///< column TEXT, JSON array of source ids of `target`
};

/// One canonical field of an entity.
struct FieldSchema {
  std::string name;
  FieldType type = FieldType::text;
  std::string target;     ///< entity that a ref or refs points to
  bool required = false;  ///< null or empty makes the record a dead letter
  bool indexed = false;   ///< the store keeps an index on (connection, field)
};

/// How a filter of the YAML (`statuses: [Open]`) tests a record.
enum class FilterTest {
  equals,  ///< the field equals the filter's value (booleans; null counts as false)
  any_of,  ///< the field is one of the listed values (text, ASCII case ignored); a ref also matches by the
           ///< `name` of its target
  since,   ///< the time field is not before the filter's time
  until,   ///< the time field is not after the filter's time
  hint     ///< only the connector uses it (open_first, notes): never drops a record
};

/// One filter that an entity understands.
struct FilterSchema {
  std::string name;  ///< key in YAML
  FilterTest test = FilterTest::hint;
  std::vector<std::string> fields;  ///< canonical fields tested; one match is enough
  bool negate = false;              ///< `active: true` tests `inactive` negated
  std::string
      unless;  ///< boolean field: a record for which it is false always passes (open tickets pass `since`)
};

/// The compiled schema of one entity.
struct EntitySchema {
  std::string entity;  ///< "ticket"; also the name of its table
  bool lookup =
      false;  ///< a small list, read whole, that joins a pipeline by itself when an entity refers to it
  std::string parent;  ///< for a child entity (note: "ticket"): read per changed parent; empty otherwise
  std::vector<FieldSchema> fields;  ///< in the order of psabridge_record.fields
  std::vector<FilterSchema> filters;

  /// Index of a field, or nothing.
  std::optional<std::size_t> index_of(std::string_view field) const;
  /// Entities that must be stored before this one (targets of its refs, without itself).
  std::vector<std::string> depends_on() const;
};

/// Reads the JSON that a syncer's `schema` verb gave (form: docs/reference/syncer-schema.md).
/// Throws Error PB1104 naming the JSON path when it is not of that form.
EntitySchema parse_entity_schema(std::string_view json);

std::string_view name_of(FieldType type) noexcept;
/// Nothing when there is no type of this name.
std::optional<FieldType> field_type(std::string_view name) noexcept;

}  // namespace psabridge
