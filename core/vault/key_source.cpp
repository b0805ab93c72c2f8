#include "core/vault/key_source.h"

#include <sodium.h>
#include <sys/stat.h>

#include <array>
#include <boost/json.hpp>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/config/secrets.h"
#include "core/vault/key_file.h"

namespace psabridge::vault {
namespace {

namespace json = boost::json;

Wrapper plain_wrapper(Key key) {
  std::string parameters = json::serialize(json::object{{"fingerprint", key.fingerprint()}});
  return {std::move(key), std::move(parameters)};
}

class KeyFileSource final : public KeySource {
 public:
  explicit KeyFileSource(std::filesystem::path file) : file_(std::move(file)) {}

  std::string_view wrapping() const override { return "key_file"; }
  std::string describe() const override { return "the key file " + file_.path().string(); }
  Key key(std::string_view) override { return file_.read(); }

  Wrapper wrapper() override {
    if (!file_.exists()) {
      file_.stage(Key::random());
      file_.publish();
    }
    return plain_wrapper(file_.read());
  }

  Descriptor lock() override { return file_.lock(); }

  std::unique_ptr<Wrapper> stage() override {
    auto next = std::make_unique<Wrapper>(plain_wrapper(Key::random()));
    file_.stage(next->key);
    return next;
  }

  void publish() override { file_.publish(); }

 private:
  KeyFile file_;
};

/// The administrator makes it and systemd hands it over; psabridge never changes it. The service's user is
/// let in by an access list, which shows as a permission of the group.
class CredentialSource final : public KeySource {
 public:
  explicit CredentialSource(std::string name) : name_(std::move(name)) {}

  std::string_view wrapping() const override { return "credential"; }
  std::string describe() const override { return "the systemd credential " + name_; }

  Key key(std::string_view) override {
    const auto file = config::credential_file(name_);
    if (!file)
      throw Error("PB1802", "The vault cannot be opened: this process was given no systemd credential \"" +
                                name_ + "\" (LoadCredential or LoadCredentialEncrypted of the service).");
    return read_key(*file, describe(), S_IRWXO);
  }

  Wrapper wrapper() override { return plain_wrapper(key({})); }

 private:
  std::string name_;
};

/// How a passphrase becomes a key: argon2id with these numbers, kept beside what it wraps.
struct Derivation {
  std::array<unsigned char, crypto_pwhash_SALTBYTES> salt;
  std::uint64_t operations = 3;
  std::uint64_t memory = 64 << 20;  ///< bytes; RFC 9106's second recommendation
};

/// Far beyond these somebody changed the numbers to keep the program busy.
constexpr std::uint64_t kMostOperations = 64, kMostMemory = std::uint64_t{4} << 30;

Derivation fresh_derivation() {
  Derivation derivation;
  randombytes_buf(derivation.salt.data(), derivation.salt.size());
  return derivation;
}

std::string to_json(const Derivation& derivation, const Key& key) {
  const std::string_view salt(reinterpret_cast<const char*>(derivation.salt.data()), derivation.salt.size());
  return json::serialize(json::object{{"fingerprint", key.fingerprint()},
                                      {"algorithm", "argon2id13"},
                                      {"salt", hexadecimal(salt)},
                                      {"operations", derivation.operations},
                                      {"memory", derivation.memory}});
}

std::optional<Derivation> derivation_of(std::string_view parameters) {
  boost::system::error_code error;
  const json::value value = json::parse(parameters, error);
  const json::object* const object = value.if_object();
  if (error || !object) return std::nullopt;
  const auto* const salt = object->if_contains("salt");
  const auto* const operations = object->if_contains("operations");
  const auto* const memory = object->if_contains("memory");
  if (!salt || !salt->is_string() || !operations || !operations->is_int64() || !memory || !memory->is_int64())
    return std::nullopt;
  Derivation derivation;
  derivation.operations = static_cast<std::uint64_t>(operations->get_int64());
  derivation.memory = static_cast<std::uint64_t>(memory->get_int64());
  std::size_t size = 0;
  const auto& text = salt->get_string();
  const int status = sodium_hex2bin(derivation.salt.data(), derivation.salt.size(), text.data(), text.size(),
                                    nullptr, &size, nullptr);
  const bool sound = status == 0 && size == derivation.salt.size() &&
                     derivation.operations <= kMostOperations && derivation.memory <= kMostMemory;
  return sound ? std::optional(derivation) : std::nullopt;
}

class PassphraseSource final : public KeySource {
 public:
  explicit PassphraseSource(std::string reference) : reference_(std::move(reference)) {}

  std::string_view wrapping() const override { return "passphrase"; }
  std::string describe() const override { return "the passphrase " + reference_; }

  Key key(std::string_view parameters) override {
    const auto derivation = derivation_of(parameters);
    if (!derivation)
      throw Error("PB1805", "The vault's record of how " + describe() + " becomes a key is damaged.");
    return derive(*derivation);
  }

  Wrapper wrapper() override {
    const Derivation derivation = fresh_derivation();
    Key key = derive(derivation);
    std::string parameters = to_json(derivation, key);
    return {std::move(key), std::move(parameters)};
  }

 private:
  Key derive(const Derivation& derivation) const {
    std::string passphrase = read_passphrase();
    Key key;
    const int status = crypto_pwhash(
        key.bytes().data(), Key::kSize, passphrase.data(), passphrase.size(), derivation.salt.data(),
        derivation.operations, static_cast<std::size_t>(derivation.memory), crypto_pwhash_ALG_ARGON2ID13);
    wipe(passphrase);
    if (status != 0)
      throw Error("PB1808", "There is no memory to derive the vault's key from " + describe() + ": " +
                                std::to_string(derivation.memory >> 20) + " MiB are needed.");
    return key;
  }

  std::string read_passphrase() const {
    try {
      return config::resolve_secret(reference_, {});
    } catch (const Error& error) {
      throw Error("PB1802", "The vault cannot be opened: " + error.message() + ".");
    }
  }

  std::string reference_;
};

}  // namespace

std::string fingerprint_in(std::string_view parameters) {
  boost::system::error_code error;
  const json::value value = json::parse(parameters, error);
  const json::object* const object = value.if_object();
  const json::value* const found = !error && object ? object->if_contains("fingerprint") : nullptr;
  return found && found->is_string() ? std::string(found->get_string()) : "";
}

std::unique_ptr<KeySource> make_key_source(const config::VaultPolicy& policy,
                                           const std::filesystem::path& default_key_file) {
  if (!policy.passphrase.empty()) return std::make_unique<PassphraseSource>(policy.passphrase);
  if (!policy.credential.empty()) return std::make_unique<CredentialSource>(policy.credential);
  return std::make_unique<KeyFileSource>(policy.key_file.empty() ? default_key_file : policy.key_file);
}

}  // namespace psabridge::vault
