// A ticket goes where another open ticket of the same person, or about the same asset, is already.
#include <algorithm>
#include <array>
#include <psabridge/json.hpp>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "routing/common/declared_teams.h"

namespace {

using namespace psabridge::sdk;

constexpr std::string_view kSettings = R"({
  "type": "object",
  "properties": {
    "by": {
      "type": "array", "minItems": 1, "uniqueItems": true,
      "items": {"enum": ["contact", "asset"]}, "default": ["contact", "asset"],
      "description": "what two tickets have in common; the first for which there is another open ticket counts"
    }
  },
  "additionalProperties": false
})";

/// What two tickets may have in common.
struct Tie {
  std::string_view name, field, words;
};
constexpr auto kTies = std::to_array<Tie>({{"contact", "contact_id", "with the same contact"},
                                           {"asset", "asset_ids", "with one of the same assets"}});

class Sticky final : public RoutingRule {
 public:
  Sticky(Host&, std::string_view settings_json) {
    const Json settings = Json::parse(settings_json);
    for (const Json& name : settings["by"].elements()) {
      const auto tie = std::ranges::find(kTies, name.text(), &Tie::name);
      if (tie == kTies.end())
        throw Failure(Outcome::invalid,
                      "Tickets are held together `by` contact or asset, not by " + quoted(name.text()) + ".");
      ties_.push_back(*tie);
    }
    if (ties_.empty()) ties_.assign(kTies.begin(), kTies.end());
  }

 private:
  void decide(const Batch& tickets, const RoutingContext& context, Routes& routes) override {
    const psabridge::routing::DeclaredTeams teams(context);
    for (const Record ticket : tickets)
      for (const Tie& tie : ties_) {
        const std::string_view team = context.kin_team(ticket, tie.field);
        if (team.empty() || !teams.receives(team)) continue;
        routes.route(ticket, team, reason(ticket, tie, team));
        break;
      }
  }

  static std::string reason(const Record& ticket, const Tie& tie, std::string_view team) {
    constexpr std::size_t kLongestShown = 100;  // bytes; people's names and lists of some ids
    const std::string_view name = tie.name == "contact" ? ticket.text("contact_name") : std::string_view();
    const std::string_view shown = name.empty() ? ticket.text(tie.field) : name;
    std::string text = "The newest other open ticket " + std::string(tie.words);
    if (!shown.empty() && shown.size() <= kLongestShown) text += " (" + std::string(shown) + ")";
    return text + " is with team " + quoted(team) + ".";
  }

  std::vector<Tie> ties_;
};

}  // namespace

PSABRIDGE_PLUGIN(
    "org.psabridge.routing.sticky", PSABRIDGE_VERSION, "psabridge",
    "Keeps tickets of one person or asset together",
    routing<Sticky>("sticky",
                    "Routes a ticket to the team that has another open one of the same contact or "
                    "asset",
                    kSettings));
