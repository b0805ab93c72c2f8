// A connection with its connector, for work that needs no store: checks and sign-in.
#pragma once
#include <memory>

#include "core/connection/services.h"
#include "core/plugin/registry.h"

namespace psabridge::connection {

class LiveConnection {
 public:
  /// Everything referred to outlives it. Throws Error PB1110 when no plugin offers the connector, what the
  /// connector says to its settings, and what Services throws.
  LiveConnection(const config::Connection& connection, const plugin::Registry& registry,
                 const Installation& installation)
      : services_(connection, installation, memory_, Purpose::check,
                  make_limiter(connection, installation.clock)),
        connector_(registry.make_connector(connection.connector,
                                           boost::json::serialize(connection.settings.values), services_)) {}

  Services& services() noexcept { return services_; }
  plugin::Connector& connector() noexcept { return *connector_; }

 private:
  PassingMemory memory_;
  Services services_;
  std::unique_ptr<plugin::Connector> connector_;
};

}  // namespace psabridge::connection
