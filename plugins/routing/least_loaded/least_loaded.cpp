// Teams share the work: each ticket goes to the one that has the fewest open.
#include "routing/common/fewest_first.h"

namespace {

using namespace psabridge::sdk;
using namespace psabridge::routing;

class LeastLoaded final : public FewestFirst {
 public:
  LeastLoaded(Host& host, std::string_view settings_json)
      : FewestFirst(host, settings_json, {&Team::open_tickets, "has the fewest open tickets"}) {}
};

}  // namespace

PSABRIDGE_PLUGIN("org.psabridge.routing.least_loaded", PSABRIDGE_VERSION, "psabridge",
                 "Gives tickets to the team with the least to do",
                 routing<LeastLoaded>("least_loaded",
                                      "Gives each ticket to the team that has the fewest open tickets",
                                      kFewestFirstSettings));
