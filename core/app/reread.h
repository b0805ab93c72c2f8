// Single records read again from the source: for good, or on trial to see what would come of it.
#pragma once
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/app/context.h"

namespace psabridge::app {

/// Source ids by pipeline and entity.
using RereadWork = std::map<std::string, std::map<std::string, std::set<std::string>>>;

/// Reads them; good versions are stored and close dead letters. Returns what went wrong, for stderr; empty:
/// nothing did. Throws Error PB1602 for a pipeline that is gone, and what a pipeline throws before it runs.
std::string reread(Context& context, const RereadWork& work);

/// What a read now would do to one record.
struct TrialEffect {
  std::string connection, pipeline, entity, source_id;
  std::string effect;        ///< as RecordOutcome has it, "unchanged", or "not read"
  std::string code, reason;  ///< why it is dead or was not read; may be empty
};

/// Reads them and keeps nothing. What stands in the way of a read is told as its effect.
std::vector<TrialEffect> reread_on_trial(Context& context, const RereadWork& work);

/// So many records are read on trial for one command.
inline constexpr std::size_t kMostTrials = 50;
/// The first records of the work.
RereadWork first_of(const RereadWork& work, std::size_t records);
std::size_t size_of(const RereadWork& work);

boost::json::object to_json(const TrialEffect& effect);
/// "updated", "not read (PB1203: ...)"
std::string to_text(const TrialEffect& effect);

}  // namespace psabridge::app
