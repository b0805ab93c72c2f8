// A TLS handshake that looks instead of trusting: it accepts any certificate, notes what the client would
// have refused, and is followed by nothing.
#pragma once
#include "core/net/channel.h"
#include "core/net/probe.h"

namespace psabridge::net {

enum class TlsVersions {
  current,  ///< those that the client accepts: 1.2 and newer
  old       ///< 1.0 and 1.1 only
};

/// Makes the handshake on a fresh channel and fills everything of `facts` but connection and took. `context`
/// is the client's own, so that the verdict is the one that the client would give. Throws Error PB1410 and
/// TimedOut.
void inspect_tls(const Channel& channel, const Url& url, const Poco::Net::Context::Ptr& context,
                 TlsVersions versions, const Patience& patience, TlsFacts& facts);

}  // namespace psabridge::net
