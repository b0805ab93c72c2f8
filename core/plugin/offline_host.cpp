#include "core/plugin/offline_host.h"

#include "core/base/clock.h"
#include "core/base/error.h"

namespace psabridge::plugin {

HostServices::HttpResponse OfflineHost::http(const HttpRequest& request, const std::function<bool()>&) {
  throw Error("PB1209", "The plugin asked for " + std::string(request.url) +
                            " while it was only being checked, where nothing is sent.");
}
std::int64_t OfflineHost::now_ms() { return system_clock().now().time_since_epoch().count(); }
std::string OfflineHost::secret(std::string_view) { return {}; }
std::string OfflineHost::token(std::string_view, std::string_view, const std::function<bool()>&) {
  throw Error("PB1209",
              "The plugin asked for a token while it was only being checked, where nothing is sent.");
}
std::string OfflineHost::state_get(std::string_view) { return {}; }
void OfflineHost::state_put(std::string_view, std::string_view) {}
void OfflineHost::log(std::uint32_t, std::string_view, std::string_view) {}

}  // namespace psabridge::plugin
