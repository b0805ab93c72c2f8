#include "core/webhook/own_webhook.h"

#include "core/base/error.h"
#include "core/net/url.h"
#include "core/webhook/receiver.h"

namespace psabridge::webhook {

std::string own_name(const config::Connection& connection) { return "psabridge " + connection.name; }

void require_settings(const config::Config& config, const config::Connection& connection) {
  if (connection.webhook.auth.empty())
    throw Error("PB2106", "The connection " + connection.name +
                              " takes no webhooks. Say how they prove where they come from: connections." +
                              connection.name + ".webhook: { auth: hmac }");
  if (config.serve.public_url.empty())
    throw Error(
        "PB2106",
        "serve.public_url is not set, and the source has to be told where to deliver. Give the address "
        "that leads to serve.listen (" +
            config.serve.listen + ") from outside: serve: { public_url: https://HOST }");
}

plugin::WantedWebhook wanted_webhook(const config::Config& config, const config::Connection& connection,
                                     const std::string& secret) {
  const config::Webhook& proof = connection.webhook;
  return {.id = {},
          .name = own_name(connection),
          .url = delivery_url(config.serve.public_url, connection, secret),
          .auth = proof.auth,
          .user = proof.user,
          .header = proof.header,
          .digest = proof.digest,
          .prefix = proof.prefix,
          .secret = proof.auth == "url" ? std::string() : proof.secret,
          .events = {}};
}

std::string shown_address(const std::string& url, const config::Config& config,
                          const config::Connection& connection) {
  const std::string own = delivery_url(config.serve.public_url, connection, {});
  if (url == own) return url;
  if (connection.webhook.auth == "url" && url.starts_with(own)) return own + "[secret]";
  try {
    return net::parse_url(url).origin() + "/...";
  } catch (const Error&) {
    return "(no web address)";
  }
}

}  // namespace psabridge::webhook
