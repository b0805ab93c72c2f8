// Finds, checks and loads plugins, and makes instances of their roles. Boost.DLL lives behind this door only.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/plugin/roles.h"

namespace psabridge::plugin {

enum class RoleKind { connector, syncer, dedup, routing, notify };
std::string_view name_of(RoleKind kind) noexcept;

struct RoleInfo {
  RoleKind kind;
  std::string name, summary, settings_schema;
};
struct PluginInfo {
  std::string id, version, vendor, summary, sdk;  ///< sdk: "1.0"
  std::filesystem::path file;
  std::string sha256;
  std::vector<RoleInfo> roles;
};
/// A file that was not loaded, and why: plugin (when known), file, expected, found, what to do.
struct Refusal {
  std::filesystem::path file;
  std::string code, message;
};

/// Loaded libraries stay in the process for ever: code and data of a plugin outlive every instance.
/// Loading is done by one thread at start; afterwards everything is const and thread-safe.
class Registry {
 public:
  /// Loads every *.so of the folders (a missing folder is skipped). Files that fail a check are collected in
  /// refusals(), they do not stop the others. `pins`: plugin id -> SHA-256 in hex; a pinned plugin with
  /// another hash is refused before its code runs.
  void load_folders(const std::vector<std::filesystem::path>& folders,
                    const std::map<std::string, std::string>& pins = {});
  /// Loads one file. Throws Error PB11xx when a check fails.
  /// The reference lives until the next plugin is loaded.
  const PluginInfo& load_file(const std::filesystem::path& file,
                              const std::map<std::string, std::string>& pins = {});

  const std::vector<PluginInfo>& plugins() const noexcept;
  const std::vector<Refusal>& refusals() const noexcept;
  /// Null when no loaded plugin offers it.
  const RoleInfo* find_role(RoleKind kind, std::string_view name) const;
  /// Names of a kind, sorted; for suggestions.
  std::vector<std::string_view> role_names(RoleKind kind) const;

  /// Instances. `settings` is checked JSON; `host` outlives the instance. Throws Error: PB1110 no such role,
  /// or what the plugin said.
  std::unique_ptr<Connector> make_connector(std::string_view name, std::string_view settings,
                                            HostServices& host) const;
  std::unique_ptr<Syncer> make_syncer(std::string_view name, std::string_view settings,
                                      HostServices& host) const;
  std::unique_ptr<DedupStrategy> make_dedup(std::string_view name, std::string_view settings,
                                            HostServices& host) const;
  std::unique_ptr<RoutingRule> make_routing(std::string_view name, std::string_view settings,
                                            HostServices& host) const;
  std::unique_ptr<Notifier> make_notifier(std::string_view name, std::string_view settings,
                                          HostServices& host) const;

  Registry();
  ~Registry();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Every *.so of a folder, in the order of their names; none when there is no such folder.
std::vector<std::filesystem::path> plugin_files(const std::filesystem::path& folder);

/// The folder of the plugins that came with this program: `../lib/psabridge/plugins` of an installation,
/// `../plugins` of a build, both relative to the running binary.
std::filesystem::path builtin_folder();

}  // namespace psabridge::plugin
