// Whether the webhook of a connection is set up, on this side and at the source; for `doctor` and for
// `webhooks check`.
#pragma once
#include <optional>

#include "core/connection/services.h"
#include "core/doctor/notes.h"

namespace psabridge::doctor {

/// A connection that takes webhooks. Everything outlives the checks.
struct WebhookSubject {
  const config::Config& config;
  const config::Connection& connection;
  connection::Installation installation;
};

/// This side: the address is given and the secret can be read. Returns true when that is so; the secret is
/// then known to the redactor.
bool look_at_webhook_settings(const WebhookSubject& subject, Notes& notes);

/// The source: it has one webhook of ours, which is as it should be and sends. Needs good settings. Returns
/// ours; nothing when there is none.
std::optional<plugin::Webhook> look_at_own_webhook(const WebhookSubject& subject,
                                                   plugin::Connector& connector, Notes& notes,
                                                   const plugin::Stop& stop);

}  // namespace psabridge::doctor
