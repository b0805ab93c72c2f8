// What the host lends to the plugins of one connection: network under its policy, tokens, clock, secrets,
// memory and log.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/redactor.h"
#include "core/config/config.h"
#include "core/connection/memory.h"
#include "core/connection/standing.h"
#include "core/connection/token_keeper.h"
#include "core/net/http_client.h"
#include "core/net/rate_limiter.h"
#include "core/plugin/roles.h"
#include "core/vault/secrets.h"

namespace psabridge::connection {

/// Where log lines go; thread-safe. `level` is a psabridge_level.
using LogSink = std::function<void(std::uint32_t level, std::string_view tag, std::string_view text)>;

/// What all connections of a process share; everything outlives the connections' services.
struct Installation {
  Clock& clock;
  Redactor& redactor;
  LogSink log;
  store::Control& control;
  vault::Vault& vault;
  vault::Secrets& secrets;
};

/// What the work is for decides how patient it is.
enum class Purpose {
  sync,   ///< steady: retries, waits for the rate limit, stops when the connection is paused
  event,  ///< like sync, but before it in the rate limit: somebody looks at this record just now
  check   ///< somebody waits for the answer: one try each, before routine work, and a sign-in of its own
};

/// The rate limit of a connection's account, for everything in this process that talks to it.
std::shared_ptr<net::RateLimiter> make_limiter(const config::Connection& connection, Clock& clock);

/// How this connection may talk to the world. Throws Error PB1010 when the proxy's secret cannot be read.
net::HttpPolicy http_policy(const config::Connection& connection, vault::Secrets& secrets, Redactor& redactor,
                            Purpose purpose);

/// Thread-safe. Those of one connection share its rate limit.
class Services final : public plugin::HostServices {
 public:
  /// Everything referred to outlives the services.
  Services(const config::Connection& connection, const Installation& installation, Memory& memory,
           Purpose purpose, std::shared_ptr<net::RateLimiter> limiter);

  HttpResponse http(const HttpRequest& request, const std::function<bool()>& stop) override;
  std::int64_t now_ms() override;
  std::string secret(std::string_view reference) override;
  std::string token(std::string_view sign_in, std::string_view refused,
                    const std::function<bool()>& stop) override;
  std::string state_get(std::string_view key) override;
  void state_put(std::string_view key, std::string_view value) override;
  void log(std::uint32_t level, std::string_view tag, std::string_view text) override;

  /// The text without secrets, for what is kept of a run: servers may repeat what they were sent.
  std::string redacted(std::string_view text) const;

  const net::RateLimiter& limiter() const noexcept { return *limiter_; }
  TokenEndpoint& token_endpoint() noexcept { return token_endpoint_; }
  TokenKeeper& tokens() noexcept { return tokens_; }
  /// HTTP requests made so far, repeats and sign-in included.
  std::uint64_t requests() const noexcept { return client_.requests(); }

 private:
  net::HttpPolicy policy();
  std::shared_ptr<const SignIn> parsed(std::string_view sign_in);
  void look_at_standing();

  const config::Connection& connection_;
  const Installation installation_;
  Memory& memory_;
  const Purpose purpose_;
  const std::string owner_;
  const std::shared_ptr<net::RateLimiter> limiter_;
  net::HttpClient client_;
  TokenEndpoint token_endpoint_;
  TokenKeeper tokens_;
  Standing standing_;
  std::atomic<bool> proved_ = false;  ///< a check has signed in anew
  std::mutex mutex_;                  ///< guards the members below
  std::string sign_in_text_;
  std::shared_ptr<const SignIn> sign_in_;  ///< of that text
  Milliseconds looked_at_standing_{};      ///< monotonic; 0: never
};

}  // namespace psabridge::connection
