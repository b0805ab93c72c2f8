// The vault: secrets at rest in the control file. Each is sealed with a data key; the data key is wrapped by
// a key-encryption key that is kept elsewhere (docs/adr/0005-secrets-at-rest.md).
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/config/config.h"
#include "core/store/control.h"
#include "core/vault/key.h"

namespace psabridge::vault {

class KeySource;

/// What may be told of a secret.
struct SecretInfo {
  std::string name;
  std::int64_t key = 0;    ///< id of the data key that seals it
  std::string updated_at;  ///< RFC 3339; rotating the keys does not change it
  std::string expires_at;  ///< RFC 3339, or empty
};

/// Thread-safe; several processes may use one control file at once, also while one of them rotates the keys.
/// Functions throw Error PB18xx (key missing, wrong or open to others; secret damaged) and PB13xx of the
/// control file.
class Vault {
 public:
  /// Touches no file. `control` and `clock` outlive the vault. `default_key_file` counts when the policy
  /// names no key. Throws Error PB1808.
  Vault(store::Control& control, const config::VaultPolicy& policy,
        const std::filesystem::path& default_key_file, Clock& clock);
  ~Vault();
  Vault(const Vault&) = delete;
  Vault& operator=(const Vault&) = delete;

  /// The secret, or nothing when there is none of that name.
  std::optional<std::string> open(std::string_view name);
  /// Adds or replaces; on disk when it returns. The first call makes the data key and, if there is none, the
  /// key file. Throws Error PB1807 when the value can be no secret.
  void seal(std::string_view name, std::string_view plain, std::string_view expires_at = {});
  /// True when there is a secret of that name. Needs no key.
  bool holds(std::string_view name);
  /// False when there was none. Needs no key.
  bool remove(std::string_view name);
  /// Removes the secret when its time is over, in one step: one that another process has just set anew stays.
  void remove_expired(std::string_view name);
  /// By name. Needs no key.
  std::vector<SecretInfo> list();
  /// A new data key and, for a key file, a new key-encryption key; every secret is sealed anew. A kill at any
  /// moment leaves all of them readable, and other processes go on without a restart. Throws, and leaves
  /// everything readable as before, when a secret is damaged.
  void rotate();
  /// What is wrong with the vault, a line each: a key that does not open it, a secret that is damaged or
  /// expired, files that others may read. Empty: all well.
  std::vector<std::string> check();

 private:
  /// By id.
  using DataKeys = std::map<std::int64_t, Key>;

  std::optional<std::string> find(std::string_view name);
  std::optional<std::string> opened(const store::SealedSecret& secret, const DataKeys& keys) const;
  void load_keys();
  void make_first_key();
  std::optional<DataKeys> unwrapped(const std::vector<store::WrappedKey>& rows);
  void add_wrappings(store::VaultRows& rows, std::string_view parameters, const Key& wrapping_key);
  void renew(store::VaultRows& rows);
  DataKeys require_keys(const store::VaultRows& rows);
  Error does_not_fit(const std::vector<store::WrappedKey>& rows);
  Error damaged(const store::SealedSecret& secret) const;
  std::string problem_of(const store::SealedSecret& secret);

  store::Control& control_;
  Clock& clock_;
  std::mutex mutex_;
  std::unique_ptr<KeySource> source_;
  DataKeys keys_;  ///< of the last look into the file
};

}  // namespace psabridge::vault
