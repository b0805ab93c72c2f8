// Rules that send every ticket they are offered to the same team.
#pragma once
#include <psabridge/json.hpp>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>

namespace psabridge::routing {

class OneTeam : public sdk::RoutingRule {
 protected:
  /// `why`: the start of the reason, which goes on with the team that takes the ticket. Throws
  /// Failure(invalid) when the settings name no team.
  OneTeam(std::string_view settings_json, std::string_view why)
      : team_(sdk::Json::parse(settings_json)["team"].text()),
        reason_(std::string(why) + " team " + sdk::quoted(team_) + " takes it.") {
    if (team_.empty())
      throw sdk::Failure(sdk::Outcome::invalid, "The rule has no team to give tickets to: set `team`.");
  }

 private:
  void decide(const sdk::Batch& tickets, const sdk::RoutingContext&, sdk::Routes& routes) final {
    for (const sdk::Record ticket : tickets) routes.route(ticket, team_, reason_);
  }

  std::string team_;
  std::string reason_;
};

}  // namespace psabridge::routing
