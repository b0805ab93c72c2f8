// Teams take turns: each ticket goes to the one that got the fewest so far.
#include "routing/common/fewest_first.h"

namespace {

using namespace psabridge::sdk;
using namespace psabridge::routing;

class RoundRobin final : public FewestFirst {
 public:
  RoundRobin(Host& host, std::string_view settings_json)
      : FewestFirst(host, settings_json, {&Team::all_tickets, "got the fewest tickets so far"}) {}
};

}  // namespace

PSABRIDGE_PLUGIN("org.psabridge.routing.round_robin", PSABRIDGE_VERSION, "psabridge",
                 "Gives tickets to several teams in turn",
                 routing<RoundRobin>("round_robin",
                                     "Gives each ticket to the team that got the fewest so far",
                                     kFewestFirstSettings));
