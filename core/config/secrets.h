// Secret references: resolved at the moment of use, never kept in configuration values.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace psabridge::config {

/// True for "env://NAME", "file:///path" and "secret://name".
bool is_secret_reference(std::string_view text);

/// Reads the secret. "secret://name" is `$CREDENTIALS_DIRECTORY/name` (systemd) when that exists, else
/// `folder`/secrets/name, which others must not be able to read. One trailing line end is dropped.
/// Text that is no reference is returned as it is (only --allow-plain lets such settings through).
/// Throws Error PB1010 naming the reference, never the value.
std::string resolve_secret(std::string_view reference, const std::filesystem::path& folder);

}  // namespace psabridge::config
