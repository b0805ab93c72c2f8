// What commands need that decide something for a source.
#pragma once
#include <string>
#include <string_view>

#include "core/app/context.h"

namespace psabridge::app {

/// The pipeline that writes the field (of core/writeback/wish.h) to the connection. Throws Error PB2301 when
/// none does.
const config::Pipeline& writing_pipeline(Context& context, const std::string& connection,
                                         std::string_view field);

}  // namespace psabridge::app
