// The measurements of the receiver of webhooks.
#pragma once

#include <vector>

#include "tests/bench/measures.h"
#include "tests/bench/scoreboard.h"

namespace psabridge::bench {

/// How many signed deliveries a second the daemon takes beside a plain program that commits the same bytes,
/// how long it takes to acknowledge one, and what slow callers change about both. Afterwards the journal must
/// hold what was acknowledged, no more and no less.
std::vector<Figure> measure_webhooks(const Plan& plan);

}  // namespace psabridge::bench
