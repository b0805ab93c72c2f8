// How the host trusts servers: TLS 1.2 or newer, certificate chain and host name verified, always.
#pragma once
#include <Poco/Net/Context.h>
#include <Poco/Net/SecureStreamSocket.h>

#include <string>

#include "core/base/error.h"
#include "core/net/url.h"

namespace psabridge::net {

/// Trusts the system's authorities and those of `ca_file` (PEM), if one is given. Throws Error PB1210 when it
/// cannot be used.
Poco::Net::Context::Ptr make_client_context(const std::string& ca_file);

/// What went wrong in a handshake that this thread has just made, in words: expired, unknown authority, too
/// old a protocol, ... `reason` is OpenSSL's own text. The code is PB1213.
Error handshake_error(const Url& url, const std::string& reason);

/// Forgets what an earlier handshake of this thread left for handshake_error().
void begin_handshake() noexcept;

/// Checks that the peer's certificate is for the host of `url`. Throws Error PB1213 naming the hosts that it
/// is for.
void check_peer_name(Poco::Net::SecureStreamSocket& socket, const Url& url);

}  // namespace psabridge::net
