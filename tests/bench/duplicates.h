// The measurements of finding duplicates.
#pragma once

#include <vector>

#include "tests/bench/measures.h"
#include "tests/bench/scoreboard.h"

namespace psabridge::bench {

/// How fast a client is placed among many, how fast pairs are weighed, how long a whole store takes, what it
/// costs in memory, and how long a restart, an explanation and an undo take. Beside it, on the same machine
/// in the same run, the cached Jaro-Winkler of rapidfuzz-cpp over the same names.
std::vector<Figure> measure_duplicates(const Plan& plan);

}  // namespace psabridge::bench
