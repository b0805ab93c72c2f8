// What every command of the command line shares.
#pragma once
#include <filesystem>
#include <vector>

namespace psabridge::app {

/// The options that may stand before or after any command.
struct GlobalOptions {
  std::filesystem::path config = "psabridge.yaml";    ///< file or folder
  std::vector<std::filesystem::path> plugin_folders;  ///< searched beside the built-in and configured ones
  bool json = false;                                  ///< one envelope on stdout instead of text
  bool quiet = false;                                 ///< errors only on stderr
  bool debug = false;                                 ///< every step on stderr
  bool allow_plain = false;                           ///< secrets may stand in the configuration itself
};

}  // namespace psabridge::app
