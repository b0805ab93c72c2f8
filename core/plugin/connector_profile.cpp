#include "core/base/error.h"
#include "core/plugin/json_node.h"
#include "core/plugin/roles.h"

namespace psabridge::plugin {
namespace {

namespace json = boost::json;

SourceMapping mapping_of(const json::value& value, const std::string& where) {
  SourceMapping mapping;
  if (!value.is_object()) {
    mapping.from = JsonNode::texts_of(value, where);
  } else {
    const JsonNode node(value, where);
    node.allow_only({"from", "none", "values", "each"});
    mapping.from = node.texts("from");
    mapping.none = node.texts("none");
    mapping.each = node.text("each");
    node.each_member("values", [&](std::string key, const json::value& text, const std::string& at) {
      if (!text.is_string()) misfit(at, "must be a string");
      mapping.values.emplace(std::move(key), text.get_string());
    });
  }
  if (mapping.from.empty()) misfit(where, "names no source path");
  return mapping;
}

CustomList custom_of(const json::value& value, const std::string& where) {
  const JsonNode node(value, where);
  node.allow_only({"from", "name", "value", "display"});
  return {node.required_text("from"), node.required_text("name"), node.required_text("value"),
          node.text("display")};
}

SourceEntity entity_of(const json::value& value, const std::string& where) {
  const JsonNode node(value, where);
  node.allow_only({"deltas", "sweep", "get", "parent", "scope", "write", "write_scope", "map", "custom"});
  SourceEntity entity;
  entity.deltas = node.flag("deltas");
  entity.sweep = node.flag("sweep");
  entity.get = node.flag("get");
  entity.parent = node.text("parent");
  entity.scope = node.text("scope");
  entity.write = node.texts("write");
  entity.write_scope = node.text("write_scope");
  node.each_member("map", [&](const std::string& field, const json::value& mapping, const std::string& at) {
    entity.map.emplace(field, mapping_of(mapping, at));
  });
  node.each_element("custom", [&](const json::value& list, const std::string& at) {
    entity.custom.push_back(custom_of(list, at));
  });
  if (entity.map.empty()) misfit(where + "/map", "is missing or empty");
  return entity;
}

SourceEvent event_of(const json::value& value, const std::string& where, const ConnectorProfile& profile) {
  const JsonNode node(value, where);
  node.allow_only({"entity", "number", "title"});
  SourceEvent event{node.required_text("entity"), node.text("number"), node.required_text("title")};
  if (!profile.entities.contains(event.entity))
    misfit(where + "/entity", "names \"" + event.entity + "\", which is none of /entities");
  return event;
}

ConnectorProfile profile_of(const json::value& document) {
  const JsonNode node(document, "");
  node.allow_only({"no_time_until", "entities", "events"});
  ConnectorProfile profile;
  profile.no_time_until = node.text("no_time_until");
  node.each_member("entities",
                   [&](const std::string& name, const json::value& entity, const std::string& at) {
                     profile.entities.emplace(name, entity_of(entity, at));
                   });
  if (profile.entities.empty()) misfit("/entities", "is missing or empty");
  node.each_member("events", [&](const std::string& kind, const json::value& event, const std::string& at) {
    profile.events.emplace(kind, event_of(event, at, profile));
  });
  return profile;
}

}  // namespace

ConnectorProfile parse_connector_profile(std::string_view text) {
  try {
    return profile_of(parse_json(text));
  } catch (const Misfit& found) {
    throw Error("PB1104", "The connector's description is not of the documented form: " +
                              std::string(found.what()) + ".");
  }
}

}  // namespace psabridge::plugin
