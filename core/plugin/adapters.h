// One adapter per role: the C tables of a loaded plugin as the host's interfaces of core/plugin/roles.h.
#pragma once
#include <memory>
#include <string_view>

#include "core/plugin/instance.h"
#include "core/plugin/roles.h"

namespace psabridge::plugin {

// Each creates an instance of the plugin. `role` and `services` outlive it. Throws what the plugin said, and
// Error PB1104 when a connector or syncer describes itself wrongly.
std::unique_ptr<Connector> adapt_connector(const LoadedRole& role, std::string_view settings,
                                           HostServices& services);
std::unique_ptr<Syncer> adapt_syncer(const LoadedRole& role, std::string_view settings,
                                     HostServices& services);
std::unique_ptr<DedupStrategy> adapt_dedup(const LoadedRole& role, std::string_view settings,
                                           HostServices& services);
std::unique_ptr<RoutingRule> adapt_routing(const LoadedRole& role, std::string_view settings,
                                           HostServices& services);
std::unique_ptr<Notifier> adapt_notifier(const LoadedRole& role, std::string_view settings,
                                         HostServices& services);

}  // namespace psabridge::plugin
