#include "core/config/schema.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/config/keys.h"

namespace psabridge::config {
namespace {

boost::json::object make_schema() {
  boost::json::object schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
                             {"title", "psabridge configuration"}};
  for (auto& [key, value] : SchemaWriter::schema(Mapping{}, Config{})) schema[key] = value;
  schema["type"] = "object";
  return schema;
}

/// Parts of the configuration by the keys that they know: "guard" -> {"pipelines.NAME"}.
using Parents = std::multimap<std::string, std::string, std::less<>>;

void collect_parents(const boost::json::value& schema, const std::string& tree, Parents& parents) {
  if (!schema.is_object()) return;
  const boost::json::object& object = schema.get_object();
  if (const auto* properties = object.if_contains("properties"))
    for (const auto& [key, value] : properties->get_object()) {
      parents.emplace(key, tree);
      collect_parents(value, member_path(tree, key), parents);
    }
  if (const auto* values = object.if_contains("additionalProperties"))
    collect_parents(*values, tree + ".NAME", parents);
  if (const auto* items = object.if_contains("items")) collect_parents(*items, tree, parents);
  if (const auto* choices = object.if_contains("anyOf"))
    for (const auto& choice : choices->get_array()) collect_parents(choice, tree, parents);
}

const Parents& known_parents() {
  static const Parents parents = [] {
    Parents collected;
    collect_parents(make_schema(), "", collected);
    return collected;
  }();
  return parents;
}

std::string listed(const std::vector<std::string>& names, std::string_view separator) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : separator).append(name);
  return text;
}

/// Writes with two blanks of indentation: people read the published file.
void write_indented(const boost::json::value& value, const std::string& indent, std::string& out) {
  const std::string deeper = indent + "  ";
  if (const auto* object = value.if_object(); object && !object->empty()) {
    const char* separator = "{\n";
    for (const auto& [key, member] : *object) {
      out += separator + deeper + boost::json::serialize(key) + ": ";
      write_indented(member, deeper, out);
      separator = ",\n";
    }
    out += "\n" + indent + "}";
  } else if (const auto* list = value.if_array();
             list && std::ranges::any_of(*list, &boost::json::value::is_object)) {
    const char* separator = "[\n";
    for (const auto& item : *list) {
      out += separator + deeper;
      write_indented(item, deeper, out);
      separator = ",\n";
    }
    out += "\n" + indent + "]";
  } else {
    out += boost::json::serialize(value);
  }
}

}  // namespace

std::string suggestion_for(std::string_view key, const std::vector<std::string>& known) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  if (std::string hint = did_you_mean(key, candidates); !hint.empty()) return hint;
  const auto [first, last] = known_parents().equal_range(key);
  std::vector<std::string> parents;
  for (auto parent = first; parent != last; ++parent)
    parents.push_back(parent->second.empty() ? "the top of the file" : parent->second);
  if (!parents.empty()) return " It belongs to " + listed(parents, " or ") + "; look at the indentation.";
  return known.empty() ? "" : " Known here: " + listed(known, ", ") + ".";
}

std::string json_schema() {
  std::string text;
  write_indented(make_schema(), "", text);
  return text + "\n";
}

}  // namespace psabridge::config
