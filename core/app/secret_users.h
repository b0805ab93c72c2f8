// Who refers to a secret.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"

namespace psabridge::app {

/// The parts of the configuration that name the reference ("secret://acme"): "connections.acme",
/// "pipelines.main".
std::vector<std::string> users_of(const config::Config& config, std::string_view reference);

}  // namespace psabridge::app
