#include "core/plugin/manifest.h"

#include <psabridge/abi.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstddef>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

#include "core/base/text.h"
#include "core/plugin/elf_image.h"
#include "core/plugin/plugin_file.h"

namespace psabridge::plugin {
namespace {

/// Size that a table needs to reach to its member, this included.
#define PSABRIDGE_SIZE_THROUGH(type, member) (offsetof(type, member) + sizeof(((const type*)nullptr)->member))

constexpr std::uint64_t kSmallestPlugin = PSABRIDGE_SIZE_THROUGH(psabridge_plugin, role_count);
constexpr std::uint64_t kSmallestRole = PSABRIDGE_SIZE_THROUGH(psabridge_role, destroy);
constexpr std::uint64_t kMostRoles = 1024;

/// Size up to the last verb that a role of this kind cannot do without.
std::uint64_t smallest_verbs(RoleKind kind) {
  switch (kind) {
    case RoleKind::connector:
      return PSABRIDGE_SIZE_THROUGH(psabridge_connector, pull);
    case RoleKind::syncer:
      return PSABRIDGE_SIZE_THROUGH(psabridge_syncer, schema);
    case RoleKind::dedup:
      return PSABRIDGE_SIZE_THROUGH(psabridge_dedup, score);
    case RoleKind::routing:
      return PSABRIDGE_SIZE_THROUGH(psabridge_routing, decide);
    case RoleKind::notify:
      return PSABRIDGE_SIZE_THROUGH(psabridge_notify, send);
  }
  return 0;
}

std::string sized(std::uint64_t size) { return std::to_string(size) + " bytes"; }

/// Reads the tables in the file that the exported symbol leads to.
class ManifestReader {
 public:
  ManifestReader(const std::filesystem::path& file, const ElfImage& image) : file_(file), image_(image) {}

  PluginInfo read() {
    const std::uint64_t entry = find_entry();
    PluginInfo info;
    info.file = file_;
    info.id = text(entry + offsetof(psabridge_plugin, id), "id");
    id_ = info.id;
    check_major(entry);
    check_size(entry, kSmallestPlugin, "the plugin's table");
    info.version = text(entry + offsetof(psabridge_plugin, version), "version");
    info.vendor = text(entry + offsetof(psabridge_plugin, vendor), "vendor");
    info.summary = text(entry + offsetof(psabridge_plugin, summary), "summary");
    info.sdk = std::to_string(PSABRIDGE_ABI_MAJOR) + "." +
               std::to_string(number<std::uint32_t>(entry + offsetof(psabridge_plugin, abi_minor)));
    info.roles = roles(entry);
    if (info.id.empty()) broken("an id in the form \"com.example.name\"", "an empty id");
    return info;
  }

 private:
  std::uint64_t find_entry() const {
    const std::optional<std::uint64_t> entry = image_.exported(PSABRIDGE_ENTRY_SYMBOL);
    if (!entry)
      refuse(file_, {},
             {"PB1103", "the exported symbol " PSABRIDGE_ENTRY_SYMBOL, "a shared library without it",
              "remove the file from the plugin folder if it is no psabridge plugin, or build it with "
              "PSABRIDGE_PLUGIN of the SDK"});
    return *entry;
  }

  void check_major(std::uint64_t entry) const {
    const auto major = number<std::uint32_t>(entry + offsetof(psabridge_plugin, abi_major));
    if (major == PSABRIDGE_ABI_MAJOR) return;
    refuse(
        file_, id_,
        {"PB1107", "contract version " + std::to_string(PSABRIDGE_ABI_MAJOR),
         "version " + std::to_string(major),
         major > PSABRIDGE_ABI_MAJOR ? "update psabridge" : "ask the vendor for a build with a current SDK"});
  }

  void check_size(std::uint64_t table, std::uint64_t smallest, const std::string& name) const {
    const auto size = number<std::uint64_t>(table);
    if (size < smallest) broken(name + " to have at least " + sized(smallest), sized(size));
  }

  std::vector<RoleInfo> roles(std::uint64_t entry) const {
    const std::uint64_t list = pointer(entry + offsetof(psabridge_plugin, roles));
    const auto count = number<std::uint64_t>(entry + offsetof(psabridge_plugin, role_count));
    if (count == 0 || count > kMostRoles)
      broken("1 to " + std::to_string(kMostRoles) + " roles", std::to_string(count));
    std::vector<RoleInfo> found;
    for (std::uint64_t i = 0; i < count; ++i) found.push_back(role(pointer(list + i * sizeof(void*))));
    check_unique(found);
    return found;
  }

  RoleInfo role(std::uint64_t table) const {
    check_size(table, kSmallestRole, "a role's table");
    RoleInfo info;
    info.kind = kind_of(number<std::uint32_t>(table + offsetof(psabridge_role, kind)));
    info.name = text(table + offsetof(psabridge_role, name), "role name");
    info.summary = text(table + offsetof(psabridge_role, summary), "role summary");
    info.settings_schema = text(table + offsetof(psabridge_role, settings_schema), "settings schema");
    if (info.name.empty()) broken("a name for each role", "an empty name");
    check_size(pointer(table + offsetof(psabridge_role, verbs)), smallest_verbs(info.kind),
               "the verbs of " + label(info));
    check_settings_schema(info);
    return info;
  }

  RoleKind kind_of(std::uint32_t kind) const {
    if (kind < PSABRIDGE_ROLE_CONNECTOR || kind > PSABRIDGE_ROLE_NOTIFY)
      broken("a role kind from 1 to 5", std::to_string(kind));
    return static_cast<RoleKind>(kind - PSABRIDGE_ROLE_CONNECTOR);
  }

  void check_settings_schema(const RoleInfo& role) const {
    boost::system::error_code status;
    const boost::json::value schema = boost::json::parse(role.settings_schema, status);
    if (status)
      broken("a settings schema of " + label(role) + " in JSON",
             "a text that is none (" + status.message() + ")");
    if (!schema.is_object())
      broken("a JSON object as the settings schema of " + label(role), "another JSON value");
  }

  void check_unique(const std::vector<RoleInfo>& roles) const {
    std::set<std::pair<RoleKind, std::string_view>> seen;
    for (const RoleInfo& role : roles)
      if (!seen.emplace(role.kind, role.name).second)
        refuse(file_, id_,
               {"PB1109", "each role once", "two of " + label(role), "report it to the plugin's vendor"});
  }

  static std::string label(const RoleInfo& role) {
    return std::string(name_of(role.kind)) + " \"" + role.name + "\"";
  }

  template <class T>
  T number(std::uint64_t address) const {
    const auto bytes = image_.data(address, sizeof(T));
    if (!bytes) broken("tables of constant data", "an address outside of the file's data");
    T value;
    std::memcpy(&value, bytes->data(), sizeof(T));
    return value;
  }

  std::uint64_t pointer(std::uint64_t address) const {
    const std::optional<std::uint64_t> target = image_.pointer(address);
    if (!target || *target == 0) broken("tables of constant data", "a null pointer");
    return *target;
  }

  std::string text(std::uint64_t address, std::string_view name) const {
    const auto size = number<std::uint64_t>(address + offsetof(psabridge_str, size));
    if (size == 0) return {};
    const auto bytes = image_.data(pointer(address), size);
    if (!bytes)
      broken("tables of constant data", "that the " + std::string(name) + " lies outside of the file's data");
    std::string result(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    if (!is_utf8(result)) broken("text in UTF-8", "other bytes in the " + std::string(name));
    return result;
  }

  [[noreturn]] void broken(const std::string& expected, const std::string& found) const {
    refuse(file_, id_, {"PB1108", expected, found, "report it to the plugin's vendor"});
  }

  const std::filesystem::path& file_;
  const ElfImage& image_;
  std::string id_;
};

ElfImage open_image(const std::filesystem::path& file, const std::vector<std::byte>& bytes) {
  try {
    return ElfImage(bytes);
  } catch (const NotALibrary& reason) {
    refuse(file, {},
           {"PB1102", "a shared library for this machine", reason.what(),
            "get the build for this machine from the plugin's vendor, or remove the file from the plugin "
            "folder"});
  }
}

void check_pin(const PluginInfo& info, const Pins& pins) {
  const auto pin = pins.find(info.id);
  if (pin == pins.end() || equals_ignoring_case(pin->second, info.sha256)) return;
  refuse(
      info.file, info.id,
      {"PB1105", "SHA-256 " + pin->second, info.sha256,
       "restore the file that was pinned, or change the pin in the configuration if the new file is wanted"});
}

}  // namespace

PluginInfo read_manifest(const std::filesystem::path& file, const Pins& pins) {
  check_permissions(file);
  const std::vector<std::byte> bytes = read_bytes(file);
  PluginInfo info = ManifestReader(file, open_image(file, bytes)).read();
  info.sha256 = sha256_hex(bytes);
  check_pin(info, pins);
  return info;
}

}  // namespace psabridge::plugin
