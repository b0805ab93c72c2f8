#include "core/model/entity_schema.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <utility>

#include "core/base/error.h"

namespace psabridge {
namespace {

namespace json = boost::json;

constexpr auto kFieldTypes =
    std::to_array<std::pair<std::string_view, FieldType>>({{"text", FieldType::text},
                                                           {"integer", FieldType::integer},
                                                           {"real", FieldType::real},
                                                           {"boolean", FieldType::boolean},
                                                           {"time", FieldType::time},
                                                           {"json", FieldType::json},
                                                           {"ref", FieldType::ref},
                                                           {"refs", FieldType::refs}});
constexpr auto kFilterTests =
    std::to_array<std::pair<std::string_view, FilterTest>>({{"equals", FilterTest::equals},
                                                            {"any_of", FilterTest::any_of},
                                                            {"since", FilterTest::since},
                                                            {"until", FilterTest::until},
                                                            {"hint", FilterTest::hint}});

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
  throw Error("PB1104", "The syncer's schema is not of the documented form: " + where + " " + why + ".");
}

std::string text_at(const json::object& object, std::string_view key, const std::string& where) {
  const json::value* value = object.if_contains(key);
  if (!value) return {};
  if (!value->is_string()) refuse(where + "/" + std::string(key), "must be a string");
  return std::string(value->get_string());
}

bool flag_at(const json::object& object, std::string_view key, const std::string& where) {
  const json::value* value = object.if_contains(key);
  if (!value) return false;
  if (!value->is_bool()) refuse(where + "/" + std::string(key), "must be true or false");
  return value->get_bool();
}

const json::array& array_at(const json::object& object, std::string_view key, const std::string& where) {
  static const json::array kNone;
  const json::value* value = object.if_contains(key);
  if (!value) return kNone;
  if (!value->is_array()) refuse(where + "/" + std::string(key), "must be an array");
  return value->get_array();
}

template <class Table>
auto choice_at(const json::object& object, std::string_view key, const Table& table,
               const std::string& where) {
  const std::string word = text_at(object, key, where);
  const auto found = std::ranges::find(table, word, [](const auto& entry) { return entry.first; });
  if (found == table.end()) refuse(where + "/" + std::string(key), "has the unknown value \"" + word + "\"");
  return found->second;
}

const json::object& object_of(const json::value& value, const std::string& where) {
  if (!value.is_object()) refuse(where, "must be an object");
  return value.get_object();
}

FieldSchema field_of(const json::object& object, const std::string& where) {
  FieldSchema field;
  field.name = text_at(object, "name", where);
  field.type = choice_at(object, "type", kFieldTypes, where);
  field.target = text_at(object, "target", where);
  field.required = flag_at(object, "required", where);
  field.indexed = flag_at(object, "indexed", where);
  if (field.name.empty()) refuse(where + "/name", "is missing");
  const bool refers = field.type == FieldType::ref || field.type == FieldType::refs;
  if (refers && field.target.empty()) refuse(where + "/target", "is missing");
  return field;
}

FilterSchema filter_of(const json::object& object, const std::string& where) {
  FilterSchema filter;
  filter.name = text_at(object, "name", where);
  filter.test = choice_at(object, "test", kFilterTests, where);
  filter.negate = flag_at(object, "negate", where);
  filter.unless = text_at(object, "unless", where);
  for (const json::value& field : array_at(object, "fields", where)) {
    if (!field.is_string()) refuse(where + "/fields", "must hold strings");
    filter.fields.emplace_back(field.get_string());
  }
  if (filter.name.empty()) refuse(where + "/name", "is missing");
  return filter;
}

void check_filter_fields(const EntitySchema& schema) {
  for (const FilterSchema& filter : schema.filters) {
    for (const std::string& field : filter.fields)
      if (!schema.index_of(field))
        refuse("filter " + filter.name, "names the unknown field \"" + field + "\"");
    if (!filter.unless.empty() && !schema.index_of(filter.unless))
      refuse("filter " + filter.name, "names the unknown field \"" + filter.unless + "\"");
  }
}

}  // namespace

std::optional<std::size_t> EntitySchema::index_of(std::string_view field) const {
  const auto found = std::ranges::find(fields, field, &FieldSchema::name);
  if (found == fields.end()) return std::nullopt;
  return static_cast<std::size_t>(found - fields.begin());
}

std::vector<std::string> EntitySchema::depends_on() const {
  std::vector<std::string> targets;
  for (const FieldSchema& field : fields)
    if (!field.target.empty() && field.target != entity &&
        std::ranges::find(targets, field.target) == targets.end())
      targets.push_back(field.target);
  return targets;
}

EntitySchema parse_entity_schema(std::string_view text) {
  boost::system::error_code status;
  const json::value document = json::parse(text, status);
  if (status) refuse("the text", "is not JSON (" + status.message() + ")");
  const json::object& object = object_of(document, "the document");
  EntitySchema schema;
  schema.entity = text_at(object, "entity", "");
  if (schema.entity.empty()) refuse("/entity", "is missing");
  schema.lookup = flag_at(object, "lookup", "");
  schema.parent = text_at(object, "parent", "");
  for (const json::value& field : array_at(object, "fields", ""))
    schema.fields.push_back(
        field_of(object_of(field, "/fields"), "/fields/" + std::to_string(schema.fields.size())));
  for (const json::value& filter : array_at(object, "filters", ""))
    schema.filters.push_back(
        filter_of(object_of(filter, "/filters"), "/filters/" + std::to_string(schema.filters.size())));
  if (schema.fields.empty()) refuse("/fields", "is empty");
  check_filter_fields(schema);
  return schema;
}

std::string_view name_of(FieldType type) noexcept {
  for (const auto& [name, value] : kFieldTypes)
    if (value == type) return name;
  return "text";
}

std::optional<FieldType> field_type(std::string_view name) noexcept {
  for (const auto& [known, type] : kFieldTypes)
    if (known == name) return type;
  return std::nullopt;
}

}  // namespace psabridge
