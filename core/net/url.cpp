#include "core/net/url.h"

#include <Poco/Base64Encoder.h>
#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>

#include "core/base/error.h"
#include "core/base/text.h"

namespace psabridge::net {
namespace {

constexpr std::string_view kNotShown = "(address not shown: it may hold a password)";

[[noreturn]] void refuse(std::string_view text, std::string_view reason) {
  const bool may_be_shown = text.find_first_of("@?") == std::string_view::npos;
  throw Error("PB1209", std::string(may_be_shown ? text : kNotShown) +
                            " is no address that can be asked: " + std::string(reason) + ".");
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::uint16_t default_port(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

/// Splits "host", "host:port", "[v6]" or "[v6]:port" into `url`.
bool read_authority(std::string_view text, Url& url) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return false;
    url.host = ascii_lowered(text.substr(1, close - 1));
    port = text.substr(close + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    url.host = ascii_lowered(text.substr(0, colon));
    port = text.substr(colon);
  }
  url.port = default_port(url.scheme);
  if (!port.empty()) {
    const auto number = port.front() == ':' ? parse_port(port.substr(1)) : std::nullopt;
    if (!number) return false;
    url.port = *number;
  }
  return !url.host.empty();
}

bool is_visible_ascii(char c) { return c > ' ' && c < '\x7f'; }

std::string_view user_info(std::string_view text) {
  const auto begin = text.find("://") + 3;
  const auto authority = text.substr(begin, text.find_first_of("/?#", begin) - begin);
  const auto at = authority.rfind('@');
  return at == std::string_view::npos ? std::string_view() : authority.substr(0, at);
}

std::string base64(const std::string& text) {
  std::ostringstream encoded;
  Poco::Base64Encoder encoder(encoded);
  encoder.rdbuf()->setLineLength(0);
  encoder << text;
  encoder.close();
  return encoded.str();
}

}  // namespace

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == default_port(scheme) ? name : name + ":" + std::to_string(port);
}

std::string Url::origin() const { return scheme + "://" + authority(); }

std::string Url::shown() const { return origin() + target.substr(0, target.find('?')); }

Url parse_url(std::string_view text) {
  if (!std::ranges::all_of(text, is_visible_ascii))
    refuse(kNotShown, "it holds a blank or a control character");
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) refuse(text, "it does not begin with https:// or http://");
  Url url;
  url.scheme = ascii_lowered(text.substr(0, colon));
  if (url.scheme != "http" && url.scheme != "https") refuse(text, "only https and http are known");
  const auto rest = text.substr(colon + 3);
  const auto authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  auto authority = rest.substr(0, authority_end);
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  if (!read_authority(authority, url)) refuse(text, "its host or port cannot be read");
  const auto target = rest.substr(authority_end);
  url.target = target.substr(0, target.find('#'));
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

Proxy parse_proxy(std::string_view text) try {
  Proxy proxy{parse_url(text), {}};
  if (proxy.url.secure())
    throw Error("PB1214", "The proxy " + proxy.url.origin() + " must be given as http://.");
  if (const auto credentials = user_info(text); !credentials.empty()) {
    std::string decoded;
    Poco::URI::decode(std::string(credentials), decoded);
    proxy.authorization = "Basic " + base64(decoded);
  }
  return proxy;
} catch (const Poco::Exception&) {
  throw Error(
      "PB1214",
      "User or password in the proxy address cannot be read: percent-encode their special characters.");
} catch (const Error& error) {
  if (error.code() == "PB1214") throw;
  throw Error("PB1214", "The proxy address cannot be used. " + error.message());
}

}  // namespace psabridge::net
