// A stored cursor is the stamp of the settings that it was read under and the connector's own text.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "core/pipeline/assembly.h"

namespace psabridge::pipeline {

/// Settings that decide what a read of an entity shows: its filters, field map and fields. Under other
/// settings a cursor is of no use, and the entity is read in full again. So it is after a merge in the
/// source, which may move records without saying that they changed; `last_merge` is the number of the newest
/// one that we had it make, 0: none.
std::string settings_stamp(const Stage& stage, const config::Pipeline& pipeline, std::int64_t last_merge);

std::string stamped_cursor(std::string_view stamp, std::string_view cursor);
/// The connector's part; empty when the stamp is another one.
std::string_view unstamped_cursor(std::string_view stored, std::string_view stamp);

}  // namespace psabridge::pipeline
