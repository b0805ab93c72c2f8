#include "core/serve/daemon_metrics.h"

#include <algorithm>

#include "core/serve/metric_catalog.h"

namespace psabridge::serve {

void DaemonMetrics::settled(const SettledEvent& event) noexcept {
  events_.at({event.connection, event.outcome}).add();
  processing_.observe(event.took);
  queueing_.observe(std::max(event.waited - event.took, Milliseconds{0}));
}

void DaemonMetrics::polled(const pipeline::RunReport& report, Milliseconds took, std::uint64_t requests) {
  const std::string& pipeline = report.run.pipeline;
  runs_.at({pipeline, report.run.state}).add();
  run_durations_.observe(took);
  requests_.at({report.run.connection}).add(requests);
  for (const store::RunEntity& entity : report.entities) {
    const store::Counts& counts = entity.counts;
    const std::pair<std::string_view, std::uint64_t> outcomes[] = {
        {"created", counts.created},   {"updated", counts.updated}, {"unchanged", counts.unchanged},
        {"filtered", counts.filtered}, {"dead", counts.dead},       {"deleted", counts.deleted}};
    for (const auto& [outcome, count] : outcomes)
      if (count > 0) records_.at({pipeline, entity.entity, outcome}).add(count);
  }
}

void DaemonMetrics::collect(MetricsText& text) const {
  text.add(kEvents, events_);
  text.add(kEventProcessDuration, {}, processing_.value());
  text.add(kEventQueueDuration, {}, queueing_.value());
  text.add(kSyncRuns, runs_);
  text.add(kSyncRunDuration, {}, run_durations_.value());
  text.add(kSyncRecords, records_);
  text.add(kSourceRequests, requests_);
}

}  // namespace psabridge::serve
