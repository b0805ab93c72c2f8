// What the host lends to the plugins of one connection: network under its policy, clock, secrets, state and
// log.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "core/base/clock.h"
#include "core/base/redactor.h"
#include "core/config/config.h"
#include "core/net/http_client.h"
#include "core/plugin/roles.h"
#include "core/store/store.h"

namespace psabridge::pipeline {

/// Where log lines go; thread-safe. `level` is a psabridge_level.
using LogSink = std::function<void(std::uint32_t level, std::string_view tag, std::string_view text)>;

/// A store writer that several threads share: whoever uses it holds the mutex.
struct SharedWriter {
  store::Writer& writer;
  std::mutex mutex;
};

/// Thread-safe. One per connection: its rate limit is shared by everything that talks to that account.
class ConnectionServices final : public plugin::HostServices {
 public:
  /// Everything referred to outlives the services.
  ConnectionServices(const config::Connection& connection, std::filesystem::path folder, Clock& clock,
                     Redactor& redactor, LogSink log, SharedWriter& store);

  HttpResponse http(const HttpRequest& request, const std::function<bool()>& stop) override;
  std::int64_t now_ms() override;
  std::string secret(std::string_view reference) override;
  std::string state_get(std::string_view key) override;
  void state_put(std::string_view key, std::string_view value) override;
  void log(std::uint32_t level, std::string_view tag, std::string_view text) override;

  const net::RateLimiter& limiter() const noexcept { return limiter_; }
  /// HTTP requests made so far, repeats and sign-in included.
  std::uint64_t requests() const noexcept { return client_.requests(); }

 private:
  std::string owner_;
  std::filesystem::path folder_;
  Clock& clock_;
  Redactor& redactor_;
  LogSink log_;
  SharedWriter& store_;
  net::RateLimiter limiter_;
  net::HttpClient client_;
};

}  // namespace psabridge::pipeline
