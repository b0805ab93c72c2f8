// What a plugin says of itself, read out of its file without running any of its code, and checked against the
// contract.
#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "core/plugin/registry.h"

namespace psabridge::plugin {

using Pins = std::map<std::string, std::string>;  ///< plugin id -> SHA-256 in hex

/// Makes every check that needs no code of the plugin: permissions, kind of file, entry symbol, contract
/// version, sizes of the tables, texts, settings schemas, pinned hash. Throws Error PB1101 to PB1108 for the
/// first that fails.
PluginInfo read_manifest(const std::filesystem::path& file, const Pins& pins);

}  // namespace psabridge::plugin
