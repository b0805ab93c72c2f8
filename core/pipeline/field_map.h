// From the source's JSON to canonical fields: the connector's default map, overlaid by the admin's, compiled
// once per entity.
#pragma once
#include <boost/json.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/model/batch.h"
#include "core/plugin/roles.h"

namespace psabridge::pipeline {

/// What becomes of a value that the map of its field does not list.
enum class Unmapped : std::uint8_t { keep, fallback, hold, reject };

/// Such a value.
struct Stranger {
  const FieldSchema* field = nullptr;
  std::string_view value;  ///< in the arena
  Unmapped policy = Unmapped::keep;
};

/// Thread-compatible; one thread at a time because of its scratch text.
class FieldMap {
 public:
  /// `source` and `schema` outlive the map. `admin` are the pipeline's own mappings of this entity.
  FieldMap(const EntitySchema& schema, const plugin::SourceEntity& source,
           std::span<const config::FieldMapping> admin, std::string_view no_time_until);

  /// Converts one parsed object into `fields` (as many as the schema has); texts are copied into `arena`.
  /// Returns the values that the admin's maps do not list, until the next call. Throws Error PB1403 naming
  /// field, expected type and value.
  std::span<const Stranger> fill(const boost::json::object& source, std::span<Value> fields, Arena& arena);

  /// The custom fields as a JSON object text in `arena`; "{}" when there are none.
  std::string_view custom(const boost::json::object& source, Arena& arena);

 private:
  struct Path {
    std::vector<std::string> steps;
  };
  struct Rule {
    const FieldSchema* field;
    std::vector<Path> from;
    std::vector<std::string> none;
    std::map<std::string, std::string, std::less<>> values;
    std::string each;
    std::optional<std::string> fallback;
    std::optional<Unmapped> strangers;  ///< the admin's map is to list every value
  };

  const boost::json::value* find(const boost::json::object& source, const Path& path) const;
  const boost::json::value* find_any(const boost::json::object& source, const Rule& rule) const;
  Value convert(const boost::json::value& value, const Rule& rule, Arena& arena);
  Value convert_text(std::string_view text, const Rule& rule, Arena& arena);
  std::string_view meet_stranger(std::string_view text, const Rule& rule, Arena& arena);
  Value convert_refs(const boost::json::value& value, const Rule& rule, Arena& arena);
  Value convert_time(std::string_view text, const Rule& rule, Arena& arena);

  std::vector<Rule> rules_;  ///< parallel to the schema's fields
  std::vector<plugin::CustomList> custom_;
  std::string no_time_until_;
  std::string scratch_;
  std::vector<Stranger> strangers_;  ///< of the record under way
};

/// Appends compact JSON; doubles in their shortest decimal form.
void append_json(std::string& out, const boost::json::value& value);

}  // namespace psabridge::pipeline
