// How each server is reached: directly or through the proxy, and which addresses may be asked.
#pragma once
#include <optional>

#include "core/net/channel.h"
#include "core/net/http_client.h"
#include "core/net/no_proxy.h"

namespace psabridge::net {

/// The routes of one policy. Thread-safe once made.
class Routes {
 public:
  /// Throws Error PB1214 when `proxy` or `no_proxy` of the policy cannot be used.
  explicit Routes(const HttpPolicy& policy)
      : proxy_(policy.proxy.empty() ? std::nullopt : std::optional(parse_proxy(policy.proxy))),
        no_proxy_(policy.no_proxy),
        allow_private_(policy.allow_private) {}

  /// Null when the server is asked directly.
  const Proxy* proxy_for(const Url& url) const {
    return proxy_ && !no_proxy_.covers(url) ? &*proxy_ : nullptr;
  }
  Route to(const Url& url) const {
    const Proxy* const proxy = proxy_for(url);
    return {proxy ? std::optional(*proxy) : std::nullopt, allow_private_};
  }

 private:
  const std::optional<Proxy> proxy_;
  const NoProxy no_proxy_;
  const bool allow_private_;
};

}  // namespace psabridge::net
