// The last rule of a pipeline: a ticket that no other rule decided goes to one named team, never nowhere.
#include "routing/common/one_team.h"

namespace {

using namespace psabridge::sdk;

constexpr std::string_view kSettings = R"({
  "type": "object",
  "properties": {
    "team": {"type": "string", "minLength": 1, "description": "the managed team that takes every ticket left"}
  },
  "required": ["team"],
  "additionalProperties": false,
  "x-always-decides": true
})";

class Fallback final : public psabridge::routing::OneTeam {
 public:
  Fallback(Host&, std::string_view settings_json)
      : OneTeam(settings_json, "No other rule decided, so the fallback") {}
};

}  // namespace

PSABRIDGE_PLUGIN("org.psabridge.routing.fallback", PSABRIDGE_VERSION, "psabridge",
                 "Routes every ticket left to one team",
                 routing<Fallback>("fallback", "Routes every ticket that no other rule decided to one team",
                                   kSettings));
