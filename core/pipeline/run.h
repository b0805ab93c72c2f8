// One execution of a pipeline: entities in the order of their relations, each read, transformed and committed
// in parallel steps.
//
// Threads: a feed (two threads: fetch and transform) per entity being read, at most `concurrency` at once;
// the caller's thread is the only one that uses the store (under its mutex) and drives everything. Queues in
// between are bounded by bytes.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/connection/services.h"
#include "core/pipeline/assembly.h"
#include "core/pipeline/filters.h"
#include "core/pipeline/run_report.h"
#include "core/store/store.h"

namespace psabridge::pipeline {

struct RunOptions {
  bool full = false;                  ///< read everything again and look for deletions
  std::vector<std::string> entities;  ///< only these (and the lookups they need); empty: all
  Narrowing narrowing;                ///< a narrowed run moves no cursor and deletes nothing
  bool trial = false;                 ///< roll everything back at the end (plan, --dry-run)
  std::string plan;                   ///< apply only when the run does what the plan of this hash showed
};

/// Where one entity stands right now.
struct EntityProgress {
  std::string_view entity,
      phase;  ///< reading, looking for deletions, ...; the entity's state once it is finished
  const store::Counts& counts;
  std::int64_t expected;  ///< rows that the source announced; -1 unknown
  bool finished;
};

/// Told on the running thread.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  /// After commits, at most some times a second per entity, and once when it is finished.
  virtual void progress(const EntityProgress& progress) = 0;
};

/// Runs the pipeline once. Never throws for what the run itself can report; throws Error for defects and for
/// a store that failed. `stop` is asked from several threads.
RunReport run_pipeline(Assembly& assembly, connection::Services& services, store::SharedWriter& store,
                       const RunOptions& options, Clock& clock, RunObserver& observer,
                       const plugin::Stop& stop);

/// Runs single records through the pipeline again: `ids` of one entity are fetched from the source (`dead
/// retry`).
RunReport refetch(Assembly& assembly, connection::Services& services, store::SharedWriter& store,
                  const std::string& entity, std::vector<std::string> ids, Clock& clock,
                  RunObserver& observer, const plugin::Stop& stop);

}  // namespace psabridge::pipeline
