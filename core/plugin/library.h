// Loads shared libraries, for ever. The only file that knows Boost.DLL.
#pragma once
#include <psabridge/abi.h>

#include <filesystem>

#include "core/plugin/registry.h"

namespace psabridge::plugin {

/// Loads the library of a checked manifest: all symbols at once, none shown to other libraries, never
/// unloaded (its code may be on a stack and its data behind a view until the process ends). Runs the
/// library's initialisers. Throws Error PB1106 with the dynamic linker's words when it cannot be loaded,
/// PB1108 when its tables lack a function.
const psabridge_plugin& load_library(const PluginInfo& manifest);

}  // namespace psabridge::plugin
