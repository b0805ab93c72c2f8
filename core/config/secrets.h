// Secret references: resolved at the moment of use, never kept in configuration values.
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace psabridge::config {

struct Connection;
struct Settings;

/// True for "env://NAME", "file:///path" and "secret://name".
bool is_secret_reference(std::string_view text);

/// Every secret reference in a plugin's settings, and in a connection with what the host reads itself.
std::set<std::string, std::less<>> secret_references(const Settings& settings);
std::set<std::string, std::less<>> secret_references(const Connection& connection);

/// True for what may stand after secret://: letters, digits, '_', '-' and '.', not at the beginning. A file
/// name that stays in its folder.
bool is_secret_name(std::string_view text);

/// The name of a reference "secret://name"; nothing for any other text.
std::optional<std::string_view> secret_name(std::string_view reference);

/// The file of a systemd credential (`$CREDENTIALS_DIRECTORY/name`), when it is there.
std::optional<std::filesystem::path> credential_file(std::string_view name);

/// `folder`/secrets/name, be it there or not.
std::filesystem::path secret_file(std::string_view name, const std::filesystem::path& folder);

/// Why a text cannot be a secret (empty, larger than 64 KiB, no text), or nothing.
std::string objection_to_secret(std::string_view text);

/// Reads the secret. "secret://name" is its systemd credential when that exists, else the file
/// secrets/name below `folder`, which others must not be able to read. One trailing line end is dropped.
/// Text that is no reference is returned as it is (only --allow-plain lets such settings through).
/// Throws Error PB1010 naming the reference, never the value.
std::string resolve_secret(std::string_view reference, const std::filesystem::path& folder);

}  // namespace psabridge::config
