#include "core/plugin/registry.h"

#include <psabridge/abi.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/plugin/adapters.h"
#include "core/plugin/library.h"
#include "core/plugin/manifest.h"
#include "core/plugin/plugin_file.h"

namespace psabridge::plugin {
namespace {

namespace fs = std::filesystem;

using RoleKey = std::pair<RoleKind, std::string>;

/// Adapters refer to their role for as long as they live, which may be longer than a Registry: like the
/// libraries, roles stay. Loading is done by one thread.
const LoadedRole& keep_role(const PluginInfo& plugin, const RoleInfo& role, const psabridge_role* table) {
  static auto& kept = *new std::deque<LoadedRole>;
  const std::string kind(name_of(role.kind));
  return kept.emplace_back(
      LoadedRole{plugin.id, role.name, kind + " \"" + role.name + "\"", role.name + " " + kind, table});
}

}  // namespace

std::string_view name_of(RoleKind kind) noexcept {
  switch (kind) {
    case RoleKind::connector:
      return "connector";
    case RoleKind::syncer:
      return "syncer";
    case RoleKind::dedup:
      return "dedup";
    case RoleKind::routing:
      return "routing";
    case RoleKind::notify:
      return "notify";
  }
  return "unknown";
}

std::vector<fs::path> plugin_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code unreadable;  // a missing folder has no plugins
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, unreadable))
    if (entry.path().extension() == ".so") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

fs::path builtin_folder() {
  const fs::path program_folder = fs::read_symlink("/proc/self/exe").parent_path();
  const fs::path installed = program_folder.parent_path() / "lib/psabridge/plugins";
  return fs::is_directory(installed) ? installed : program_folder.parent_path() / "plugins";
}

struct Registry::State {
  std::vector<PluginInfo> plugins;
  std::vector<Refusal> refusals;
  std::map<RoleKey, const LoadedRole*> roles;

  void check_unique(const PluginInfo& plugin) const;
  const LoadedRole& role(RoleKind kind, std::string_view name) const;
};

void Registry::State::check_unique(const PluginInfo& plugin) const {
  const auto same = std::ranges::find(plugins, plugin.id, &PluginInfo::id);
  if (same != plugins.end())
    refuse(plugin.file, plugin.id,
           {"PB1109", "an id of its own", "that " + same->file.string() + " has the same",
            "remove one of the two files"});
  for (const RoleInfo& role : plugin.roles) {
    const auto taken = roles.find({role.kind, role.name});
    if (taken != roles.end())
      refuse(plugin.file, plugin.id,
             {"PB1109", "role names of its own",
              "that the plugin " + taken->second->plugin + " offers " + taken->second->label,
              "remove one of the two plugins"});
  }
}

const LoadedRole& Registry::State::role(RoleKind kind, std::string_view name) const {
  const auto found = roles.find({kind, std::string(name)});
  if (found != roles.end()) return *found->second;
  std::vector<std::string_view> names;
  for (const auto& [key, role] : roles)
    if (key.first == kind) names.push_back(key.second);
  throw Error("PB1110", "No loaded plugin offers the " + std::string(name_of(kind)) + " \"" +
                            std::string(name) + "\"." + did_you_mean(name, names));
}

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;

void Registry::load_folders(const std::vector<fs::path>& folders, const Pins& pins) {
  for (const fs::path& folder : folders) {
    for (const fs::path& file : plugin_files(folder)) {
      try {
        load_file(file, pins);
      } catch (const Error& error) {
        state_->refusals.push_back({file, std::string(error.code()), error.message()});
      }
    }
  }
}

const PluginInfo& Registry::load_file(const fs::path& file, const Pins& pins) {
  PluginInfo info = read_manifest(file, pins);
  state_->check_unique(info);
  const psabridge_plugin& plugin = load_library(info);
  for (std::size_t i = 0; i < info.roles.size(); ++i)
    state_->roles.emplace(RoleKey(info.roles[i].kind, info.roles[i].name),
                          &keep_role(info, info.roles[i], plugin.roles[i]));
  return state_->plugins.emplace_back(std::move(info));
}

const std::vector<PluginInfo>& Registry::plugins() const noexcept { return state_->plugins; }
const std::vector<Refusal>& Registry::refusals() const noexcept { return state_->refusals; }

const RoleInfo* Registry::find_role(RoleKind kind, std::string_view name) const {
  for (const PluginInfo& plugin : state_->plugins)
    for (const RoleInfo& role : plugin.roles)
      if (role.kind == kind && role.name == name) return &role;
  return nullptr;
}

std::vector<std::string_view> Registry::role_names(RoleKind kind) const {
  std::vector<std::string_view> names;
  for (const auto& [key, role] : state_->roles)
    if (key.first == kind) names.push_back(key.second);
  return names;
}

std::unique_ptr<Connector> Registry::make_connector(std::string_view name, std::string_view settings,
                                                    HostServices& host) const {
  return adapt_connector(state_->role(RoleKind::connector, name), settings, host);
}
std::unique_ptr<Syncer> Registry::make_syncer(std::string_view name, std::string_view settings,
                                              HostServices& host) const {
  return adapt_syncer(state_->role(RoleKind::syncer, name), settings, host);
}
std::unique_ptr<DedupStrategy> Registry::make_dedup(std::string_view name, std::string_view settings,
                                                    HostServices& host) const {
  return adapt_dedup(state_->role(RoleKind::dedup, name), settings, host);
}
std::unique_ptr<RoutingRule> Registry::make_routing(std::string_view name, std::string_view settings,
                                                    HostServices& host) const {
  return adapt_routing(state_->role(RoleKind::routing, name), settings, host);
}
std::unique_ptr<Notifier> Registry::make_notifier(std::string_view name, std::string_view settings,
                                                  HostServices& host) const {
  return adapt_notifier(state_->role(RoleKind::notify, name), settings, host);
}

}  // namespace psabridge::plugin
