// HostServices as the C table that a plugin instance is given.
#pragma once
#include <psabridge/abi.h>

#include <string>

#include "core/plugin/roles.h"

namespace psabridge::plugin {

/// Lives as long as the instance that it is lent to. Thread-safe. No exception leaves its functions: an Error
/// becomes a status with the same code, class, message and retry-after.
class HostTable {
 public:
  /// `tag` stands before the instance's log lines: "halo connector".
  HostTable(HostServices& services, std::string tag);
  HostTable(const HostTable&) = delete;
  HostTable& operator=(const HostTable&) = delete;

  const psabridge_host* plain() const noexcept { return &plain_; }

 private:
  static psabridge_code http(void* self, const psabridge_http_request* request,
                             const psabridge_http_sink* sink, const psabridge_call* call) noexcept;
  static std::int64_t now_ms(void* self) noexcept;
  static psabridge_code secret(void* self, psabridge_str reference, const psabridge_text_sink* sink,
                               const psabridge_call* call) noexcept;
  static psabridge_code state_get(void* self, psabridge_str key, const psabridge_text_sink* sink,
                                  const psabridge_call* call) noexcept;
  static psabridge_code state_put(void* self, psabridge_str key, psabridge_str value,
                                  const psabridge_call* call) noexcept;
  static void log(void* self, psabridge_level level, psabridge_str text) noexcept;
  static psabridge_code token(void* self, psabridge_str sign_in, psabridge_str refused,
                              const psabridge_text_sink* sink, const psabridge_call* call) noexcept;

  HostServices& services_;
  std::string tag_;
  psabridge_host plain_;
};

}  // namespace psabridge::plugin
