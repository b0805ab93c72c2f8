// Tickets that are opened while a team works go to it, the others to the team that works then, or on.
#include <psabridge/json.hpp>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>

namespace {

using namespace psabridge::sdk;

constexpr std::string_view kSettings = R"({
  "type": "object",
  "properties": {
    "team": {"type": "string", "minLength": 1,
             "description": "the managed team that takes tickets opened within its working hours"},
    "otherwise": {"type": "string", "minLength": 1,
                  "description": "the managed team that takes the others; without it they go to the next rule"}
  },
  "required": ["team"],
  "additionalProperties": false
})";

class OnHours final : public RoutingRule {
 public:
  OnHours(Host&, std::string_view settings_json) {
    const Json settings = Json::parse(settings_json);
    team_ = settings["team"].text();
    otherwise_ = settings["otherwise"].text();
    if (team_.empty())
      throw Failure(Outcome::invalid, "The rule does not know whose working hours count: set `team`.");
  }

 private:
  void decide(const Batch& tickets, const RoutingContext& context, Routes& routes) override {
    for (const Record ticket : tickets)
      if (context.at_work(ticket, team_))
        routes.route(ticket, team_,
                     opened(ticket) + "within the working hours of team " + quoted(team_) + ".");
      else if (!otherwise_.empty())
        routes.route(ticket, otherwise_,
                     opened(ticket) + "outside the working hours of team " + quoted(team_) + ", so team " +
                         quoted(otherwise_) + " takes it.");
  }

  /// "It was opened at 2026-03-01T08:00:00.000Z, "
  static std::string opened(const Record& ticket) {
    const std::string_view time = ticket.text("opened_at");
    return "It was opened " + (time.empty() ? std::string() : "at " + std::string(time) + ", ");
  }

  std::string team_;
  std::string otherwise_;  // empty: the next rule is asked
};

}  // namespace

PSABRIDGE_PLUGIN("org.psabridge.routing.on_hours", PSABRIDGE_VERSION, "psabridge",
                 "Routes tickets by the working hours of a team",
                 routing<OnHours>("on_hours",
                                  "Routes tickets opened within the working hours of a team to it, others to "
                                  "another",
                                  kSettings));
