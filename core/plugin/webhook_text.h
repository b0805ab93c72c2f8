// The JSON in which webhooks cross between host and plugin (docs/reference/webhooks.md).
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/plugin/roles.h"

namespace psabridge::plugin {

std::string text_of(const WantedWebhook& wanted);

// Each throws Misfit for a text that is not of the documented form. Members that are not known are ignored: a
// newer plugin may have more to say.
Webhook read_webhook(std::string_view json);
std::vector<Webhook> read_webhooks(std::string_view json);
std::vector<WebhookDelivery> read_deliveries(std::string_view json);

}  // namespace psabridge::plugin
