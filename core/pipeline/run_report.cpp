#include "core/pipeline/run_report.h"

#include <algorithm>

#include "core/base/error.h"

namespace psabridge::pipeline {

int RunReport::exit_status() const {
  const auto status_of = [](const std::string& code) {
    return psabridge::exit_status(find_error(code)->error_class);
  };
  if (!run.error_code.empty()) return status_of(run.error_code);
  int status = 0;
  for (const store::RunEntity& entity : entities) {
    if (entity.state == "failed") return status_of(entity.error_code);
    if (entity.state == "degraded") status = psabridge::exit_status(ErrorClass::permission);
    if (status == 0 && (entity.state == "held" || entity.counts.dead > 0))
      status = psabridge::exit_status(ErrorClass::data);
  }
  return status;
}

std::vector<Trouble> troubles(const RunReport& report) {
  std::vector<Trouble> found;
  if (!report.run.error_code.empty())
    found.push_back(
        {PSABRIDGE_ERROR, report.run.error_code, "the run " + report.run.state, report.run.error});
  for (const store::RunEntity& entity : report.entities) {
    if (entity.error_code.empty() || entity.error_code == report.run.error_code) continue;
    const auto same = std::ranges::find_if(found, [&](const Trouble& trouble) {
      return trouble.code == entity.error_code && trouble.message == entity.error;
    });
    const bool failed = entity.state == "failed";
    if (same == found.end()) {
      found.push_back({failed ? PSABRIDGE_ERROR : PSABRIDGE_WARNING, entity.error_code,
                       entity.entity + " " + entity.state, entity.error});
    } else {
      same->subject.insert(same->subject.rfind(' '), ", " + entity.entity);
    }
  }
  for (const auto& [entity, groups] : report.dead)
    for (const auto& [code, group] : groups)
      found.push_back({PSABRIDGE_WARNING, code, std::to_string(group.count) + " dead letters of " + entity,
                       "the first is " + (group.source_id.empty() ? "one without an id" : group.source_id) +
                           ": " + group.reason +
                           " All other records are stored; see `psabridge dead list --entity " + entity +
                           "`."});
  if (const RoutingTrouble& routing = report.routing; routing.unrouted + routing.troubled > 0)
    found.push_back({PSABRIDGE_WARNING, "PB2401",
                     std::to_string(routing.unrouted) + " tickets without a team, " +
                         std::to_string(routing.troubled) + " with a rule that failed or was refused",
                     "the first is " + routing.ticket + ": " + routing.reason +
                         " `psabridge route log --trouble` shows all."});
  return found;
}

std::optional<connection::Observation> observe(const RunReport& report) {
  if (!report.run.error_code.empty()) return connection::observe(report.run.error_code, report.run.error);
  const auto troubled = std::ranges::find_if(report.entities, [](const store::RunEntity& entity) {
    return entity.state == "failed" || entity.state == "degraded";
  });
  if (troubled == report.entities.end()) return connection::Observation{};
  const bool some_came = std::ranges::any_of(
      report.entities, [](const store::RunEntity& entity) { return entity.state == "done"; });
  auto observed = connection::observe(troubled->error_code, troubled->entity + ": " + troubled->error);
  if (observed && some_came) observed->state = connection::State::degraded;
  return observed;
}

}  // namespace psabridge::pipeline
