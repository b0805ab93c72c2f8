#include "core/plugin/library.h"

#include <boost/dll/shared_library.hpp>
#include <deque>
#include <mutex>

#include "core/plugin/plugin_file.h"

namespace psabridge::plugin {
namespace {

/// Keeps a library loaded: the container is never destroyed.
const boost::dll::shared_library& keep(boost::dll::shared_library library) {
  static std::mutex mutex;
  static auto& kept = *new std::deque<boost::dll::shared_library>;
  const std::lock_guard lock(mutex);
  return kept.emplace_back(std::move(library));
}

boost::dll::shared_library open_library(const PluginInfo& manifest) {
  namespace dll = boost::dll;
  try {
    return dll::shared_library(std::filesystem::absolute(manifest.file),
                               dll::load_mode::rtld_now | dll::load_mode::rtld_local);
  } catch (const std::exception& error) {
    refuse(manifest.file, manifest.id,
           {"PB1106", "a library that can be loaded", error.what(),
            "install the library or the version of it that the message names, or ask the plugin's vendor"});
  }
}

template <class Verbs, class... Functions>
bool offers(const psabridge_role& role, Functions Verbs::*... functions) {
  return ((static_cast<const Verbs*>(role.verbs)->*functions != nullptr) && ...);
}

bool has_functions(const psabridge_role& role) {
  if (!role.create || !role.destroy) return false;
  switch (role.kind) {
    case PSABRIDGE_ROLE_CONNECTOR:
      return offers(role, &psabridge_connector::describe, &psabridge_connector::pull);
    case PSABRIDGE_ROLE_SYNCER:
      return offers(role, &psabridge_syncer::schema);
    case PSABRIDGE_ROLE_DEDUP:
      return offers(role, &psabridge_dedup::keys, &psabridge_dedup::score);
    case PSABRIDGE_ROLE_ROUTING:
      return offers(role, &psabridge_routing::decide);
    default:
      return offers(role, &psabridge_notify::send);
  }
}

}  // namespace

const psabridge_plugin& load_library(const PluginInfo& manifest) {
  const boost::dll::shared_library& library = keep(open_library(manifest));
  const auto& plugin = library.get<const psabridge_plugin>(PSABRIDGE_ENTRY_SYMBOL);
  for (std::size_t i = 0; i < plugin.role_count; ++i)
    if (!has_functions(*plugin.roles[i]))
      refuse(manifest.file, manifest.id,
             {"PB1108", "every function that the role \"" + manifest.roles[i].name + "\" needs",
              "a null pointer", "report it to the plugin's vendor"});
  return plugin;
}

}  // namespace psabridge::plugin
