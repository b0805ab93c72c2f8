// The events that a connection's webhook shall announce.
#pragma once
#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/plugin/roles.h"

namespace psabridge::app {

struct WebhookEvents {
  std::vector<plugin::Webhook::Subscription> wanted;  ///< each number once
  /// Kinds about what pipelines read whose number nobody knows: "client.changed (Client Updated)".
  std::vector<std::string> unnumbered;
};

/// What all pipelines of the connection ask for together.
WebhookEvents webhook_events(const config::Config& config, const config::Connection& connection,
                             const plugin::ConnectorProfile& profile);

/// How an admin gives the numbers that are not known, in a sentence; empty when all are.
std::string numbers_advice(const WebhookEvents& events);

}  // namespace psabridge::app
