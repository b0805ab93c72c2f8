// The host of plugin instances that are only asked for their descriptions or checked.
#pragma once
#include "core/plugin/roles.h"

namespace psabridge::plugin {

/// Has a clock and nothing else: no server, secret or memory can be reached through it. Thread-safe.
class OfflineHost final : public HostServices {
 public:
  /// Always throws Error PB1209.
  HttpResponse http(const HttpRequest& request, const std::function<bool()>& stop) override;
  std::int64_t now_ms() override;
  std::string secret(std::string_view reference) override;
  /// Always throws Error PB1209.
  std::string token(std::string_view sign_in, std::string_view refused,
                    const std::function<bool()>& stop) override;
  std::string state_get(std::string_view key) override;
  void state_put(std::string_view key, std::string_view value) override;
  void log(std::uint32_t level, std::string_view tag, std::string_view text) override;
};

}  // namespace psabridge::plugin
