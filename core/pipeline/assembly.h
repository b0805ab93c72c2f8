// A pipeline of the configuration becomes live parts: connector, syncers in the order of their relations,
// rules, notifiers.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/dedup/deduplicator.h"
#include "core/pipeline/transform.h"
#include "core/plugin/registry.h"
#include "core/routing/router.h"

namespace psabridge::pipeline {

/// One entity of a pipeline, ready to run.
struct Stage {
  std::string entity;
  const config::EntityUse* use = nullptr;  ///< null: a lookup that joined by itself
  std::unique_ptr<plugin::Syncer> syncer;
  std::optional<dedup::Matcher> matcher;         ///< of an entity that is deduplicated
  const plugin::SourceEntity* source = nullptr;  ///< of the connector's profile
  bool routed = false;                           ///< passes the routing rules

  const EntitySchema& schema() const { return syncer->schema(); }
};

/// A live pipeline. Points into the configuration it was made from.
struct Assembly {
  const config::Pipeline* pipeline = nullptr;
  const config::Connection* connection = nullptr;
  std::unique_ptr<plugin::Connector> connector;
  std::vector<Stage> stages;  ///< each after the entities that it refers to
  /// Null for a pipeline that routes nothing, and one without rules on trial.
  std::unique_ptr<routing::Router> router, shadow;
  std::vector<std::unique_ptr<plugin::Notifier>> notifiers;
  dedup::Deduplicator* deduplicator = nullptr;  ///< outlives the assembly

  /// Null when the pipeline has no such entity.
  Stage* find_stage(std::string_view entity);
};

/// Everything in the configuration that does not fit the loaded plugins: unknown roles, wrong settings,
/// unknown entities, filters and fields. Touches nothing: no network, no store.
std::vector<config::Problem> check(const config::Config& config, const plugin::Registry& registry);

/// A router by other rules than the pipeline's own; null when it reads no tickets. The assembly and
/// `services` outlive it. Throws ConfigError.
std::unique_ptr<routing::Router> make_router(const Assembly& assembly, std::span<const config::RuleUse> rules,
                                             const plugin::Registry& registry,
                                             plugin::HostServices& services);

/// Makes the parts of one pipeline. `services` and `deduplicator` outlive the assembly. Throws ConfigError
/// when check() finds something.
Assembly assemble(const config::Config& config, const config::Pipeline& pipeline,
                  const plugin::Registry& registry, plugin::HostServices& services,
                  dedup::Deduplicator& deduplicator);

}  // namespace psabridge::pipeline
