#include "core/webhook/keys.h"

#include <algorithm>
#include <iterator>

#include "core/base/error.h"
#include "core/base/time.h"
#include "core/webhook/rotation.h"

namespace psabridge::webhook {
namespace {

std::vector<config::Connection> with_webhook(const config::Config& config) {
  std::vector<config::Connection> connections;
  std::ranges::copy_if(config.connections, std::back_inserter(connections),
                       [](const auto& connection) { return !connection.webhook.auth.empty(); });
  return connections;
}

std::unique_ptr<const Proof> make_decoy(const std::vector<config::Connection>& connections) {
  config::Webhook webhook;
  webhook.auth = "standard";
  if (!connections.empty()) webhook = connections.front().webhook;
  return make_proof(webhook, {new_secret(webhook), std::nullopt});
}

}  // namespace

Keys::Keys(const config::Config& config, vault::Secrets& secrets, vault::Vault& vault, Redactor& redactor,
           Clock& clock)
    : connections_(with_webhook(config)),
      secrets_(secrets),
      vault_(vault),
      redactor_(redactor),
      clock_(clock),
      decoy_(make_decoy(connections_)) {
  refresh();
}

std::shared_ptr<const Gates> Keys::gates() const {
  const std::lock_guard lock(mutex_);
  return gates_;
}

void Keys::refresh() {
  const auto before = gates();
  auto now = std::make_shared<Gates>();
  for (const config::Connection& connection : connections_) {
    const auto gate = before->find(connection.name);
    now->emplace(connection.name, renewed(connection, gate == before->end() ? Gate{} : gate->second));
  }
  const std::lock_guard lock(mutex_);
  gates_ = std::move(now);
}

/// A proof is made only of other secrets than before: making one costs more than comparing them.
Gate Keys::renewed(const config::Connection& connection, const Gate& before) {
  try {
    ProofSecrets secrets{secrets_.resolve(connection.webhook.secret), previous_of(connection)};
    ProofSecrets& known = known_[connection.name];
    if (before.proof && secrets == known) return before;
    redactor_.add(secrets.current);
    if (secrets.previous) redactor_.add(*secrets.previous);
    Gate gate{make_proof(connection.webhook, secrets), ""};
    known = std::move(secrets);
    return gate;
  } catch (const Error& error) {
    return {nullptr, "connections." + connection.name + ".webhook: " + error.what()};
  }
}

/// One without an end is not taken: an old secret would be good for ever.
std::optional<std::string> Keys::previous_of(const config::Connection& connection) {
  const auto name = previous_name(connection.webhook.secret);
  if (!name) return std::nullopt;
  const auto infos = vault_.list();
  const auto info = std::ranges::find(infos, *name, &vault::SecretInfo::name);
  const auto end = info == infos.end() ? std::nullopt : parse_time(info->expires_at);
  if (!end) return std::nullopt;
  if (*end > clock_.now()) return vault_.open(*name);
  try {
    vault_.remove_expired(*name);
  } catch (const Error&) {
    // Nobody takes it any more; the next look tries again, and `secrets check` tells of it.
  }
  return std::nullopt;
}

}  // namespace psabridge::webhook
