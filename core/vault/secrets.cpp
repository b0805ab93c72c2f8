#include "core/vault/secrets.h"

#include "core/base/error.h"
#include "core/config/secrets.h"

namespace psabridge::vault {
namespace {

constexpr std::string_view kFile = "file://";

[[noreturn]] void refuse_unknown(std::string_view reference, std::string_view name, const Origin& origin) {
  throw Error("PB1010", "the secret " + std::string(reference) +
                            " cannot be read: there is no systemd credential of that name, nothing in the "
                            "vault (`psabridge secrets set " +
                            std::string(name) + "` puts it there) and no file " + origin.file.string());
}

}  // namespace

Origin Secrets::origin_of_name(std::string_view name) {
  if (auto file = config::credential_file(name)) return {Origin::Place::credential, std::move(*file)};
  if (vault_.holds(name)) return {Origin::Place::vault, {}};
  std::filesystem::path file = config::secret_file(name, folder_);
  std::error_code ignored;
  const bool there = std::filesystem::exists(file, ignored);
  return {there ? Origin::Place::folder : Origin::Place::nowhere, std::move(file)};
}

Origin Secrets::origin(std::string_view reference) {
  if (!config::is_secret_reference(reference)) return {};
  if (const auto name = config::secret_name(reference)) return origin_of_name(*name);
  if (reference.starts_with(kFile)) return {Origin::Place::file, reference.substr(kFile.size())};
  return {Origin::Place::environment, {}};
}

std::string Secrets::resolve(std::string_view reference) {
  const auto name = config::secret_name(reference);
  if (!name) return config::resolve_secret(reference, folder_);
  const Origin found = origin_of_name(*name);
  if (found.place == Origin::Place::nowhere) refuse_unknown(reference, *name, found);
  if (found.place == Origin::Place::vault)
    if (auto value = vault_.open(*name)) return std::move(*value);
  return config::resolve_secret(reference, folder_);
}

}  // namespace psabridge::vault
