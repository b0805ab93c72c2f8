// The search for broken invariants in a store, behind `psabridge verify`.
#pragma once
#include <vector>

#include "core/store/database.h"
#include "core/store/store.h"

namespace psabridge::store {

/// Reads the whole store once, row by row. Empty when everything holds.
std::vector<Finding> find_violations(Database& database);

}  // namespace psabridge::store
