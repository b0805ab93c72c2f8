// Announced records on the ordinary way of a record, through every pipeline that reads their entity.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "core/connection/services.h"
#include "core/pipeline/live_pipeline.h"
#include "core/pipeline/run.h"
#include "core/serve/event_filter.h"
#include "core/serve/event_processor.h"
#include "core/serve/event_runs.h"

namespace psabridge::serve {

/// One worker's: plugins of its own, because most of them serve one thread at a time.
class PipelineApplier final : public EventApplier {
 public:
  /// `pipelines` are those of the connection that take its events. Everything outlives the applier. Throws
  /// what pipeline::assemble throws.
  PipelineApplier(const pipeline::Premises& premises, const std::vector<const config::Pipeline*>& pipelines,
                  const EventFilter& filter, connection::Services& services, EventRuns& runs);

  std::vector<ObjectOutcome> apply(std::span<const ObjectWork> objects, const plugin::Stop& stop) override;

 private:
  using Members = std::vector<std::size_t>;  ///< indices of objects

  void apply_entity(pipeline::Assembly& assembly, const std::string& entity, const Members& members,
                    std::span<const ObjectWork> objects, std::vector<ObjectOutcome>& outcomes,
                    const plugin::Stop& stop);
  std::optional<Error> try_together(pipeline::Assembly& assembly, const std::string& entity,
                                    const Members& members, std::span<const ObjectWork> objects,
                                    std::vector<ObjectOutcome>& outcomes, const plugin::Stop& stop);

  const pipeline::Premises& premises_;
  const EventFilter& filter_;
  connection::Services& services_;
  connection::Standing standing_;
  EventRuns& runs_;
  std::vector<pipeline::Assembly> assemblies_;
};

}  // namespace psabridge::serve
