// A ticket goes to the managed team of that link of its client that fits the ticket best.
#include <psabridge/plugin.hpp>

namespace {

using namespace psabridge::sdk;

class ClientTeam final : public RoutingRule {
  void decide(const Batch& tickets, const RoutingContext& context, Routes& routes) override {
    for (const Record ticket : tickets)
      if (const LinkedTeam linked = context.linked_team(ticket); !linked.team.empty())
        routes.route(ticket, linked.team, linked.reason);
  }
};

}  // namespace

PSABRIDGE_PLUGIN("org.psabridge.routing.client_team", PSABRIDGE_VERSION, "psabridge",
                 "Routes tickets to the team of their client",
                 routing<ClientTeam>("client_team",
                                     "Routes a ticket to the managed team that its client is linked to"));
