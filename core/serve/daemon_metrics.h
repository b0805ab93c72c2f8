// What the daemon counts of events and polls.
#pragma once
#include "core/pipeline/run_report.h"
#include "core/serve/event_processor.h"
#include "core/serve/metrics.h"

namespace psabridge::serve {

/// Thread-safe.
class DaemonMetrics {
 public:
  void settled(const SettledEvent& event) noexcept;
  void polled(const pipeline::RunReport& report, Milliseconds took, std::uint64_t requests);
  void collect(MetricsText& text) const;

 private:
  Labelled<Counter> events_, runs_, records_, requests_;
  Histogram processing_, queueing_, run_durations_{kLongBounds};
};

}  // namespace psabridge::serve
