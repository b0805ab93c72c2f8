#include "core/doctor/webhook_checks.h"

#include <algorithm>

#include "core/base/time.h"
#include "core/webhook/own_webhook.h"
#include "core/webhook/rotation.h"

namespace psabridge::doctor {
namespace {

std::string command(const char* verb, const WebhookSubject& subject) {
  return "`psabridge webhooks " + std::string(verb) + " " + subject.connection.name + "`";
}

void look_at_address(const WebhookSubject& subject, Notes& notes) {
  if (subject.config.serve.public_url.empty())
    return notes.fail("address", "PB2106",
                      "serve.public_url is not set: the source cannot be told where to deliver.",
                      "Set it to the https address that leads to " + subject.config.serve.listen +
                          " from outside, then " + command("create", subject) + ".");
  notes.pass("address", "Deliveries are awaited below " + subject.config.serve.public_url + ".");
}

void look_at_secret(const WebhookSubject& subject, Notes& notes) {
  const std::string& reference = subject.connection.webhook.secret;
  if (subject.installation.secrets.origin(reference).place == vault::Origin::Place::nowhere)
    return notes.fail("secret", "PB1010", "There is no secret " + reference + " yet.",
                      command("create", subject) + " makes it, and tells it to the source.");
  try {
    subject.installation.redactor.add(subject.installation.secrets.resolve(reference));
    notes.pass("secret", "It can be read.");
  } catch (const Error& error) {
    notes.fail("secret", error);
  }
}

/// Not a fault: for a while two secrets count.
void look_at_previous_secret(const WebhookSubject& subject, Notes& notes) {
  const auto name = webhook::previous_name(subject.connection.webhook.secret);
  if (!name) return;
  for (const vault::SecretInfo& secret : subject.installation.vault.list())
    if (secret.name == *name && secret.expires_at > format_time(subject.installation.clock.now()))
      notes.pass("secret", "The one before its rotation is taken until " + secret.expires_at + ".");
}

/// The one that delivers here, else any; nothing when `ours` is empty.
std::optional<plugin::Webhook> chosen(const std::vector<plugin::Webhook>& ours, const std::string& url) {
  if (ours.empty()) return std::nullopt;
  const auto here = std::ranges::find(ours, url, &plugin::Webhook::url);
  return here == ours.end() ? ours.front() : *here;
}

void look_at_form(const WebhookSubject& subject, const plugin::Webhook& own,
                  const plugin::WantedWebhook& wanted, Notes& notes) {
  if (own.url != wanted.url)
    return notes.fail(own.name, "PB2107",
                      "It delivers to " +
                          webhook::shown_address(own.url, subject.config, subject.connection) +
                          ", and this configuration awaits deliveries at " +
                          webhook::shown_address(wanted.url, subject.config, subject.connection) + ".",
                      command("create", subject) + " sets the address right.");
  if (own.auth != wanted.auth)
    return notes.fail(own.name, "PB2111",
                      "It proves its deliveries as " + own.auth + ", and this configuration asks for " +
                          wanted.auth + ": they are refused.",
                      command("create", subject) + " sets the proof right.");
  notes.pass(own.name, "The source has it (id " + own.id + "), with the right address and proof.");
}

void look_at_activity(const WebhookSubject& subject, const plugin::Webhook& own, Notes& notes) {
  if (!own.active)
    return notes.fail(
        own.name, "PB2108",
        "It does not send: " + (own.trouble.empty() ? "the source gives no reason" : own.trouble) + ".",
        command("check", subject) + " looks for the cause. When that is mended, " +
            command("create", subject) + " switches it on again.");
  if (!own.trouble.empty())
    return notes.warn(own.name, "PB2108", "It sends, but " + own.trouble + ".",
                      command("create", subject) + " brings it into form.");
  notes.pass(own.name, "It is active.");
}

void look_at_others(const WebhookSubject& subject, const std::vector<plugin::Webhook>& all, std::size_t ours,
                    const plugin::WantedWebhook& wanted, Notes& notes) {
  if (ours > 1)
    notes.warn(wanted.name, "PB2112",
               "The source has " + std::to_string(ours) +
                   " webhooks of this name: each change is announced several times.",
               command("recreate", subject) + " leaves one.");
  for (const plugin::Webhook& other : all)
    if (other.name != wanted.name && other.url == wanted.url)
      notes.warn(other.name, "PB2112",
                 "This webhook is not psabridge's and delivers to the same address (id " + other.id + ").",
                 "Delete it in the source, if nobody knows what it is for.");
}

}  // namespace

bool look_at_webhook_settings(const WebhookSubject& subject, Notes& notes) {
  look_at_address(subject, notes);
  look_at_secret(subject, notes);
  look_at_previous_secret(subject, notes);
  return notes.sound();
}

std::optional<plugin::Webhook> look_at_own_webhook(const WebhookSubject& subject,
                                                   plugin::Connector& connector, Notes& notes,
                                                   const plugin::Stop& stop) {
  const plugin::WantedWebhook wanted =
      webhook::wanted_webhook(subject.config, subject.connection,
                              subject.installation.secrets.resolve(subject.connection.webhook.secret));
  const std::vector<plugin::Webhook> all = connector.webhooks(stop);
  std::vector<plugin::Webhook> ours;
  std::ranges::copy_if(all, std::back_inserter(ours),
                       [&](const plugin::Webhook& one) { return one.name == wanted.name; });
  const std::optional<plugin::Webhook> own = chosen(ours, wanted.url);
  if (own) {
    look_at_form(subject, *own, wanted, notes);
    look_at_activity(subject, *own, notes);
  } else {
    notes.fail(wanted.name, "PB2107", "The source has no webhook of this name.",
               command("create", subject) + " makes it.");
  }
  look_at_others(subject, all, ours.size(), wanted, notes);
  return own;
}

}  // namespace psabridge::doctor
