// From names to addresses, under a time limit that the system's own lookup does not know.
#pragma once
#include <Poco/Net/IPAddress.h>

#include <vector>

#include "core/net/patience.h"
#include "core/net/url.h"

namespace psabridge::net {

/// No name server knows the name, or none answers. Code PB1201.
class NameNotFound : public Error {
 public:
  explicit NameNotFound(std::string message) : Error("PB1201", std::move(message)) {}
};

/// The addresses of the host of `peer`, in the order in which they should be tried; at least one. Addresses
/// and "localhost" need no lookup. Throws Error PB1201 when the name is not known or the time is over,
/// PB1410. A lookup that is given up ends on a thread of its own and its result is dropped.
std::vector<Poco::Net::IPAddress> look_up(const Url& peer, const Patience& patience);

/// Those of the addresses that a connection may go to (core/net/address.h). Throws Error PB1216 when there is
/// none, and what look_up() throws.
std::vector<Poco::Net::IPAddress> look_up_permitted(const Url& peer, bool allow_private,
                                                    const Patience& patience);

/// True when the host of `url` leads to an address without a name server: it is one, or it is "localhost".
bool needs_no_lookup(const Url& url);

}  // namespace psabridge::net
