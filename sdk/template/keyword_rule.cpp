// A routing rule: tickets whose summary holds a word go to a team while it works.
#include <psabridge/json.hpp>
#include <psabridge/plugin.hpp>

namespace {

using namespace psabridge::sdk;

// What an admin may write beside `use: keyword`. The host checks it before it creates the rule.
constexpr std::string_view kSettings = R"({
  "type": "object",
  "properties": {
    "word": {"type": "string", "minLength": 1, "description": "The word to look for; upper and lower case differ"},
    "team": {"type": "string", "minLength": 1, "description": "Managed team that gets the ticket"}
  },
  "required": ["word", "team"],
  "additionalProperties": false
})";

class Keyword : public RoutingRule {
 public:
  Keyword(Host&, std::string_view settings_json) {
    const Json settings = Json::parse(settings_json);
    word_ = settings["word"].text();
    team_ = settings["team"].text();
    if (word_.empty())
      throw Failure(Outcome::invalid, "The keyword rule needs a word to look for: set `word`.");
  }

  // A ticket that is not named here goes to the next rule.
  void decide(const Batch& tickets, const RoutingContext& context, Routes& routes) override {
    for (const Record ticket : tickets)
      if (ticket.text("summary").find(word_) != std::string_view::npos && context.at_work(ticket, team_))
        routes.route(ticket, team_, "The summary holds the word \"" + word_ + "\".");
  }

 private:
  std::string word_, team_;
};

}  // namespace

PSABRIDGE_PLUGIN("com.example.keyword-rule", "1.0.0", "Example Ltd",
                 "Routes tickets by a word in their summary",
                 routing<Keyword>("keyword", "Sends tickets with a word in their summary to a team at work",
                                  kSettings));
