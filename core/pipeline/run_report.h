// What a run did, would do, and what went wrong in it.
#pragma once
#include <psabridge/abi.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/connection/standing.h"
#include "core/dedup/deduplicator.h"
#include "core/store/store.h"

namespace psabridge::pipeline {

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

/// Tickets whose route is new and not as it should be.
struct RoutingTrouble {
  std::uint64_t unrouted = 0;  ///< no rule decided
  std::uint64_t troubled = 0;  ///< a rule failed, or named a team that takes no tickets
  std::string ticket, reason;  ///< of the first one
};

struct RunReport {
  store::RunInfo run;
  std::vector<store::RunEntity> entities;       ///< in the order of the relations
  std::map<std::string, EntityEffect> effects;  ///< by entity
  std::map<std::string, std::uint64_t>
      routed;  ///< tickets written, by team; "" counts those that no rule decided
  RoutingTrouble routing;
  std::map<std::string, std::map<std::string, DeadGroup>> dead;  ///< by entity, then by code
  std::map<std::string, dedup::CaughtUp> duplicates;             ///< by entity that is deduplicated
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

/// What a run says about its connection; nothing when it ended for a reason of this machine's own.
std::optional<connection::Observation> observe(const RunReport& report);

}  // namespace psabridge::pipeline
