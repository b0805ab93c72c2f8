#include "core/config/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>

namespace psabridge::config {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), port);
  return status == std::errc{} && end == text.data() + text.size() ? std::optional(port) : std::nullopt;
}

/// Whether only this machine reaches the address; nothing when the text is none. Judged by its number: an
/// IPv6 address can be written in many ways.
std::optional<bool> is_loopback(const std::string& host, bool in_brackets) {
  in_addr v4{};
  in6_addr v6{};
  if (in_brackets) {
    if (inet_pton(AF_INET6, host.c_str(), &v6) != 1) return std::nullopt;
    return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == IN_LOOPBACKNET);
  }
  if (host == "localhost") return true;
  if (inet_pton(AF_INET, host.c_str(), &v4) != 1) return std::nullopt;
  return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
}

}  // namespace

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool in_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (in_brackets) host = host.substr(1, host.size() - 2);
  Endpoint endpoint{.host = std::string(host)};
  const auto port = parse_port(text.substr(colon + 1));
  const auto loopback = is_loopback(endpoint.host, in_brackets);
  if (!port || !loopback) return std::nullopt;
  endpoint.port = *port;
  endpoint.loopback = *loopback;
  return endpoint;
}

}  // namespace psabridge::config
