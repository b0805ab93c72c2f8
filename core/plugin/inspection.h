// What `psabridge plugins check` and `psabridge plugins scan` find out.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/plugin/registry.h"

namespace psabridge::plugin {

/// One check of a plugin and how it ended.
struct CheckResult {
  std::string check;  ///< "file and tables", "create syncer \"ticket\""
  bool passed = false;
  std::string detail;  ///< what was found, or the whole error
};

/// Checks one file: without running code first, then by loading it and creating each role whose settings
/// schema allows empty settings; a connector's description and a syncer's schema are read. Nothing is sent
/// anywhere. Stops at the first check without which the rest makes no sense.
std::vector<CheckResult> check_plugin(const std::filesystem::path& file);

/// What a file of a folder is.
struct ScanResult {
  std::filesystem::path file;
  std::optional<PluginInfo> plugin;  ///< of an accepted file
  std::string code, message;         ///< of a refused one
};

/// Looks at every *.so of a folder, in the order of their names; none of their code runs.
std::vector<ScanResult> scan_folder(const std::filesystem::path& folder,
                                    const std::map<std::string, std::string>& pins = {});

}  // namespace psabridge::plugin
