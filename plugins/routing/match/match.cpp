// Every ticket for which the rule's conditions hold goes to one team. The host looks at the conditions: only
// such tickets are offered.
#include "routing/common/one_team.h"

namespace {

using namespace psabridge::sdk;

constexpr std::string_view kSettings = R"({
  "type": "object",
  "properties": {
    "team": {"type": "string", "minLength": 1, "description": "the managed team that takes the tickets"}
  },
  "required": ["team"],
  "additionalProperties": false,
  "x-always-decides": true
})";

class Match final : public psabridge::routing::OneTeam {
 public:
  Match(Host&, std::string_view settings_json) : OneTeam(settings_json, "The rule's conditions hold, so") {}
};

}  // namespace

PSABRIDGE_PLUGIN("org.psabridge.routing.match", PSABRIDGE_VERSION, "psabridge",
                 "Routes tickets that fit conditions to one team",
                 routing<Match>("match",
                                "Routes every ticket for which the rule's conditions hold to one team",
                                kSettings));
