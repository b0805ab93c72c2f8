#include "core/plugin/inspection.h"

#include <functional>

#include "core/base/error.h"
#include "core/config/config.h"
#include "core/plugin/manifest.h"
#include "core/plugin/offline_host.h"

namespace psabridge::plugin {
namespace {

class Inspection {
 public:
  std::vector<CheckResult> run(const std::filesystem::path& file) {
    const bool loaded =
        step("file and tables, without running code", [&] { return describe(read_manifest(file, {})); }) &&
        step("loading", [&] { return "loaded " + registry_.load_file(file).id; });
    if (loaded)
      for (const RoleInfo& role : registry_.plugins().front().roles) check_role(role);
    return std::move(results_);
  }

 private:
  /// Notes how a check ended; `check` says what it found. True when it passed.
  bool step(std::string name, const std::function<std::string()>& check) {
    CheckResult result{std::move(name), false, {}};
    try {
      result.detail = check();
      result.passed = true;
    } catch (const Error& error) {
      result.detail = error.what();
    }
    results_.push_back(std::move(result));
    return results_.back().passed;
  }

  static std::string describe(const PluginInfo& plugin) {
    return plugin.id + " " + plugin.version + " by " + plugin.vendor + ", SDK " + plugin.sdk + ", SHA-256 " +
           plugin.sha256;
  }

  void check_role(const RoleInfo& role) {
    const std::string label = std::string(name_of(role.kind)) + " \"" + role.name + "\"";
    const std::vector<config::Problem> missing = config::check_settings({}, role.settings_schema, role.name);
    if (missing.empty()) {
      step("create " + label, [&] { return create(role); });
    } else {
      step("settings of " + label,
           [&] { return "not created, for it needs settings: " + missing.front().message; });
    }
  }

  std::string create(const RoleInfo& role) {
    switch (role.kind) {
      case RoleKind::connector:
        return "offers " +
               std::to_string(registry_.make_connector(role.name, "{}", host_)->profile().entities.size()) +
               " entities";
      case RoleKind::syncer: {
        const auto syncer = registry_.make_syncer(role.name, "{}", host_);
        return "the entity " + syncer->schema().entity + " with " +
               std::to_string(syncer->schema().fields.size()) + " fields";
      }
      case RoleKind::dedup:
        registry_.make_dedup(role.name, "{}", host_);
        break;
      case RoleKind::routing:
        registry_.make_routing(role.name, "{}", host_);
        break;
      case RoleKind::notify:
        registry_.make_notifier(role.name, "{}", host_);
        break;
    }
    return "created and destroyed with empty settings";
  }

  OfflineHost host_;
  Registry registry_;
  std::vector<CheckResult> results_;
};

ScanResult scan_file(const std::filesystem::path& file, const std::map<std::string, std::string>& pins) {
  try {
    return {file, read_manifest(file, pins), {}, {}};
  } catch (const Error& error) {
    return {file, std::nullopt, std::string(error.code()), error.message()};
  }
}

}  // namespace

std::vector<CheckResult> check_plugin(const std::filesystem::path& file) { return Inspection().run(file); }

std::vector<ScanResult> scan_folder(const std::filesystem::path& folder,
                                    const std::map<std::string, std::string>& pins) {
  std::vector<ScanResult> results;
  for (const std::filesystem::path& file : plugin_files(folder)) results.push_back(scan_file(file, pins));
  return results;
}

}  // namespace psabridge::plugin
