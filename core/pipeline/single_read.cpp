#include "core/pipeline/single_read.h"

#include <span>
#include <utility>

#include "core/pipeline/transform.h"

namespace psabridge::pipeline {

FieldMap field_map_of(const Assembly& assembly, const Stage& stage) {
  std::span<const config::FieldMapping> admin;
  const auto mappings = assembly.pipeline->map.find(stage.entity);
  if (mappings != assembly.pipeline->map.end()) admin = mappings->second;
  return {stage.schema(), *stage.source, admin, assembly.connector->profile().no_time_until};
}

std::unique_ptr<Batch> read_single(Assembly& assembly, Stage& stage, const std::string& id,
                                   const plugin::Stop& stop) {
  plugin::Fetched fetched = assembly.connector->get(stage.entity, {&id, 1}, stop);
  plugin::PulledPage page;
  page.arena = std::move(fetched.arena);
  page.slices = std::move(fetched.slices);
  TransformPlan plan;
  plan.connection = assembly.connection->name;
  plan.syncer = stage.syncer.get();
  return Transform(std::move(plan), field_map_of(assembly, stage)).apply(std::move(page), stop);
}

}  // namespace psabridge::pipeline
