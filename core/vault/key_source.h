// Where the key-encryption key comes from: a key file, a passphrase or a systemd credential.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/descriptor.h"
#include "core/config/config.h"
#include "core/vault/key.h"

namespace psabridge::vault {

/// A key-encryption key and what finds or derives it again (JSON; nothing secret): at least its fingerprint.
struct Wrapper {
  Key key;
  std::string parameters;
};

/// "fingerprint" of the parameters; empty when they have none.
std::string fingerprint_in(std::string_view parameters);

/// Not thread-safe. Throws Error PB1802 when the key cannot be read, PB1804 when it is open to others.
class KeySource {
 public:
  virtual ~KeySource() = default;

  /// "key_file", "passphrase", "credential": part of what wrapped keys are bound to.
  virtual std::string_view wrapping() const = 0;
  /// Names it for messages: "the key file /var/lib/psabridge/psabridge.db.key".
  virtual std::string describe() const = 0;
  /// The key that belongs to the parameters; whether it is the right one shows its fingerprint.
  virtual Key key(std::string_view parameters) = 0;
  /// The key for something new; made when this is the first use and the key is psabridge's own.
  virtual Wrapper wrapper() = 0;

  /// Held while the key is made or exchanged; empty when it never is.
  virtual Descriptor lock() { return Descriptor(); }
  /// A new key that is not yet in force; nothing when the key is not psabridge's to exchange. Under lock().
  virtual std::unique_ptr<Wrapper> stage() { return nullptr; }
  /// Puts the staged key in force.
  virtual void publish() {}
};

/// `default_key_file` counts when the policy says nothing.
std::unique_ptr<KeySource> make_key_source(const config::VaultPolicy& policy,
                                           const std::filesystem::path& default_key_file);

}  // namespace psabridge::vault
