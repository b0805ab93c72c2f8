// A pipeline with everything that it needs to run.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/connection/memory.h"
#include "core/connection/services.h"
#include "core/pipeline/rerouting.h"
#include "core/pipeline/run.h"
#include "core/plugin/registry.h"
#include "core/store/shared_writer.h"

namespace psabridge::pipeline {

/// What a process lends to the pipelines that it runs. Everything outlives them.
struct Premises {
  const config::Config& config;
  const plugin::Registry& registry;
  connection::Installation installation;
  store::SharedWriter& store;
  dedup::Deduplicator& deduplicator;
  /// The one rate limit of a connection's account. Thread-safe.
  std::function<std::shared_ptr<net::RateLimiter>(const config::Connection&)> limiter;
};

/// One thread at a time. Nothing runs on a connection that is paused.
class LivePipeline {
 public:
  /// Throws ConfigError when the configuration does not fit the plugins. `premises` and `pipeline` outlive
  /// it.
  LivePipeline(const Premises& premises, const config::Pipeline& pipeline);

  /// Throws Error PB1906, PB1907 or PB1908 when the connection may not be used now.
  RunReport sync(const RunOptions& options, RunObserver& observer, const plugin::Stop& stop);
  RunReport refetch(const std::string& entity, std::vector<std::string> ids, const RunOptions& options,
                    RunObserver& observer, const plugin::Stop& stop);

  /// Where open tickets would go when the routing rules are not those that the last run used; nothing when
  /// they are, or when none was used so far. Changes nothing.
  std::optional<Moves> moves_of_new_rules(std::size_t samples, const plugin::Stop& stop);

  /// HTTP requests made by this object.
  std::uint64_t requests() const noexcept { return services_.requests(); }

 private:
  /// What the run says about the connection becomes its state.
  RunReport noted(RunReport report);

  const Premises& premises_;
  const config::Connection& connection_;
  connection::Standing standing_;
  connection::StoredMemory memory_;
  connection::Services services_;
  Assembly assembly_;
};

}  // namespace psabridge::pipeline
