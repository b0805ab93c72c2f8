// The managed teams in memory, for a run: which of them take tickets, who is at work, who is above whom.
//
// As long as no team is declared, every name is a team that takes tickets, so that a small setup needs no
// list of teams. As soon as one is declared, only declared teams that receive take any.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "core/routing/team_hours.h"
#include "core/store/teams.h"

namespace psabridge::routing {

/// Whether a team may be given tickets.
enum class Standing : std::uint8_t { takes, does_not_receive, unknown };

/// Something that is wrong with a team as it stands in the store.
struct TeamFlaw {
  std::string team, code, fact, fix;
};

/// Read-only after construction: any number of threads.
class Roster {
 public:
  /// As `store::Teams::all()` gives them. What cannot be used is no error here: a flaw, and the team goes
  /// without it.
  explicit Roster(std::vector<store::Team> teams);

  /// By name.
  const std::vector<store::Team>& teams() const noexcept { return teams_; }
  /// Null when it is not declared.
  const store::Team* find(std::string_view team) const;

  Standing standing(std::string_view team) const;
  /// The same as a sentence for an admin, with the name that was probably meant.
  std::string why(std::string_view team) const;
  /// Within its working hours; those without any are always at work.
  bool at_work(std::string_view team, SysMilliseconds now) const;
  /// Empty when it has none.
  std::string_view parent(std::string_view team) const;
  /// The teams below it, however deep, that receive; by name.
  std::vector<std::string_view> group(std::string_view team) const;
  /// The declared teams whose parent it is; by name.
  std::vector<std::string_view> children(std::string_view team) const;

  /// Cycles of parents, parents that nobody declared, hours that cannot be read; by team.
  const std::vector<TeamFlaw>& flaws() const noexcept { return flaws_; }

 private:
  void find_cycles();
  void read_hours(const store::Team& team);
  /// The team and those above it, up to the top or until one comes again, which then is the last.
  std::vector<std::string_view> line_of(std::string_view team) const;

  std::vector<store::Team> teams_;
  std::map<std::string, TeamHours, std::less<>> hours_;
  std::vector<TeamFlaw> flaws_;
};

}  // namespace psabridge::routing
