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
#include "core/pipeline/assembly.h"
#include "core/pipeline/filters.h"
#include "core/pipeline/host_services.h"
#include "core/store/store.h"

namespace psabridge::pipeline {

struct RunOptions {
  bool full = false;                  ///< read everything again and look for deletions
  std::vector<std::string> entities;  ///< only these (and the lookups they need); empty: all
  Narrowing narrowing;                ///< a narrowed run moves no cursor and deletes nothing
  bool trial = false;                 ///< roll everything back at the end (plan, --dry-run)
  std::string plan;                   ///< apply only when the run does what the plan of this hash showed
};

/// What a run did or would do to one entity.
struct EffectSample {
  store::Action action;
  std::string source_id;
};
struct EntityEffect {
  std::map<store::Action, std::uint64_t> counts;
  std::vector<EffectSample> samples;  ///< the first few per action
};
/// Records of one entity that became dead letters for the same reason code.
struct DeadGroup {
  std::uint64_t count = 0;
  std::string source_id, reason;  ///< of the first one
};
struct RunReport {
  store::RunInfo run;
  std::vector<store::RunEntity> entities;       ///< in the order of the relations
  std::map<std::string, EntityEffect> effects;  ///< by entity
  std::map<std::string, std::uint64_t>
      routed;  ///< tickets written, by team; "" counts those that no rule decided
  std::map<std::string, std::map<std::string, DeadGroup>> dead;  ///< by entity, then by code
  std::string plan_hash;       ///< of all effects; the same for the same effects
  std::uint64_t requests = 0;  ///< to the source, sign-in included

  /// Exit status of the command line.
  int exit_status() const;
};

/// Something that went wrong in a run; entities that met the same share one.
struct Trouble {
  psabridge_level level;
  std::string code, subject,
      message;  ///< subject: "asset degraded", "client, site failed", "the run stopped"
};
std::vector<Trouble> troubles(const RunReport& report);

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
RunReport run_pipeline(Assembly& assembly, ConnectionServices& services, SharedWriter& store,
                       const RunOptions& options, Clock& clock, RunObserver& observer,
                       const plugin::Stop& stop);

/// Runs single records through the pipeline again: `ids` of one entity are fetched from the source (`dead
/// retry`, `verify --repair`).
RunReport refetch(Assembly& assembly, ConnectionServices& services, SharedWriter& store,
                  const std::string& entity, std::vector<std::string> ids, Clock& clock,
                  RunObserver& observer, const plugin::Stop& stop);

}  // namespace psabridge::pipeline
