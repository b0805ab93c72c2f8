// What is wrong with the links of a connection: for `links report` and `doctor`.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/routing/roster.h"
#include "core/store/store.h"

namespace psabridge::routing {

struct LinkFlaw {
  std::string code;          ///< PB18xx: which kind
  std::string client, name;  ///< source id; name, empty when the client is not stored
  std::int64_t link = 0;     ///< its number; 0: there is none
  std::string team;          ///< of the link
  std::string fact;          ///< a sentence for an admin
  std::uint64_t tickets = 0, open_tickets = 0, assets = 0;  ///< live ones of the client
};

/// By code; of one code those with most open tickets first, then by client. Links that are switched off are
/// only looked at for clients that are gone. Throws what the reader throws.
std::vector<LinkFlaw> find_link_flaws(const store::Reader& reader, std::string_view connection,
                                      const Roster& roster);

}  // namespace psabridge::routing
