// Absolute http and https addresses, taken apart without changing a byte of what goes over the wire.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace psabridge::net {

/// One absolute address. User and password of the text are dropped: they are never sent nor shown.
struct Url {
  std::string scheme;  ///< "http" or "https"
  std::string host;    ///< lower case; an IPv6 address without brackets
  std::uint16_t port = 0;
  std::string target;  ///< path and query as written, "/" when empty; without the fragment

  bool secure() const noexcept { return scheme == "https"; }
  /// "acme.halopsa.com:8443", the port only when it is not the scheme's own.
  std::string authority() const;
  /// "https://acme.halopsa.com"
  std::string origin() const;
  /// Origin and path: what error texts may show. Queries can hold secrets.
  std::string shown() const;
};

/// Throws Error PB1209 when `text` is no absolute http or https address; the message does not repeat secrets.
Url parse_url(std::string_view text);

/// Where a proxy stands and how to sign in to it.
struct Proxy {
  Url url;
  std::string authorization;  ///< value of Proxy-Authorization, or empty. Secret.
};

/// Reads "http://[user:password@]host:port"; user and password may be percent-encoded. Throws Error PB1214.
Proxy parse_proxy(std::string_view text);

}  // namespace psabridge::net
