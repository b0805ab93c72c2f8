#include "core/net/no_proxy.h"

#include <algorithm>
#include <charconv>

#include "core/base/error.h"
#include "core/base/text.h"

namespace psabridge::net {
namespace {

using Poco::Net::IPAddress;

/// Takes ":8443" off the end of a name or of "[address]"; false when what follows the colon is no port.
bool take_port(std::string& text, std::uint16_t& port) {
  const auto colon = text.rfind(':');
  const bool has_port = colon != std::string::npos && (text.find(':') == colon || text[colon - 1] == ']');
  if (!has_port) return true;
  const char* const end = text.data() + text.size();
  const auto [read_to, failure] = std::from_chars(text.data() + colon + 1, end, port);
  if (failure != std::errc() || read_to != end || port == 0) return false;
  text.resize(colon);
  return true;
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

}  // namespace

NoProxy::NoProxy(const std::vector<std::string>& entries) {
  for (const auto& text : entries) {
    if (text == "*") {
      everything_ = true;
      continue;
    }
    auto entry = read(ascii_lowered(text));
    if (!entry)
      throw Error("PB1214", "The entry \"" + text +
                                "\" of no_proxy cannot be read: it must be a host name, .domain, an address, "
                                "a range such as 10.0.0.0/8, or *.");
    entries_.push_back(std::move(*entry));
  }
}

std::optional<NoProxy::Entry> NoProxy::read(std::string text) {
  Entry entry;
  if (!take_port(text, entry.port)) return std::nullopt;
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  entry.network = IpNetwork::parse(text);
  if (entry.network) return entry;
  if (text.starts_with("*.")) text.erase(0, 1);
  entry.only_below = text.starts_with('.');
  entry.name = text.substr(entry.only_below ? 1 : 0);
  return is_name(entry.name) ? std::optional(entry) : std::nullopt;
}

bool NoProxy::covers(const Url& url) const {
  return everything_ ||
         std::ranges::any_of(entries_, [&](const Entry& entry) { return matches(entry, url); });
}

bool NoProxy::matches(const Entry& entry, const Url& url) {
  if (entry.port != 0 && entry.port != url.port) return false;
  if (entry.network) {
    IPAddress address;
    return IPAddress::tryParse(url.host, address) && entry.network->contains(address);
  }
  if (url.host == entry.name) return !entry.only_below;
  return url.host.ends_with("." + entry.name);
}

}  // namespace psabridge::net
