// The times in which a source is left alone.
#pragma once
#include <optional>
#include <span>

#include "core/base/time.h"
#include "core/config/config.h"

namespace psabridge::connection {

/// When the window that `now` lies in ends; the latest of several. Nothing when it lies in none.
std::optional<SysMilliseconds> maintenance_until(std::span<const config::MaintenanceWindow> windows,
                                                 SysMilliseconds now);

}  // namespace psabridge::connection
