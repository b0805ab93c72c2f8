// What the host lends to a connector whose writes are only to be seen.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/plugin/roles.h"
#include "core/writeback/sender.h"

namespace psabridge::writeback {

/// Lets questions out and keeps what would change something, which then fails as if the call were stopped.
class DryServices final : public plugin::HostServices {
 public:
  explicit DryServices(plugin::HostServices& real) : real_(real) {}

  HttpResponse http(const HttpRequest& request, const std::function<bool()>& stop) override {
    if (request.method == "GET" || request.method == "HEAD") return real_.http(request, stop);
    calls.push_back({std::string(request.method), std::string(request.url), std::string(request.body)});
    throw Error("PB1410", "Dry run: nothing is written.");
  }
  std::int64_t now_ms() override { return real_.now_ms(); }
  std::string secret(std::string_view reference) override { return real_.secret(reference); }
  std::string token(std::string_view sign_in, std::string_view refused,
                    const std::function<bool()>& stop) override {
    return real_.token(sign_in, refused, stop);
  }
  std::string state_get(std::string_view key) override { return real_.state_get(key); }
  void state_put(std::string_view, std::string_view) override {}
  void log(std::uint32_t level, std::string_view tag, std::string_view text) override {
    real_.log(level, tag, text);
  }

  std::vector<DryCall> calls;  ///< what would have been sent

 private:
  plugin::HostServices& real_;
};

}  // namespace psabridge::writeback
