// Routing as people read it.
#pragma once
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "core/pipeline/rerouting.h"
#include "core/routing/router.h"
#include "core/store/decisions.h"

namespace psabridge::app {

boost::json::object to_json(const store::Decision& decision);
boost::json::object to_json(const pipeline::Moves& moves);
/// By position of the rules.
boost::json::array opinions_json(const routing::RuleSet& rules,
                                 const std::vector<routing::Opinion>& opinions);

/// "2026-11-28T10:00:00.000Z  -> noc by acme-urgent: reason"
std::string line_of(const store::Decision& decision);
/// Every rule with its conditions, what they found, and what it says; the first that decides is marked.
std::string opinions_text(const routing::RuleSet& rules, const std::vector<routing::Opinion>& opinions);
/// From where to where, with samples. `verb`: "would move", "moved".
std::string moves_text(const pipeline::Moves& moves, const std::string& verb);

}  // namespace psabridge::app
