#include "core/webhook/rotation.h"

#include "core/base/error.h"
#include "core/base/time.h"
#include "core/config/secrets.h"
#include "core/webhook/signature.h"

namespace psabridge::webhook {
namespace {

using vault::Origin;

[[noreturn]] void refuse(const config::Connection& connection, const std::string& where) {
  throw Error("PB2106", "The secret of connections." + connection.name + ".webhook is " + where +
                            ", where psabridge cannot write: change it there, or name one that the vault "
                            "keeps: secret://" +
                            connection.name + ".webhook");
}

/// The name under which the vault keeps the secret, or may keep it. Beside the vault, systemd's credentials
/// come first: what the vault had would never be seen.
std::string name_in_vault(const config::Connection& connection, const Origin& origin) {
  const std::string& reference = connection.webhook.secret;
  const auto name = config::secret_name(reference);
  if (!name) refuse(connection, config::is_secret_reference(reference) ? reference : "in the configuration");
  if (origin.place == Origin::Place::credential) refuse(connection, "a systemd credential");
  return std::string(*name);
}

}  // namespace

std::optional<std::string> previous_name(std::string_view reference) {
  const auto name = config::secret_name(reference);
  return name ? std::optional(std::string(*name) + ".previous") : std::nullopt;
}

std::string ensure_secret(const config::Connection& connection, vault::Secrets& secrets,
                          vault::Vault& vault) {
  const Origin origin = secrets.origin(connection.webhook.secret);
  if (origin.place != Origin::Place::nowhere) return secrets.resolve(connection.webhook.secret);
  const std::string secret = new_secret(connection.webhook);
  vault.seal(name_in_vault(connection, origin), secret);
  return secret;
}

std::string rotate_secret(const config::Connection& connection, vault::Secrets& secrets, vault::Vault& vault,
                          Clock& clock, Milliseconds overlap) {
  const Origin origin = secrets.origin(connection.webhook.secret);
  const std::string name = name_in_vault(connection, origin);
  if (origin.place != Origin::Place::nowhere)  // the old one first: until the new one is there, both are it
    vault.seal(*previous_name(connection.webhook.secret), secrets.resolve(connection.webhook.secret),
               format_time(clock.now() + overlap));
  const std::string secret = new_secret(connection.webhook);
  vault.seal(name, secret);
  return secret;
}

}  // namespace psabridge::webhook
