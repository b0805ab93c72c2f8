// Where a server listens: an address of this machine and a port.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace psabridge::config {

struct Endpoint {
  std::string host;        ///< IPv4 or IPv6 address, without brackets, or "localhost"
  std::uint16_t port = 0;  ///< 0: any free one
  bool loopback = false;   ///< only this machine reaches it
};

/// "127.0.0.1:8730", "[::1]:8730", "localhost:8730". Nothing when it is another text.
std::optional<Endpoint> parse_endpoint(std::string_view text);

}  // namespace psabridge::config
