#include "core/config/webhook_rules.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/config/endpoint.h"

namespace psabridge::config {
namespace {

/// A key of a webhook that only some kinds of proof read.
struct ProofKey {
  std::string_view key;
  std::array<std::string_view, 2> read_by;
};
constexpr auto kProofKeys = std::to_array<ProofKey>({{"user", {"basic"}},
                                                     {"header", {"hmac", "bearer"}},
                                                     {"prefix", {"hmac", "bearer"}},
                                                     {"digest", {"hmac"}},
                                                     {"tolerance", {"standard"}}});

/// Null when the entry of that name, in that section, does not have the key.
const Node* find(const Node& root, std::string_view section, std::string_view name, std::string_view key) {
  const Node* const entries = root.find(section);
  const Node* const entry = entries ? entries->find(name) : nullptr;
  return entry ? entry->find(key) : nullptr;
}

/// Null when the connection takes no webhooks.
const Node* webhook_node_of(const Connection& connection, const Node& root) {
  return connection.webhook.auth.empty() ? nullptr : find(root, "connections", connection.name, "webhook");
}

std::string kinds_of(const ProofKey& proof_key) {
  const auto& [first, second] = proof_key.read_by;
  return std::string(first) + (second.empty() ? "" : " and " + std::string(second));
}

void complete(Connection& connection, const Node& webhook_node) {
  Webhook& webhook = connection.webhook;
  if (webhook.secret.empty()) webhook.secret = "secret://" + connection.name + ".webhook";
  if (webhook.header.empty() && webhook.auth == "hmac") webhook.header = "Token";
  if (webhook.header.empty() && webhook.auth == "bearer") webhook.header = "Authorization";
  const bool is_bearer = webhook.auth == "bearer" && equals_ignoring_case(webhook.header, "Authorization");
  if (is_bearer && !webhook_node.find("prefix")) webhook.prefix = "Bearer ";
}

/// Keys that have no effect: whoever wrote them meant another kind of proof.
void check_proof_keys(const Connection& connection, const Node& webhook_node,
                      std::vector<Problem>& problems) {
  const std::string tree = member_path("connections", connection.name) + ".webhook";
  for (const ProofKey& proof_key : kProofKeys) {
    const auto entry = std::ranges::find(webhook_node.entries, proof_key.key, &Node::Entry::key);
    if (entry == webhook_node.entries.end()) continue;
    if (std::ranges::find(proof_key.read_by, connection.webhook.auth) != proof_key.read_by.end()) continue;
    problems.push_back({"PB1003", entry->at,
                        tree + ": " + in_quotes(entry->key) + " is for auth: " + kinds_of(proof_key) +
                            ", and auth is " + connection.webhook.auth + ": remove the key"});
  }
}

}  // namespace

void complete_webhooks(Config& config, const Node& root) {
  for (Connection& connection : config.connections)
    if (const Node* const node = webhook_node_of(connection, root)) complete(connection, *node);
}

void check_webhooks(const Config& config, const Node& root, std::vector<Problem>& problems) {
  for (const Connection& connection : config.connections)
    if (const Node* const node = webhook_node_of(connection, root))
      check_proof_keys(connection, *node, problems);
  for (const Pipeline& pipeline : config.pipelines) {
    const Node* const use = find(root, "pipelines", pipeline.name, "webhooks");
    const Connection* const connection = config.find_connection(pipeline.connection);
    if (!use || !connection || find(root, "connections", connection->name, "webhook")) continue;
    problems.push_back({"PB2106", use->at,
                        member_path("pipelines", pipeline.name) + ".webhooks: the connection " +
                            in_quotes(connection->name) +
                            " takes no webhooks. Say how they prove where "
                            "they come from: connections." +
                            connection->name + ".webhook: { auth: ... }"});
  }
}

void check_serve(const Config& config, const Node& root, std::vector<Problem>& problems) {
  const Node* const serve = root.find("serve");
  if (!serve) return;
  const Node *const certificate = serve->find("certificate"), *const key = serve->find("key");
  if (!certificate != !key)
    problems.push_back({"PB2202", (certificate ? certificate : key)->at,
                        std::string("serve: `certificate` and `key` go together, and `") +
                            (certificate ? "key" : "certificate") + "` is missing"});
  const auto listen = parse_endpoint(config.serve.listen);
  if (listen->loopback || certificate || key || config.serve.behind_proxy) return;
  problems.push_back({"PB2204", serve->find("listen")->at,
                      "serve.listen: " + config.serve.listen +
                          " is reached from other machines, and without `certificate` and `key` their "
                          "secrets would come unencrypted. Behind a reverse proxy with TLS on another "
                          "machine say behind_proxy: true"});
}

}  // namespace psabridge::config
