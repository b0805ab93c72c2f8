// Rules that spread tickets over several teams: each ticket goes to the team that has the fewest.
#pragma once
#include <cstddef>
#include <cstdint>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "routing/common/declared_teams.h"

namespace psabridge::routing {

/// Which tickets of a team are counted.
struct Measure {
  std::uint64_t sdk::Team::*count;
  std::string_view fewest;  ///< "has the fewest open tickets"
};

/// JSON Schema of the settings of such a rule.
inline constexpr std::string_view kFewestFirstSettings = R"({
  "type": "object",
  "properties": {
    "teams": {
      "type": "array", "minItems": 1, "uniqueItems": true,
      "items": {"type": "string", "minLength": 1, "description": "the name of a team"},
      "description": "the names of the teams that share the tickets, each once; give these or `group`, not both"
    },
    "group": {
      "type": "string", "minLength": 1,
      "description": "the name of the team whose parts (those that have it as their parent) share the tickets; give this or `teams`, not both"
    },
    "at_work": {
      "type": "boolean", "default": false,
      "description": "true to choose among the teams that were at work when the ticket was opened, if any was"
    }
  },
  "if": {"required": ["group"]},
  "then": {"properties": {"teams": {"maxItems": 0}}},
  "else": {"required": ["teams"]},
  "additionalProperties": false
})";

/// A ticket stays where the rule sent it before, as long as that team is one of its teams and receives
/// tickets. Any other goes to the team with the fewest, those given in the same call included; of equal ones
/// to the first by name. When no team is declared nothing is counted, and a hash of the ticket's id chooses.
/// Nothing is remembered between calls.
class FewestFirst : public sdk::RoutingRule {
 protected:
  /// Throws Failure(invalid) unless the settings give either `teams` or `group`. `host` lives longer.
  FewestFirst(sdk::Host& host, std::string_view settings_json, Measure measure);

 private:
  /// A team that may be chosen.
  struct Candidate {
    std::string_view name;
    std::uint64_t tickets = 0;
  };
  using Candidates = std::vector<Candidate>;  // sorted by name
  /// Those that may have one ticket; never empty.
  struct Eligible {
    std::vector<Candidate*> teams;
    std::string_view words;  ///< start of a sentence that goes on with "team"
  };
  struct Choice {
    Candidate* team;
    std::string reason;
  };

  void decide(const sdk::Batch& tickets, const sdk::RoutingContext& context, sdk::Routes& routes) final;
  Candidates candidates(const DeclaredTeams& teams) const;
  void warn_if_none(const Candidates& candidates, const DeclaredTeams& teams);
  Eligible eligible(const sdk::Record& ticket, const sdk::RoutingContext& context,
                    Candidates& candidates) const;
  Choice fewest(Eligible eligible) const;
  static Choice by_id(const sdk::Record& ticket, const Eligible& eligible);

  sdk::Host& host_;
  Measure measure_;
  std::vector<std::string> teams_;  // sorted; empty when `group_` is given
  std::string group_;
  bool at_work_;
  bool warned_ = false;
};

}  // namespace psabridge::routing
