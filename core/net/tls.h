// How the host trusts servers: TLS 1.2 or newer, certificate chain and host name verified, always.
#pragma once
#include <Poco/Net/Context.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <openssl/x509.h>

#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/net/url.h"

namespace psabridge::net {

/// Trusts the system's authorities and those of `ca_file` (PEM), if one is given. Throws Error PB1210 when it
/// cannot be used.
Poco::Net::Context::Ptr make_client_context(const std::string& ca_file);

/// What went wrong in a handshake that this thread has just made, in words: expired, unknown authority, too
/// old a protocol, ... `reason` is OpenSSL's own text. The code is PB1213.
Error handshake_error(const Url& url, const std::string& reason);

/// A reason of OpenSSL for a failed handshake, told apart and in words.
struct HandshakeProblem {
  enum class Kind { too_old, no_tls, cut, other } kind;  ///< cut: the peer ended the connection
  std::string sentence;
};
HandshakeProblem explain_handshake(const std::string& reason);
/// A result of OpenSSL's verification of a chain (X509_V_ERR_...), in words.
std::string explain_trust(int result);
/// What to say when a certificate for `names` was shown for `host`.
std::string explain_names(const std::vector<std::string>& names, const std::string& host);

/// The host names and addresses that a certificate is for; its common name when it names none.
std::vector<std::string> names_of(const X509* certificate);

/// Forgets what an earlier handshake of this thread left for handshake_error().
void begin_handshake() noexcept;

/// Checks that the peer's certificate is for the host of `url`. Throws Error PB1213 naming the hosts that it
/// is for.
void check_peer_name(Poco::Net::SecureStreamSocket& socket, const Url& url);

}  // namespace psabridge::net
