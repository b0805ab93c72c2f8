#include "core/pipeline/assembly.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>

#include "core/base/text.h"
#include "core/base/time.h"
#include "core/plugin/offline_host.h"
#include "core/store/entity_layout.h"
#include "core/writeback/wish.h"

namespace psabridge::pipeline {
namespace {

namespace json = boost::json;
using config::Location;
using config::Problem;
using plugin::RoleKind;
using SourceEvents = std::map<std::string, plugin::SourceEvent>;

std::string list_of(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text.empty() ? "none" : text;
}

/// Collects problems of one configuration.
class Checker {
 public:
  Checker(const config::Config& config, const plugin::Registry& registry)
      : config_(config), registry_(registry) {
    for (const std::string_view name : registry.role_names(RoleKind::syncer))
      syncers_.emplace(name, registry.make_syncer(name, "{}", offline_));
  }

  std::vector<Problem> run() {
    for (const config::Connection& connection : config_.connections) check_connection(connection);
    for (const config::Pipeline& pipeline : config_.pipelines) check_pipeline(pipeline);
    return std::move(problems_);
  }

 private:
  void report(std::string_view code, const Location& at, std::string message) {
    problems_.push_back({std::string(code), at, std::move(message)});
  }

  bool check_role(RoleKind kind, std::string_view name, const config::Settings& settings, const Location& at,
                  const std::string& tree) {
    const plugin::RoleInfo* role = registry_.find_role(kind, name);
    if (!role) {
      const auto names = registry_.role_names(kind);
      report("PB1050", at,
             tree + ": no loaded plugin offers the " + std::string(plugin::name_of(kind)) + " \"" +
                 std::string(name) + "\"." + did_you_mean(name, names) + " Loaded: " + list_of(names) + ".");
      return false;
    }
    auto found = config::check_settings(settings, role->settings_schema, tree);
    std::ranges::move(found, std::back_inserter(problems_));
    return found.empty();
  }

  void check_connection(const config::Connection& connection) {
    const std::string tree = "connections." + connection.name;
    if (!check_role(RoleKind::connector, connection.connector, connection.settings, connection.at, tree))
      return;
    const auto& connector = connectors_[connection.name] =
        registry_.make_connector(connection.connector, json::serialize(connection.settings.values), offline_);
    if (!connection.webhook.auth.empty() && connector->profile().events.empty())
      report("PB2101", connection.webhook.at,
             tree + ".webhook: the connector " + connection.connector + " offers no webhooks.");
  }

  void check_pipeline(const config::Pipeline& pipeline) {
    const std::string tree = "pipelines." + pipeline.name;
    for (const config::EntityUse& use : pipeline.entities)
      check_entity(pipeline, use, tree + ".entities." + use.entity);
    for (const auto& [entity, mappings] : pipeline.map)
      for (const config::FieldMapping& mapping : mappings)
        check_mapping(entity, mapping, tree + ".map." + entity);
    for (const auto& [entity, strategies] : pipeline.dedup)
      for (const config::RoleUse& use : strategies)
        check_role(RoleKind::dedup, use.use, use.settings, use.at, tree + ".dedup." + entity);
    check_alike(pipeline, tree + ".dedup.");
    check_routing(pipeline, pipeline.routing, tree + ".routing");
    check_routing(pipeline, pipeline.shadow, tree + ".shadow");
    for (const config::RoleUse& use : pipeline.notify)
      check_role(RoleKind::notify, use.use, use.settings, use.at, tree + ".notify");
    check_webhooks(pipeline, tree + ".webhooks");
    check_write_back(pipeline, tree + ".write_back.fields");
  }

  void check_write_back(const config::Pipeline& pipeline, const std::string& tree) {
    const auto connector = connectors_.find(pipeline.connection);
    if (connector == connectors_.end()) return;
    std::set<std::string_view> refused;
    for (const writeback::Field& field : writeback::all_fields()) {
      if (!writeback::writes(pipeline, field.name)) continue;
      const bool known = !writeback::takers(connector->second->profile(), field).empty();
      if (!known && refused.insert(field.setting).second)
        report("PB2305", pipeline.write_back.at,
               tree + ": the connector of \"" + pipeline.connection + "\" cannot write " +
                   std::string(field.setting) + ".");
    }
  }

  void check_routing(const config::Pipeline& pipeline, const std::vector<config::RuleUse>& rules,
                     const std::string& tree) {
    bool sound = true;
    for (const config::RuleUse& rule : rules)
      sound = check_role(RoleKind::routing, rule.use, rule.settings, rule.at, tree) && sound;
    if (rules.empty() || !sound) return;
    const std::vector<const EntitySchema*> schemas = schemas_of(pipeline);
    if (std::ranges::find(schemas, store::kRoutedEntity, &EntitySchema::entity) == schemas.end()) return;
    auto found = routing::check_rules(rules, schemas, registry_, tree);
    std::ranges::move(found, std::back_inserter(problems_));
  }

  /// Of the entities that the pipeline reads; lookups join by themselves.
  std::vector<const EntitySchema*> schemas_of(const config::Pipeline& pipeline) const {
    std::vector<const EntitySchema*> schemas;
    for (const auto& [entity, syncer] : syncers_)
      if (syncer->schema().lookup ||
          std::ranges::find(pipeline.entities, entity, &config::EntityUse::entity) != pipeline.entities.end())
        schemas.push_back(&syncer->schema());
    return schemas;
  }

  /// Records are compared across all connections, so there is one list of strategies for an entity.
  void check_alike(const config::Pipeline& pipeline, const std::string& tree) {
    for (const auto& [entity, strategies] : pipeline.dedup) {
      const auto [first, fresh] = deduplicated_.try_emplace(entity, &pipeline);
      if (fresh || dedup::is_alike(first->second->dedup.at(entity), strategies)) continue;
      report("PB1701", strategies.empty() ? pipeline.at : strategies.front().at,
             tree + entity + ": pipeline " + first->second->name + " deduplicates " + entity +
                 " by other strategies or settings.");
    }
  }

  void check_webhooks(const config::Pipeline& pipeline, const std::string& tree) {
    const config::Connection* const connection = config_.find_connection(pipeline.connection);
    const auto connector = connectors_.find(pipeline.connection);
    if (!connection || connection->webhook.auth.empty() || connector == connectors_.end()) return;
    const SourceEvents& known = connector->second->profile().events;
    if (known.empty()) return;  // that is said of the connection
    for (const std::string& kind : pipeline.webhooks.events)
      if (check_kind(pipeline, known, kind, tree + ".events"))
        check_event(pipeline, kind, known.at(kind), tree + ".events");
    for (const auto& [kind, number] : pipeline.webhooks.numbers)
      check_kind(pipeline, known, kind, tree + ".numbers");
  }

  bool check_kind(const config::Pipeline& pipeline, const SourceEvents& known, const std::string& kind,
                  const std::string& tree) {
    if (known.contains(kind)) return true;
    std::vector<std::string_view> names;
    for (const auto& [name, event] : known) names.push_back(name);
    report("PB2106", pipeline.webhooks.at,
           tree + ": the source of \"" + pipeline.connection + "\" announces no \"" + kind + "\"." +
               did_you_mean(kind, names) + " Known: " + list_of(names) + ".");
    return false;
  }

  /// An event that is asked for and could never do anything.
  void check_event(const config::Pipeline& pipeline, const std::string& kind,
                   const plugin::SourceEvent& event, const std::string& tree) {
    const bool read = std::ranges::find(pipeline.entities, event.entity, &config::EntityUse::entity) !=
                      pipeline.entities.end();
    if (!read)
      report(
          "PB2106", pipeline.webhooks.at,
          tree + ": " + kind + " is about " + event.entity + " records, which the pipeline does not read.");
    if (event.number.empty() && !pipeline.webhooks.numbers.contains(kind))
      report("PB2106", pipeline.webhooks.at,
             tree + ": the source's number of " + kind + " (\"" + event.title +
                 "\") is not known. Give the one that the source shows: webhooks: { numbers: { " + kind +
                 ": NUMBER } }; docs/guide/webhooks.md says where.");
  }

  const EntitySchema* schema_of(std::string_view entity, const Location& at, const std::string& tree) {
    const auto found = syncers_.find(entity);
    if (found != syncers_.end()) return &found->second->schema();
    std::vector<std::string_view> names = registry_.role_names(RoleKind::syncer);
    report("PB1051", at,
           tree + ": no loaded syncer knows the entity \"" + std::string(entity) + "\"." +
               did_you_mean(entity, names) + " Known: " + list_of(names) + ".");
    return nullptr;
  }

  void check_entity(const config::Pipeline& pipeline, const config::EntityUse& use, const std::string& tree) {
    const EntitySchema* schema = schema_of(use.entity, use.at, tree);
    if (!schema) return;
    if (const auto connector = connectors_.find(pipeline.connection);
        connector != connectors_.end() && !connector->second->profile().entities.contains(use.entity))
      report("PB1051", use.at,
             tree + ": the connector of \"" + pipeline.connection + "\" does not offer the entity " +
                 use.entity + ".");
    for (const auto& [name, value] : use.filters.values) check_filter(*schema, use, name, value, tree);
    const bool has_child = std::ranges::any_of(
        syncers_, [&](const auto& entry) { return entry.second->schema().parent == use.entity; });
    if (use.notes && !has_child)
      report("PB1052", use.at, tree + ".notes: the entity " + use.entity + " has no notes.");
  }

  void check_filter(const EntitySchema& schema, const config::EntityUse& use, std::string_view name,
                    const json::value& value, const std::string& tree) {
    const auto place = use.filters.locations.find("/" + std::string(name));
    const Location& at = place == use.filters.locations.end() ? use.at : place->second;
    const std::string path = tree + "." + std::string(name);
    const auto filter = std::ranges::find(schema.filters, name, &FilterSchema::name);
    if (filter == schema.filters.end()) {
      std::vector<std::string_view> names{"page_size", "notes"};
      for (const FilterSchema& known : schema.filters) names.push_back(known.name);
      report("PB1052", at,
             path + ": the entity " + schema.entity + " has no such filter." + did_you_mean(name, names) +
                 " Known: " + list_of(names) + ".");
    } else if (const std::string_view wanted = misfit(*filter, value); !wanted.empty()) {
      report("PB1053", at, path + " must be " + std::string(wanted) + ".");
    }
  }

  /// What the value should have been; empty when it fits.
  static std::string_view misfit(const FilterSchema& filter, const json::value& value) {
    const auto scalar = [](const json::value& v) { return v.is_string() || v.is_int64() || v.is_uint64(); };
    switch (filter.test) {
      case FilterTest::equals:
        return value.is_bool() ? "" : "true or false";
      case FilterTest::any_of:
        if (value.is_array() && !value.get_array().empty() && std::ranges::all_of(value.get_array(), scalar))
          return "";
        return scalar(value) ? "" : "a name, an id, or a list of them";
      case FilterTest::since:
      case FilterTest::until:
        if (value.is_string() && (parse_span(value.get_string()) || parse_time(value.get_string())))
          return "";
        return "a span such as 90d or a time such as 2026-01-31T00:00:00Z";
      case FilterTest::hint:
        return value.is_bool() ? "" : "true or false";
    }
    return "";
  }

  void check_mapping(const std::string& entity, const config::FieldMapping& mapping,
                     const std::string& tree) {
    const EntitySchema* schema = schema_of(entity, mapping.at, tree);
    if (!schema || schema->index_of(mapping.field)) return;
    std::vector<std::string_view> names;
    for (const FieldSchema& field : schema->fields) names.push_back(field.name);
    report("PB1054", mapping.at,
           tree + "." + mapping.field + ": the entity " + entity + " has no such field." +
               did_you_mean(mapping.field, names));
  }

  const config::Config& config_;
  const plugin::Registry& registry_;
  plugin::OfflineHost offline_;
  std::map<std::string, std::unique_ptr<plugin::Syncer>, std::less<>> syncers_;
  std::map<std::string, std::unique_ptr<plugin::Connector>, std::less<>> connectors_;
  std::map<std::string, const config::Pipeline*>
      deduplicated_;  ///< by entity: the first pipeline that says how
  std::vector<Problem> problems_;
};

/// Adds entities in the order of their relations: depth first, a referred-to entity before the one that
/// refers to it. A syncer that found its stage has left the map.
class StageBuilder {
 public:
  StageBuilder(const config::Pipeline& pipeline, const plugin::Registry& registry,
               plugin::HostServices& services, Assembly& assembly)
      : pipeline_(pipeline), registry_(registry), services_(services), assembly_(assembly) {
    for (const std::string_view name : registry.role_names(RoleKind::syncer))
      syncers_.emplace(name, registry.make_syncer(name, "{}", services));
  }

  void build() {
    for (const config::EntityUse& use : pipeline_.entities) wanted_.emplace(use.entity, &use);
    for (const config::EntityUse& use : pipeline_.entities)
      if (use.notes)
        for (const auto& [name, syncer] : syncers_)
          if (syncer->schema().parent == use.entity) wanted_.emplace(name, nullptr);
    for (const auto& [entity, use] : wanted_) add(entity);
  }

 private:
  void add(const std::string& entity) {
    if (!visited_.insert(entity).second) return;
    const auto found = syncers_.find(entity);
    const auto source = assembly_.connector->profile().entities.find(entity);
    if (found == syncers_.end() || source == assembly_.connector->profile().entities.end()) return;
    for (const std::string& target : found->second->schema().depends_on()) {
      const auto other = syncers_.find(target);
      const bool joins = wanted_.contains(target) ||
                         (other != syncers_.end() && other->second && other->second->schema().lookup);
      if (joins) add(target);
    }
    Stage stage;
    stage.entity = entity;
    const auto use = wanted_.find(entity);
    stage.use = use == wanted_.end() ? nullptr : use->second;
    stage.source = &source->second;
    stage.routed = entity == store::kRoutedEntity && !pipeline_.routing.empty();
    if (const auto strategies = pipeline_.dedup.find(entity); strategies != pipeline_.dedup.end())
      stage.matcher.emplace(dedup::make_matcher(strategies->second, registry_, services_));
    stage.syncer = std::move(found->second);
    assembly_.stages.push_back(std::move(stage));
  }

  const config::Pipeline& pipeline_;
  const plugin::Registry& registry_;
  plugin::HostServices& services_;
  Assembly& assembly_;
  std::map<std::string, std::unique_ptr<plugin::Syncer>, std::less<>> syncers_;
  std::map<std::string, const config::EntityUse*, std::less<>> wanted_;
  std::set<std::string, std::less<>> visited_;
};

}  // namespace

Stage* Assembly::find_stage(std::string_view entity) {
  const auto found = std::ranges::find(stages, entity, &Stage::entity);
  return found == stages.end() ? nullptr : &*found;
}

std::unique_ptr<routing::Router> make_router(const Assembly& assembly, std::span<const config::RuleUse> rules,
                                             const plugin::Registry& registry,
                                             plugin::HostServices& services) {
  std::vector<const EntitySchema*> schemas;
  schemas.reserve(assembly.stages.size());
  for (const Stage& stage : assembly.stages) schemas.push_back(&stage.schema());
  if (std::ranges::find(schemas, store::kRoutedEntity, &EntitySchema::entity) == schemas.end())
    return nullptr;
  return std::make_unique<routing::Router>(
      std::make_unique<routing::RuleSet>(rules, schemas, registry, services), assembly.connection->name,
      services);
}

std::vector<Problem> check(const config::Config& config, const plugin::Registry& registry) {
  return Checker(config, registry).run();
}

Assembly assemble(const config::Config& config, const config::Pipeline& pipeline,
                  const plugin::Registry& registry, plugin::HostServices& services,
                  dedup::Deduplicator& deduplicator) {
  if (auto problems = check(config, registry); !problems.empty())
    throw config::ConfigError(std::move(problems));
  Assembly assembly;
  assembly.deduplicator = &deduplicator;
  assembly.pipeline = &pipeline;
  assembly.connection = config.find_connection(pipeline.connection);
  assembly.connector = registry.make_connector(
      assembly.connection->connector, json::serialize(assembly.connection->settings.values), services);
  StageBuilder(pipeline, registry, services, assembly).build();
  if (!pipeline.routing.empty())
    assembly.router = make_router(assembly, pipeline.routing, registry, services);
  if (!pipeline.shadow.empty()) assembly.shadow = make_router(assembly, pipeline.shadow, registry, services);
  for (const config::RoleUse& use : pipeline.notify)
    assembly.notifiers.push_back(
        registry.make_notifier(use.use, json::serialize(use.settings.values), services));
  return assembly;
}

}  // namespace psabridge::pipeline
