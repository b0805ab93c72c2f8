// A stored cursor is the stamp of the settings that it was read under and the connector's own text.
#pragma once
#include <string>
#include <string_view>

#include "core/pipeline/assembly.h"

namespace psabridge::pipeline {

/// Settings that decide what a read of an entity shows: its filters, field map and fields. Under other
/// settings a cursor is of no use, and the entity is read in full again.
std::string settings_stamp(const Stage& stage, const config::Pipeline& pipeline);

std::string stamped_cursor(std::string_view stamp, std::string_view cursor);
/// The connector's part; empty when the stamp is another one.
std::string_view unstamped_cursor(std::string_view stored, std::string_view stamp);

}  // namespace psabridge::pipeline
