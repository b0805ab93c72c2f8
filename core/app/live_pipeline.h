// A pipeline with everything that it needs to run, made from a command's context.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "core/app/context.h"
#include "core/pipeline/run.h"

namespace psabridge::app {

/// Holds the store's lock from construction on. Main thread only. Nothing runs on a connection that is
/// paused.
class LivePipeline {
 public:
  /// Throws ConfigError when the configuration does not fit the plugins, Error PB13xx when the store cannot
  /// be had. `context` and `pipeline` outlive it.
  LivePipeline(Context& context, const config::Pipeline& pipeline);

  /// Throws Error PB1906, PB1907 or PB1908 when the connection may not be used now.
  pipeline::RunReport sync(const pipeline::RunOptions& options, pipeline::RunObserver& observer);
  pipeline::RunReport refetch(const std::string& entity, std::vector<std::string> ids,
                              pipeline::RunObserver& observer);

 private:
  /// What the run says about the connection becomes its state.
  pipeline::RunReport noted(pipeline::RunReport report);

  Context& context_;
  const config::Connection& connection_;
  connection::Standing standing_;
  store::SharedWriter store_;
  connection::StoredMemory memory_;
  connection::Services services_;
  pipeline::Assembly assembly_;
};

/// Exit status of a report: a run that a signal stopped exits as the signal says.
int exit_status(const pipeline::RunReport& report);

}  // namespace psabridge::app
