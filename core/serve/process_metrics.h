// What the kernel says about this process.
#pragma once
#include "core/serve/metrics.h"

namespace psabridge::serve {

/// Adds memory, open descriptors and the start of this process, from /proc/self. Throws std::system_error
/// when that cannot be read.
void add_process_metrics(MetricsText& text);

}  // namespace psabridge::serve
