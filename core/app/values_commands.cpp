#include <algorithm>
#include <boost/json.hpp>
#include <memory>

#include "core/app/commands.h"
#include "core/app/terminal.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

struct ValuesOptions {
  std::string connection, entity, field, value;
  bool unmapped = false;
};

bool fits(const std::string& wanted, const std::string& name) { return wanted.empty() || wanted == name; }

/// What the maps of the configuration list.
void add_mapped(Context& context, const ValuesOptions& options, Table& table, json::array& data) {
  for (const config::Pipeline& pipeline : context.config().pipelines)
    for (const auto& [entity, mappings] : pipeline.map)
      for (const config::FieldMapping& mapping : mappings) {
        if (!fits(options.connection, pipeline.connection) || !fits(options.entity, entity) ||
            !fits(options.field, mapping.field))
          continue;
        for (const auto& [from, to] : mapping.values) {
          table.add({pipeline.connection, entity, mapping.field, from, to, "", "", "", ""});
          data.push_back(json::object{{"connection", pipeline.connection},
                                      {"entity", entity},
                                      {"field", mapping.field},
                                      {"value", from},
                                      {"means", to},
                                      {"mapped", true}});
        }
        if (!mapping.fallback) continue;
        table.add(
            {pipeline.connection, entity, mapping.field, "(nothing)", *mapping.fallback, "", "", "", ""});
        data.push_back(json::object{{"connection", pipeline.connection},
                                    {"entity", entity},
                                    {"field", mapping.field},
                                    {"value", nullptr},
                                    {"means", *mapping.fallback},
                                    {"mapped", true}});
      }
}

/// What `unmapped` of the field's map makes of the value.
std::string policy_of(Context& context, const store::Unmapped& value) {
  for (const config::Pipeline& pipeline : context.config().pipelines) {
    if (pipeline.connection != value.connection) continue;
    const auto mappings = pipeline.map.find(value.entity);
    if (mappings == pipeline.map.end()) continue;
    for (const config::FieldMapping& mapping : mappings->second)
      if (mapping.field == value.field)
        return mapping.values.contains(value.value) ? "listed since" : mapping.unmapped;
  }
  return "no map any more";
}

Outcome list(Context& context, const ValuesOptions& options) {
  json::array data;
  Table table({"connection", "entity", "field", "value", "means", "times", "first", "last", "such as"});
  if (!options.unmapped) add_mapped(context, options, table, data);
  if (context.has_store())
    for (const store::Unmapped& value : context.reader().unmapped().all()) {
      if (!fits(options.connection, value.connection) || !fits(options.entity, value.entity) ||
          !fits(options.field, value.field))
        continue;
      const std::string policy = policy_of(context, value);
      table.add({value.connection, value.entity, value.field, value.value, "(not listed: " + policy + ")",
                 grouped(value.times), value.first_at, value.last_at, value.sample});
      data.push_back(json::object{{"connection", value.connection},
                                  {"entity", value.entity},
                                  {"field", value.field},
                                  {"value", value.value},
                                  {"means", nullptr},
                                  {"mapped", false},
                                  {"policy", policy},
                                  {"times", value.times},
                                  {"first_at", value.first_at},
                                  {"last_at", value.last_at},
                                  {"sample", value.sample}});
    }
  return {.data = std::move(data), .text = table.text("none: no map lists values, and none is missing")};
}

Outcome forget(Context& context, const ValuesOptions& options) {
  const auto writer = context.writer();
  bool known = false;
  writer->in_one([&] {
    known = writer->unmapped().forget(options.connection, options.entity, options.field, options.value);
  });
  if (!known)
    throw Error("PB1602", "No value \"" + options.value + "\" of " + options.entity + "." + options.field +
                              " of " + options.connection +
                              " is noted: `psabridge values list --unmapped` shows those that are.");
  return {.data = json::object{{"forgotten", options.value}},
          .text = "The value is forgotten. When it comes again, it is counted anew.\n"};
}

}  // namespace

void add_values_commands(CommandTree& tree) {
  auto& group =
      tree.add_group("values", "What values of the source mean here: maps, and values that they miss");
  const auto options = std::make_shared<ValuesOptions>();
  auto& listing = tree.add(group,
                           {"list", "Values that maps list, and those that came and are not listed",
                            "psabridge values list --unmapped"},
                           [options](Context& context) { return list(context, *options); });
  listing.add_flag("--unmapped", options->unmapped, "Only those that are not listed");
  listing.add_option("--connection", options->connection, "Only of this connection");
  listing.add_option("--entity", options->entity, "Only of this entity");
  listing.add_option("--field", options->field, "Only of this field");
  auto& forgetting = tree.add(group,
                              {"forget", "Stop counting a value that is not listed, until it comes again",
                               "psabridge values forget acme ticket severity P0"},
                              [options](Context& context) { return forget(context, *options); });
  forgetting.add_option("CONNECTION", options->connection, "Connection that it came from")->required();
  forgetting.add_option("ENTITY", options->entity, "ticket, client, ...")->required();
  forgetting.add_option("FIELD", options->field, "Field of the entity")->required();
  forgetting.add_option("VALUE", options->value, "As the source has it")->required();
}

}  // namespace psabridge::app
