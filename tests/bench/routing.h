// The measurements of routing.
#pragma once
#include <vector>

#include "tests/bench/measures.h"

namespace psabridge::bench {

/// Decisions a second with few and with thousands of rules, beside a loop of compiled predicates over the
/// same tickets; then a backtest of many stored tickets and the re-routing of open ones, by the program.
std::vector<Figure> measure_routing(const Plan& plan);

}  // namespace psabridge::bench
