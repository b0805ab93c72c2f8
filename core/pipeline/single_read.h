// One record of the source, read and brought into form as a run would, and stored nowhere.
#pragma once
#include <memory>
#include <string>

#include "core/pipeline/assembly.h"
#include "core/pipeline/field_map.h"

namespace psabridge::pipeline {

/// The connector's map of an entity, overlaid by the pipeline's.
FieldMap field_map_of(const Assembly& assembly, const Stage& stage);

/// A batch of the one record, or of none when the source does not show it; its schema is the stage's. Filters
/// of the pipeline do not count. Throws what the connector throws.
std::unique_ptr<Batch> read_single(Assembly& assembly, Stage& stage, const std::string& id,
                                   const plugin::Stop& stop);

}  // namespace psabridge::pipeline
