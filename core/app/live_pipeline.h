// A pipeline with everything that it needs to run, made from a command's context.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "core/app/context.h"
#include "core/pipeline/run.h"

namespace psabridge::app {

/// Holds the store's lock from construction on. Main thread only.
class LivePipeline {
 public:
  /// Throws ConfigError when the configuration does not fit the plugins, Error PB13xx when the store cannot
  /// be had. `context` and `pipeline` outlive it.
  LivePipeline(Context& context, const config::Pipeline& pipeline);

  pipeline::RunReport sync(const pipeline::RunOptions& options, pipeline::RunObserver& observer);
  pipeline::RunReport refetch(const std::string& entity, std::vector<std::string> ids,
                              pipeline::RunObserver& observer);

 private:
  Context& context_;
  pipeline::SharedWriter store_;
  pipeline::ConnectionServices services_;
  pipeline::Assembly assembly_;
};

/// Exit status of a report: a run that a signal stopped exits as the signal says.
int exit_status(const pipeline::RunReport& report);

}  // namespace psabridge::app
