#include <algorithm>

#include "core/app/commands.h"
#include "core/app/terminal.h"
#include "core/base/text.h"
#include "core/plugin/inspection.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;
using plugin::PluginInfo;

struct PluginsOptions {
  std::string id;
  std::filesystem::path path;
};

json::object to_json(const PluginInfo& info) {
  json::array roles;
  for (const auto& role : info.roles)
    roles.push_back(json::object{{"kind", plugin::name_of(role.kind)},
                                 {"name", role.name},
                                 {"summary", role.summary},
                                 {"settings_schema", json::parse(role.settings_schema)}});
  return {{"id", info.id},           {"version", info.version},  {"vendor", info.vendor},
          {"summary", info.summary}, {"sdk", info.sdk},          {"file", info.file.string()},
          {"sha256", info.sha256},   {"roles", std::move(roles)}};
}

std::string roles_of(const PluginInfo& info) {
  std::string text;
  for (const auto& role : info.roles)
    text += (text.empty() ? "" : ", ") + std::string(plugin::name_of(role.kind)) + " " + role.name;
  return text;
}

Outcome list(Context& context) {
  const auto& registry = context.registry();
  json::array data, refused;
  Table table({"plugin", "version", "vendor", "offers"});
  for (const auto& info : registry.plugins()) {
    data.push_back(to_json(info));
    table.add({info.id, info.version, info.vendor, roles_of(info)});
  }
  for (const auto& refusal : registry.refusals())
    refused.push_back(
        json::object{{"file", refusal.file.string()}, {"code", refusal.code}, {"message", refusal.message}});
  return {.data = json::object{{"plugins", std::move(data)}, {"refused", std::move(refused)}},
          .text = table.text("No plugin was found.")};
}

const PluginInfo& find(const plugin::Registry& registry, const std::string& id) {
  std::vector<std::string_view> ids;
  for (const auto& info : registry.plugins()) {
    if (info.id == id || std::ranges::find(info.roles, id, &plugin::RoleInfo::name) != info.roles.end())
      return info;
    ids.push_back(info.id);
  }
  throw Error("PB1602", "No loaded plugin is called \"" + id + "\" or offers that." + did_you_mean(id, ids));
}

Outcome describe(Context& context, const PluginsOptions& options) {
  const auto& info = find(context.registry(), options.id);
  std::string text = info.id + " " + info.version + " by " + info.vendor + ": " + info.summary +
                     "\nfile    " + info.file.string() + "\nsha256  " + info.sha256 +
                     "\nbuilt with contract " + info.sdk + "\n";
  for (const auto& role : info.roles)
    text += "\n" + std::string(plugin::name_of(role.kind)) + " " + role.name + ": " + role.summary +
            "\n  settings: " + role.settings_schema + "\n";
  return {.data = to_json(info), .text = std::move(text)};
}

Outcome scan(Context&, const PluginsOptions& options) {
  json::array data;
  Table table({"file", "accepted", "what it is"});
  std::string reasons;
  for (const auto& [file, info, code, message] : plugin::scan_folder(options.path)) {
    data.push_back(json::object{{"file", file.string()},
                                {"plugin", info ? json::value(to_json(*info)) : json::value()},
                                {"code", info ? json::value() : json::value(code)},
                                {"message", info ? json::value() : json::value(message)}});
    table.add({file.filename().string(), info ? "yes" : "no",
               info ? info->id + " " + info->version + ": " + roles_of(*info) : code});
    if (!info) reasons += code + ": " + message + "\n";
  }
  const int status = reasons.empty() ? 0 : exit_status(ErrorClass::config);
  return {.data = std::move(data),
          .text = table.text("No *.so file is in that folder.") + reasons,
          .status = status};
}

Outcome check(Context&, const PluginsOptions& options) {
  json::array data;
  Table table({"check", "result"});
  std::string details;
  bool passed = true;
  for (const auto& result : plugin::check_plugin(options.path)) {
    passed = passed && result.passed;
    data.push_back(
        json::object{{"check", result.check}, {"passed", result.passed}, {"detail", result.detail}});
    table.add({result.check, result.passed ? "passed" : "failed"});
    if (!result.passed) details += result.check + ": " + result.detail + "\n";
  }
  return {.data = json::object{{"passed", passed}, {"checks", std::move(data)}},
          .text = table.text() + details,
          .status = passed ? 0 : exit_status(ErrorClass::config)};
}

}  // namespace

void add_plugins_commands(CommandTree& tree) {
  auto& group = tree.add_group("plugins", "Plugins: list, describe, scan, check");
  const auto options = std::make_shared<PluginsOptions>();
  tree.add(group, {"list", "List the plugins that are loaded", "psabridge plugins list"}, list);
  auto& describing = tree.add(
      group, {"describe", "Show one plugin, its roles and their settings", "psabridge plugins describe halo"},
      [options](Context& context) { return describe(context, *options); });
  describing.add_option("PLUGIN", options->id, "Id of the plugin, or name of something that it offers")
      ->required();
  auto& scanning = tree.add(group,
                            {"scan", "Look at the files of a folder without running their code",
                             "psabridge plugins scan /opt/vendor"},
                            [options](Context& context) { return scan(context, *options); });
  scanning.add_option("FOLDER", options->path, "Folder with *.so files")
      ->required()
      ->check(CLI::ExistingDirectory);
  auto& checking = tree.add(
      group,
      {"check", "Check one file thoroughly, its code included", "psabridge plugins check ./my_rule.so"},
      [options](Context& context) { return check(context, *options); });
  checking.add_option("FILE", options->path, "Plugin file")->required();
}

}  // namespace psabridge::app
