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
#include "core/pipeline/page_source.h"
#include "core/pipeline/run_report.h"
#include "core/store/shared_writer.h"
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

/// What became of one record that a run read.
struct RecordOutcome {
  std::string_view entity, source_id;
  std::string_view outcome;  ///< store::name_of an action, or "dead", "filtered", "hidden"
  std::string_view version;  ///< of the source; may be empty
};

/// Told on the running thread.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  /// After commits, at most some times a second per entity, and once when it is finished.
  virtual void progress(const EntityProgress& progress) = 0;
  /// For each record that was changed, became a dead letter, was filtered out or is hidden, once that is
  /// committed.
  virtual void record(const RecordOutcome& record) { static_cast<void>(record); }
};

/// Runs the pipeline once. Never throws for what the run itself can report; throws Error for defects and for
/// a store that failed. `stop` is asked from several threads.
RunReport run_pipeline(Assembly& assembly, connection::Services& services, store::SharedWriter& store,
                       const RunOptions& options, Clock& clock, RunObserver& observer,
                       const plugin::Stop& stop);

/// Runs single records through the pipeline again: `ids` of one entity are fetched from the source (`dead
/// replay`). Of the options only `trial` matters.
RunReport refetch(Assembly& assembly, connection::Services& services, store::SharedWriter& store,
                  const std::string& entity, std::vector<std::string> ids, const RunOptions& options,
                  Clock& clock, RunObserver& observer, const plugin::Stop& stop);

/// Records of one entity that events named.
struct Announced {
  std::string entity;
  std::vector<std::string> ids;            ///< to be fetched
  std::vector<GivenRecord> given;          ///< that came along
  std::vector<std::string> with_children;  ///< of these the children are read even if they did not change
};

/// Takes announced records the ordinary way, and the children of those that changed, within `run`, which the
/// caller has begun and will end: a run for each event would bury the others.
RunReport apply_announced(Assembly& assembly, connection::Services& services, store::SharedWriter& store,
                          store::RunId run, Announced announced, Clock& clock, RunObserver& observer,
                          const plugin::Stop& stop);

/// Makes the tables of the pipeline's entities ready; once before apply_announced.
void prepare_store(const Assembly& assembly, store::Writer& writer);

}  // namespace psabridge::pipeline
