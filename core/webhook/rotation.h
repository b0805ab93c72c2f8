// Making and exchanging the secret of a webhook.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/vault/secrets.h"

namespace psabridge::webhook {

/// The name in the vault of the secret that `reference` (secret://NAME) named before its last rotation.
/// Nothing for secrets that are not kept by name: those are exchanged where they are.
std::optional<std::string> previous_name(std::string_view reference);

/// The secret of the connection's webhook; made, and sealed in the vault, when there is none. Throws Error
/// PB2106 when there is none and the vault cannot keep it, else as Secrets::resolve().
std::string ensure_secret(const config::Connection& connection, vault::Secrets& secrets, vault::Vault& vault);

/// Seals a new secret and returns it. Deliveries with the one before are taken for `overlap` more: until then
/// the source must have learnt the new one. A rotation within the overlap of another ends the older one's at
/// once. A kill at any moment leaves a secret that the source knows in force. Throws Error PB2106 when the
/// vault does not keep this secret, PB18xx when it cannot.
std::string rotate_secret(const config::Connection& connection, vault::Secrets& secrets, vault::Vault& vault,
                          Clock& clock, Milliseconds overlap);

}  // namespace psabridge::webhook
