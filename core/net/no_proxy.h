// Which servers are asked directly although a proxy is configured.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/net/address.h"
#include "core/net/url.h"

namespace psabridge::net {

/// The list `no_proxy`, read as other programs read theirs. Thread-safe once made.
///   "halo.example"    this name and every name below it
///   ".halo.example"   every name below it ("*.halo.example" is the same)
///   "10.1.2.3", "fd00::1", "10.0.0.0/8", "fd00::/8"   addresses in the URL; names are not looked up for this
///   "*"               everything
/// Each but "*" and the ranges may end in ":port" ("[fd00::1]:8443") and then covers that port alone.
class NoProxy {
 public:
  /// Throws Error PB1214 naming an entry that is none of these.
  explicit NoProxy(const std::vector<std::string>& entries);
  bool covers(const Url& url) const;

 private:
  struct Entry {
    std::optional<IpNetwork> network = {};
    std::string name = {};    ///< lower case, without the dot in front; for entries that are no network
    bool only_below = false;  ///< not the name itself
    std::uint16_t port = 0;   ///< 0: every port
  };
  static std::optional<Entry> read(std::string text);
  static bool matches(const Entry& entry, const Url& url);

  bool everything_ = false;
  std::vector<Entry> entries_;
};

}  // namespace psabridge::net
