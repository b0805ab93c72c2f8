// Runs as people and programs see them; shared by `runs` and `status`.
#pragma once
#include <boost/json.hpp>
#include <string>

#include "core/app/report.h"
#include "core/pipeline/run_report.h"
#include "core/store/store.h"

namespace psabridge::app {

boost::json::object to_json(const store::Counts& counts);
boost::json::object to_json(const store::RunInfo& run);
boost::json::object to_json(const store::RunEntity& entity);

/// What went wrong in a run, each with its remedy, for stderr.
Failure failure_of(const pipeline::RunReport& report);

/// "12 created, 3 updated" without what is zero; "nothing changed" when all is.
std::string summary(const store::Counts& counts);

/// Sum over the entities of a run.
store::Counts total(const std::vector<store::RunEntity>& entities);

/// A table with a row per entity.
std::string entity_table(const std::vector<store::RunEntity>& entities);

}  // namespace psabridge::app
