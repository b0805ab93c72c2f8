#include <boost/json.hpp>

#include "core/base/error.h"
#include "core/plugin/roles.h"

namespace psabridge::plugin {
namespace {

namespace json = boost::json;

[[noreturn]] void refuse_profile(const std::string& where, const std::string& why) {
  throw Error("PB1104",
              "The connector's description is not of the documented form: " + where + " " + why + ".");
}

/// One JSON object and its place in the document; every read is checked against the wanted type.
class Node {
 public:
  Node(const json::value& value, std::string where) : where_(std::move(where)) {
    if (!value.is_object()) refuse_profile(where_, "must be an object");
    object_ = &value.get_object();
  }

  void allow_only(std::initializer_list<std::string_view> keys) const {
    for (const auto& member : *object_)
      if (std::ranges::find(keys, std::string_view(member.key())) == keys.end())
        refuse_profile(at(member.key()), "is not known");
  }
  std::string text(std::string_view key) const {
    const json::value* value = object_->if_contains(key);
    if (!value) return {};
    if (!value->is_string()) refuse_profile(at(key), "must be a string");
    return std::string(value->get_string());
  }
  bool flag(std::string_view key) const {
    const json::value* value = object_->if_contains(key);
    if (!value) return false;
    if (!value->is_bool()) refuse_profile(at(key), "must be true or false");
    return value->get_bool();
  }
  /// A string stands for a list of one.
  std::vector<std::string> texts(std::string_view key) const {
    const json::value* value = object_->if_contains(key);
    return value ? texts_of(*value, at(key)) : std::vector<std::string>();
  }
  std::string required_text(std::string_view key) const {
    std::string found = text(key);
    if (found.empty()) refuse_profile(at(key), "is missing");
    return found;
  }
  /// Calls `take(key, value, where)` for each member of the object at `key`, if it is there.
  template <class Take>
  void each_member(std::string_view key, Take&& take) const {
    const json::value* value = object_->if_contains(key);
    if (!value) return;
    if (!value->is_object()) refuse_profile(at(key), "must be an object");
    for (const auto& member : value->get_object())
      take(std::string(member.key()), member.value(), at(key) + "/" + std::string(member.key()));
  }
  /// Calls `take(value, where)` for each element of the array at `key`, if it is there.
  template <class Take>
  void each_element(std::string_view key, Take&& take) const {
    const json::value* value = object_->if_contains(key);
    if (!value) return;
    if (!value->is_array()) refuse_profile(at(key), "must be an array");
    std::size_t index = 0;
    for (const json::value& element : value->get_array())
      take(element, at(key) + "/" + std::to_string(index++));
  }
  bool contains(std::string_view key) const { return object_->contains(key); }

  static std::vector<std::string> texts_of(const json::value& value, const std::string& where) {
    if (value.is_string()) return {std::string(value.get_string())};
    if (!value.is_array()) refuse_profile(where, "must be a string or an array of strings");
    std::vector<std::string> texts;
    for (const json::value& element : value.get_array()) {
      if (!element.is_string()) refuse_profile(where, "must hold strings");
      texts.emplace_back(element.get_string());
    }
    return texts;
  }

 private:
  std::string at(std::string_view key) const { return where_ + "/" + std::string(key); }

  const json::object* object_;
  std::string where_;
};

SourceMapping mapping_of(const json::value& value, const std::string& where) {
  SourceMapping mapping;
  if (!value.is_object()) {
    mapping.from = Node::texts_of(value, where);
  } else {
    const Node node(value, where);
    node.allow_only({"from", "none", "values", "each"});
    mapping.from = node.texts("from");
    mapping.none = node.texts("none");
    mapping.each = node.text("each");
    node.each_member("values", [&](std::string key, const json::value& text, const std::string& at) {
      if (!text.is_string()) refuse_profile(at, "must be a string");
      mapping.values.emplace(std::move(key), text.get_string());
    });
  }
  if (mapping.from.empty()) refuse_profile(where, "names no source path");
  return mapping;
}

CustomList custom_of(const json::value& value, const std::string& where) {
  const Node node(value, where);
  node.allow_only({"from", "name", "value", "display"});
  return {node.required_text("from"), node.required_text("name"), node.required_text("value"),
          node.text("display")};
}

SourceEntity entity_of(const json::value& value, const std::string& where) {
  const Node node(value, where);
  node.allow_only({"deltas", "sweep", "get", "parent", "scope", "map", "custom"});
  SourceEntity entity;
  entity.deltas = node.flag("deltas");
  entity.sweep = node.flag("sweep");
  entity.get = node.flag("get");
  entity.parent = node.text("parent");
  entity.scope = node.text("scope");
  node.each_member("map", [&](const std::string& field, const json::value& mapping, const std::string& at) {
    entity.map.emplace(field, mapping_of(mapping, at));
  });
  node.each_element("custom", [&](const json::value& list, const std::string& at) {
    entity.custom.push_back(custom_of(list, at));
  });
  if (entity.map.empty()) refuse_profile(where + "/map", "is missing or empty");
  return entity;
}

}  // namespace

ConnectorProfile parse_connector_profile(std::string_view text) {
  boost::system::error_code status;
  const json::value document = json::parse(text, status);
  if (status) refuse_profile("the text", "is not JSON (" + status.message() + ")");
  const Node node(document, "");
  node.allow_only({"no_time_until", "entities"});
  ConnectorProfile profile;
  profile.no_time_until = node.text("no_time_until");
  node.each_member("entities",
                   [&](const std::string& name, const json::value& entity, const std::string& at) {
                     profile.entities.emplace(name, entity_of(entity, at));
                   });
  if (profile.entities.empty()) refuse_profile("/entities", "is missing or empty");
  return profile;
}

}  // namespace psabridge::plugin
