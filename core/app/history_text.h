// The history of a record as people and programs see it; shared by `records` and `events`.
#pragma once
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "core/store/store.h"

namespace psabridge::app {

/// A table with a row per change; `nothing` when there is none.
std::string history_text(const std::vector<store::AuditEntry>& history, std::string_view nothing);
boost::json::array history_json(const std::vector<store::AuditEntry>& history);

}  // namespace psabridge::app
