// The gaps: changes that polling applied and that no event had announced. As EventTable, each function does
// its part of a transaction of the caller.
#pragma once
#include <span>
#include <vector>

#include "core/store/database.h"
#include "core/store/journal.h"

namespace psabridge::store {

/// A change that is there already is not noted again.
void note_gaps(Database& database, std::span<const Gap> gaps, SysMilliseconds now);
/// Returns the missed ones.
std::vector<Gap> judge_gaps(Database& database, SysMilliseconds until, Milliseconds tolerance,
                            SysMilliseconds now);
/// Newest first.
std::vector<Gap> list_gaps(Database& database, const std::string& connection, const std::string& verdict,
                           std::uint32_t limit);
GapFigures gap_figures(Database& database, const std::string& connection, SysMilliseconds since);

}  // namespace psabridge::store
