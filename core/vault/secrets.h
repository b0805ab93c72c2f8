// The one door to secrets: every reference of the configuration is resolved here, at the moment of use.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "core/vault/vault.h"

namespace psabridge::vault {

/// Where a secret comes from. No value.
struct Origin {
  enum class Place {
    plain,        ///< the text is no reference but the secret itself (--allow-plain)
    environment,  ///< env://
    file,         ///< file://
    credential,   ///< secret://, a systemd credential
    vault,        ///< secret://, the vault
    folder,       ///< secret://, the file secrets/name beside the configuration
    nowhere       ///< secret:// that none of the three knows
  };
  Place place = Place::plain;
  std::filesystem::path file;  ///< that it is read from; of `nowhere` the one that is missing; else empty
};

/// Thread-safe.
class Secrets {
 public:
  /// `folder` is that of the configuration; `vault` outlives the object.
  Secrets(std::filesystem::path folder, Vault& vault) : folder_(std::move(folder)), vault_(vault) {}

  /// The secret that a reference names; text that is no reference is returned as it is. Of secret://name the
  /// systemd credential comes first, then the vault, then the file secrets/name beside the configuration.
  /// Throws Error PB1010 naming the reference, never the value; PB18xx when the vault cannot open it.
  std::string resolve(std::string_view reference);
  /// Where resolve() would look. An environment variable or file may turn out to be missing.
  Origin origin(std::string_view reference);

 private:
  Origin origin_of_name(std::string_view name);

  const std::filesystem::path folder_;
  Vault& vault_;
};

}  // namespace psabridge::vault
