// The secrets that deliveries are judged by, kept up to date while the daemon runs: a secret that was rotated
// or repaired needs no restart.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/redactor.h"
#include "core/config/config.h"
#include "core/vault/secrets.h"
#include "core/webhook/signature.h"

namespace psabridge::webhook {

/// How the deliveries of one connection are judged.
struct Gate {
  std::shared_ptr<const Proof> proof;  ///< null: the secret cannot be read, so that nothing can be judged
  std::string trouble;                 ///< then why, for an admin
};

/// Of every connection that takes webhooks, at one moment.
using Gates = std::map<std::string, Gate, std::less<>>;

/// gates() and decoy() are thread-safe; refresh() is for one thread.
class Keys {
 public:
  /// Reads the secrets for the first time, of the connections that have a webhook. Everything referred to
  /// but the configuration outlives the object.
  Keys(const config::Config& config, vault::Secrets& secrets, vault::Vault& vault, Redactor& redactor,
       Clock& clock);

  /// Reads the secrets again; made for being called every second. The secret before a rotation counts until
  /// its time is over, and is then removed from the vault.
  void refresh();
  std::shared_ptr<const Gates> gates() const;
  /// Refuses every delivery, at the cost of refusing one of the first connection.
  const Proof& decoy() const noexcept { return *decoy_; }

 private:
  Gate renewed(const config::Connection& connection, const Gate& before);
  std::optional<std::string> previous_of(const config::Connection& connection);

  const std::vector<config::Connection> connections_;
  vault::Secrets& secrets_;
  vault::Vault& vault_;
  Redactor& redactor_;
  Clock& clock_;
  const std::unique_ptr<const Proof> decoy_;
  std::map<std::string, ProofSecrets> known_;  ///< what the proofs were made of
  mutable std::mutex mutex_;                   ///< guards the pointer alone
  std::shared_ptr<const Gates> gates_ = std::make_shared<const Gates>();
};

}  // namespace psabridge::webhook
