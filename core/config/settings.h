// Subtrees that plugins read: the YAML as JSON, with the place of every value.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/config/document.h"

namespace psabridge::config {

/// Every key of the mapping that is not one of `owned`, which the host reads itself. `node` is a mapping or
/// null.
Settings settings_of(const Node& node, std::span<const std::string> owned);

/// The problem of a secret that stands in the file itself. `path` is that of the node in the tree.
Problem plain_secret(const Node& node, const std::string& path);

/// Appends a problem when the key is named like a secret and holds something else than a reference; so for
/// all keys below it.
void check_plain_secrets(const Node::Entry& entry, const std::string& tree, std::vector<Problem>& problems);

/// Appends a problem for every address of the tree that holds a password ("postgresql://user:password@host").
void check_addresses(const Node& node, const std::string& tree, std::vector<Problem>& problems);

/// True for a key that holds a secret: "password", "client_secret", "proxy_password". Such values never go
/// into a message.
bool is_secret_key(std::string_view key);

}  // namespace psabridge::config
