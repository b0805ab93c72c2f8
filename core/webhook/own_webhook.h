// psabridge's own webhook at a source: how it is known there, and what it shall be.
#pragma once
#include <string>

#include "core/config/config.h"
#include "core/plugin/roles.h"

namespace psabridge::webhook {

/// "psabridge CONNECTION". Whatever has this name at the source is taken for ours, wherever it delivers to:
/// the address changes with the configuration.
std::string own_name(const config::Connection& connection);

/// Throws Error PB2106 that names what is missing: `webhook.auth` of the connection, `serve.public_url`.
void require_settings(const config::Config& config, const config::Connection& connection);

/// What ours shall be, still without id and events. `secret` itself goes into the address alone, and only
/// when that is the proof.
plugin::WantedWebhook wanted_webhook(const config::Config& config, const config::Connection& connection,
                                     const std::string& secret);

/// The address of any webhook of the source as people may see it: of ours without its secret, of others no
/// more than their server, because whoever knows the rest may be able to deliver there.
std::string shown_address(const std::string& url, const config::Config& config,
                          const config::Connection& connection);

}  // namespace psabridge::webhook
