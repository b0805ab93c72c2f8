// The last rule of a pipeline: a ticket that no other rule decided goes to one named team, never nowhere.
#include <boost/json.hpp>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>

namespace {

using namespace psabridge::sdk;

constexpr std::string_view kSettings = R"({
  "type": "object",
  "properties": {
    "team": {"type": "string", "minLength": 1, "description": "Managed team that takes every ticket left."}
  },
  "required": ["team"],
  "additionalProperties": false
})";

class Fallback final : public RoutingRule {
 public:
  Fallback(Host&, std::string_view settings)
      : team_(boost::json::parse(settings).at("team").as_string()),
        reason_("No other rule decided, so the fallback team \"" + team_ + "\" takes it.") {}

 private:
  void decide(const Batch& tickets, const RoutingContext&, Routes& routes) override {
    for (const Record ticket : tickets) routes.route(ticket, team_, reason_);
  }

  std::string team_;
  std::string reason_;
};

}  // namespace

PSABRIDGE_PLUGIN("org.psabridge.routing.fallback", PSABRIDGE_VERSION, "psabridge",
                 "Routes every ticket left to one team",
                 routing<Fallback>("fallback", "Routes every ticket that no other rule decided to one team",
                                   kSettings));
