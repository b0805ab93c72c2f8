// A ticket goes to the managed team that its client is linked to.
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>

namespace {

using namespace psabridge::sdk;

class ClientTeam final : public RoutingRule {
  void decide(const Batch& tickets, const RoutingContext& context, Routes& routes) override {
    for (const Record ticket : tickets) {
      const std::string_view client = ticket.text("client_id");
      const std::string_view team = client.empty() ? std::string_view() : context.team_of(client);
      if (!team.empty()) routes.route(ticket, team, reason(client, team));
    }
  }

  static std::string reason(std::string_view client, std::string_view team) {
    return "Client " + std::string(client) + " is linked to team \"" + std::string(team) + "\".";
  }
};

}  // namespace

PSABRIDGE_PLUGIN("org.psabridge.routing.client_team", PSABRIDGE_VERSION, "psabridge",
                 "Routes tickets to the team of their client",
                 routing<ClientTeam>("client_team",
                                     "Routes a ticket to the managed team that its client is linked to"));
