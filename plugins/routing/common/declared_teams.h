// The managed teams that an admin declared, by name.
#pragma once
#include <algorithm>
#include <psabridge/plugin.hpp>
#include <string_view>
#include <vector>

namespace psabridge::routing {

/// Of one call, like the context that it comes from. Teams are optional: when none is declared, every name
/// is a team that receives tickets, and nothing is known of it.
class DeclaredTeams {
 public:
  explicit DeclaredTeams(const sdk::RoutingContext& context) : teams_(context.teams()) {}

  bool none() const noexcept { return teams_.empty(); }
  const std::vector<sdk::Team>& all() const noexcept { return teams_; }
  /// Null when there is no team of that name.
  const sdk::Team* find(std::string_view name) const {
    const auto found = std::ranges::lower_bound(teams_, name, {}, &sdk::Team::name);
    return found != teams_.end() && found->name == name ? &*found : nullptr;
  }
  bool receives(std::string_view name) const {
    if (none()) return true;
    const sdk::Team* const team = find(name);
    return team && team->receives;
  }

 private:
  std::vector<sdk::Team> teams_;  // sorted by name
};

}  // namespace psabridge::routing
