// Teams for clients that are in no link, guessed from names and domains: for `links auto`.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "core/routing/link_table.h"
#include "core/routing/roster.h"
#include "core/store/teams.h"

namespace psabridge::routing {

struct LinkProposal {
  std::string client, name;  ///< source id; name
  std::string team;
  double score = 0;     ///< (0, 1]: how sure, all evidence for the team together
  std::string why;      ///< sentences for an admin
  std::string rival{};  ///< another team that something speaks for: a person has to decide
};

/// Live clients without a link, be it off, for which something speaks: the surest first, then by name. Only
/// teams that take tickets are proposed.
std::vector<LinkProposal> propose_links(std::span<const store::LinkedClient> clients, const LinkTable& links,
                                        const Roster& roster);

}  // namespace psabridge::routing
