#include "core/vault/vault.h"

#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>

#include "core/base/time.h"
#include "core/config/secrets.h"
#include "core/vault/key_source.h"

namespace psabridge::vault {
namespace {

using store::SealedSecret;
using store::VaultRows;
using store::WrappedKey;

constexpr char kBetween = '\0';  // stands in no name, so that no two contexts are alike

/// What a secret is bound to: moved to another name or key it does not open.
std::string context_of_secret(std::string_view name, std::int64_t key) {
  return std::string("psabridge secret") + kBetween + std::string(name) + kBetween + std::to_string(key);
}

std::string context_of_key(std::int64_t id, std::string_view wrapping) {
  return std::string("psabridge data key") + kBetween + std::to_string(id) + kBetween + std::string(wrapping);
}

/// Random, so that a control file that was brought back from a backup never gives an id of another key again.
std::int64_t random_id() { return 1 + static_cast<std::int64_t>(randombytes_random()); }

WrappedKey wrap(std::int64_t id, const Key& key, std::string_view wrapping, std::string_view parameters,
                const Key& wrapping_key) {
  const auto bytes = key.bytes();
  const std::string_view plain(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return {.id = id,
          .wrapping = std::string(wrapping),
          .parameters = std::string(parameters),
          .wrapped = wrapping_key.seal(plain, context_of_key(id, wrapping)),
          .created_at = {}};
}

bool is_open_to_others(const std::filesystem::path& file) {
  struct stat status {};
  return stat(file.c_str(), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

bool is_expired(const SealedSecret& secret, SysMilliseconds now) {
  const auto expiry = parse_time(secret.expires_at);
  return expiry && *expiry <= now;
}

std::string line_of(const Error& error) { return std::string(error.code()) + ": " + error.message(); }

}  // namespace

Vault::Vault(store::Control& control, const config::VaultPolicy& policy,
             const std::filesystem::path& default_key_file, Clock& clock)
    : control_(control), clock_(clock), source_(make_key_source(policy, default_key_file)) {
  start_sodium();
}

Vault::~Vault() = default;

std::optional<std::string> Vault::open(std::string_view name) {
  const std::lock_guard lock(mutex_);
  return find(name);
}

std::optional<std::string> Vault::find(std::string_view name) {
  auto secret = control_.secret(name);
  while (secret) {
    if (auto plain = opened(*secret, keys_)) return plain;
    load_keys();
    if (auto plain = opened(*secret, keys_)) return plain;
    // Either it is damaged, or another process sealed it anew between the two looks into the file. Sealing
    // gives other bytes each time: when they are the same, the keys just loaded were those of its time.
    auto now = control_.secret(name);
    if (now == secret) throw damaged(*secret);
    secret = std::move(now);
  }
  return std::nullopt;
}

std::optional<std::string> Vault::opened(const SealedSecret& secret, const DataKeys& keys) const {
  const auto key = keys.find(secret.key);
  if (key == keys.end()) return std::nullopt;
  return key->second.open(secret.sealed, context_of_secret(secret.name, secret.key));
}

void Vault::seal(std::string_view name, std::string_view plain, std::string_view expires_at) {
  if (name.empty() || name.find('\0') != std::string_view::npos)
    throw Error("PB1807", "A secret needs a name.");
  if (const auto objection = config::objection_to_secret(plain); !objection.empty())
    throw Error("PB1807", "The value for the secret " + std::string(name) + " " + objection + ".");
  const std::lock_guard lock(mutex_);
  SealedSecret secret{
      .name = std::string(name), .sealed = {}, .updated_at = {}, .expires_at = std::string(expires_at)};
  // False from put_secret: the key was rotated away meanwhile. Ids are never given again, so that what is
  // sealed with a key at hand opens with the key of that id in the file.
  for (;; keys_.clear()) {
    if (keys_.empty()) load_keys();
    if (keys_.empty()) make_first_key();
    const auto& [id, key] = *keys_.begin();
    secret.key = id;
    secret.sealed = key.seal(plain, context_of_secret(name, id));
    if (control_.put_secret(secret)) return;
  }
}

bool Vault::holds(std::string_view name) { return control_.secret(name).has_value(); }

bool Vault::remove(std::string_view name) { return control_.remove_secret(name); }

void Vault::remove_expired(std::string_view name) {
  control_.change_vault([&](VaultRows& rows) {
    std::erase_if(rows.secrets, [&](const SealedSecret& secret) {
      return secret.name == name && is_expired(secret, clock_.now());
    });
  });
}

std::vector<SecretInfo> Vault::list() {
  std::vector<SecretInfo> infos;
  for (const SealedSecret& secret : control_.secrets())
    infos.push_back({secret.name, secret.key, secret.updated_at, secret.expires_at});
  return infos;
}

void Vault::load_keys() {
  auto rows = control_.keys();
  while (true) {
    if (auto keys = unwrapped(rows)) {
      keys_ = std::move(*keys);
      return;
    }
    // A rotation may have exchanged the key file between the two looks. The rows fit the key file at every
    // moment: when they did not change around the look at it, it is the wrong one.
    auto now = control_.keys();
    if (now == rows) throw does_not_fit(rows);
    rows = std::move(now);
  }
}

std::optional<Vault::DataKeys> Vault::unwrapped(const std::vector<WrappedKey>& rows) {
  DataKeys keys;
  for (const WrappedKey& row : rows) {
    if (row.wrapping != source_->wrapping() || keys.contains(row.id)) continue;
    const Key wrapping_key = source_->key(row.parameters);
    if (wrapping_key.fingerprint() != fingerprint_in(row.parameters)) continue;
    auto key = wrapping_key.open_key(row.wrapped, context_of_key(row.id, row.wrapping));
    if (!key)
      throw Error("PB1805", "The data key " + std::to_string(row.id) + " in " + control_.file().string() +
                                " cannot be opened: its bytes were changed.");
    keys.emplace(row.id, std::move(*key));
  }
  const bool complete =
      std::ranges::all_of(rows, [&](const WrappedKey& row) { return keys.contains(row.id); });
  return complete ? std::optional(std::move(keys)) : std::nullopt;
}

void Vault::make_first_key() {
  const Descriptor turn = source_->lock();
  if (control_.keys().empty()) {  // no other process was quicker
    const Wrapper wrapper = source_->wrapper();
    const Key key = Key::random();
    control_.change_vault([&](VaultRows& rows) {
      if (rows.keys.empty())
        rows.keys.push_back(wrap(random_id(), key, source_->wrapping(), wrapper.parameters, wrapper.key));
    });
  }
  load_keys();
}

// The order makes it safe: at every moment the file holds the data key under the key-encryption key that is
// in force.
//   1. the next key file is written beside the present one        (present key opens)
//   2. the data key is wrapped by the next one too                (both open)
//   3. the next key file takes the place of the present one       (both would open, the next is there)
//   4. new data key, secrets sealed with it, wrapped by the next one alone
// A rotation that was killed leaves a wrapping or a staged file that nobody asks for; the next one ends both.
void Vault::rotate() {
  const std::lock_guard lock(mutex_);
  const Descriptor turn = source_->lock();
  if (control_.keys().empty()) return;
  load_keys();
  if (const auto next = source_->stage()) {
    control_.change_vault([&](VaultRows& rows) { add_wrappings(rows, next->parameters, next->key); });
    source_->publish();
  }
  control_.change_vault([this](VaultRows& rows) { renew(rows); });
  load_keys();
}

void Vault::add_wrappings(VaultRows& rows, std::string_view parameters, const Key& wrapping_key) {
  for (const auto& [id, key] : require_keys(rows))
    rows.keys.push_back(wrap(id, key, source_->wrapping(), parameters, wrapping_key));
}

void Vault::renew(VaultRows& rows) {
  const DataKeys before = require_keys(rows);
  const Wrapper wrapper = source_->wrapper();
  const std::int64_t id = random_id();
  const Key key = Key::random();
  for (SealedSecret& secret : rows.secrets) {
    auto plain = opened(secret, before);
    if (!plain) throw damaged(secret);
    secret.sealed = key.seal(*plain, context_of_secret(secret.name, id));
    secret.key = id;
    wipe(*plain);
  }
  rows.keys = {wrap(id, key, source_->wrapping(), wrapper.parameters, wrapper.key)};
}

/// Inside a transaction, so that nobody exchanges the rows meanwhile.
Vault::DataKeys Vault::require_keys(const VaultRows& rows) {
  auto keys = unwrapped(rows.keys);
  if (!keys) throw does_not_fit(rows.keys);
  return std::move(*keys);
}

Error Vault::does_not_fit(const std::vector<WrappedKey>& rows) {
  const WrappedKey& row = rows.back();
  const std::string start = "The vault in " + control_.file().string() + " was closed with a " + row.wrapping;
  if (row.wrapping != source_->wrapping())
    return Error("PB1803", start + ", and the configuration names " + source_->describe() + ".");
  return Error("PB1803", start + " of the fingerprint " + fingerprint_in(row.parameters) + ", and " +
                             source_->describe() + " has " + source_->key(row.parameters).fingerprint() +
                             ".");
}

Error Vault::damaged(const SealedSecret& secret) const {
  return Error("PB1805",
               "The secret " + secret.name + " in " + control_.file().string() +
                   " cannot be opened: its bytes were changed, or it was sealed under another name or key.");
}

std::vector<std::string> Vault::check() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> problems;
  if (is_open_to_others(control_.file()))
    problems.push_back("Others than its owner may open " + control_.file().string() +
                       ": chmod 600 takes that away.");
  try {
    load_keys();
  } catch (const Error& error) {
    problems.push_back(line_of(error));
    return problems;  // every secret would only say it again
  }
  for (const SealedSecret& secret : control_.secrets())
    if (auto problem = problem_of(secret); !problem.empty()) problems.push_back(std::move(problem));
  return problems;
}

std::string Vault::problem_of(const SealedSecret& secret) {
  try {
    if (auto plain = find(secret.name)) wipe(*plain);
  } catch (const Error& error) {
    return line_of(error);
  }
  if (!is_expired(secret, clock_.now())) return "";
  return "The secret " + secret.name + " expired at " + secret.expires_at + ": `psabridge secrets set " +
         secret.name + "` takes a new one.";
}

}  // namespace psabridge::vault
