// What the parts of the configuration that speak of webhooks mean together: defaults that hang on another
// value, and values that do not go together.
#pragma once
#include <vector>

#include "core/config/config.h"
#include "core/config/document.h"

namespace psabridge::config {

/// Sets what a connection's webhook leaves open: the secret's name, the header and the prefix of the proof.
/// `root` is the tree that the configuration was read from; so below.
void complete_webhooks(Config& config, const Node& root);

void check_webhooks(const Config& config, const Node& root, std::vector<Problem>& problems);
void check_serve(const Config& config, const Node& root, std::vector<Problem>& problems);

}  // namespace psabridge::config
