// Webhooks of a source as C++ structs, and their JSON form (docs/reference/webhooks.md); part of
// <psabridge/plugin.hpp>.
#pragma once
#include <initializer_list>
#include <psabridge/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace psabridge::sdk {

/// An event that a webhook announces.
struct Subscription {
  std::string kind = {};    ///< one of the description's events ("ticket.updated"); empty: none of them
  std::string number = {};  ///< by which the source knows it
  std::string title = {};   ///< in the source's words
};

/// A webhook at the source, ours or somebody else's.
struct Webhook {
  std::string id = {}, name = {}, url = {};
  std::string auth = {};     ///< proof of its deliveries: basic, hmac, bearer, url, or the source's word
  bool active = false;       ///< the source sends
  std::string trouble = {};  ///< why it does not, or what is wrong with it, in words; or empty
  std::vector<Subscription> events = {};
};

/// What a webhook shall be.
struct WantedWebhook {
  std::string id = {};  ///< of the one to change; empty: a new one
  std::string name = {}, url = {};
  std::string auth = {};                 ///< basic, hmac, bearer, url, standard
  std::string user = {};                 ///< basic
  std::string header = {};               ///< hmac, bearer: that carries the proof
  std::string digest = {}, prefix = {};  ///< hmac: base64 or hex; hmac, bearer: before the proof
  std::string secret = {};               ///< reference, for Host::secret; empty for url
  std::vector<Subscription> events = {};
};

/// A line of the source's log of deliveries.
struct WebhookDelivery {
  std::string at = {};     ///< RFC 3339
  std::string event = {};  ///< in the source's words; may be empty
  int status = 0;          ///< HTTP status that the receiver answered; 0: it did not
  std::string error = {};  ///< empty when the source was content
};

namespace detail {

/// `texts`: name, value, name, value ...; the members of an object, without its braces.
inline std::string members_json(std::initializer_list<std::string_view> texts) {
  std::string json;
  bool is_name = true;
  for (const std::string_view text : texts) {
    if (is_name && !json.empty()) json += ", ";
    json += quoted(text) + (is_name ? ": " : "");
    is_name = !is_name;
  }
  return json;
}

template <class Element>
std::string list_json(const std::vector<Element>& elements) {
  std::string json;
  for (const Element& element : elements) json += (json.empty() ? "" : ", ") + to_json(element);
  return "[" + json + "]";
}

}  // namespace detail

inline std::string to_json(const Subscription& event) {
  return "{" + detail::members_json({"kind", event.kind, "number", event.number, "title", event.title}) + "}";
}
inline std::string to_json(const Webhook& webhook) {
  return "{" +
         detail::members_json({"id", webhook.id, "name", webhook.name, "url", webhook.url, "auth",
                               webhook.auth, "trouble", webhook.trouble}) +
         ", \"active\": " + (webhook.active ? "true" : "false") +
         ", \"events\": " + detail::list_json(webhook.events) + "}";
}
inline std::string to_json(const WantedWebhook& wanted) {
  return "{" +
         detail::members_json({"id", wanted.id, "name", wanted.name, "url", wanted.url, "auth", wanted.auth,
                               "user", wanted.user, "header", wanted.header, "digest", wanted.digest,
                               "prefix", wanted.prefix, "secret", wanted.secret}) +
         ", \"events\": " + detail::list_json(wanted.events) + "}";
}
inline std::string to_json(const WebhookDelivery& delivery) {
  return "{" + detail::members_json({"at", delivery.at, "event", delivery.event, "error", delivery.error}) +
         ", \"status\": " + std::to_string(delivery.status) + "}";
}

namespace detail {

inline std::vector<Subscription> subscriptions_in(const Json& list) {
  std::vector<Subscription> events;
  for (const Json& event : list.elements())
    events.push_back({event["kind"].text(), event["number"].text(), event["title"].text()});
  return events;
}
inline Webhook webhook_in(const Json& json) {
  return {json["id"].text(),
          json["name"].text(),
          json["url"].text(),
          json["auth"].text(),
          json["active"].boolean(),
          json["trouble"].text(),
          subscriptions_in(json["events"])};
}
inline std::vector<Webhook> webhooks_in(const Json& list) {
  std::vector<Webhook> webhooks;
  for (const Json& webhook : list.elements()) webhooks.push_back(webhook_in(webhook));
  return webhooks;
}
inline WantedWebhook wanted_in(const Json& json) {
  return {json["id"].text(),     json["name"].text(),
          json["url"].text(),    json["auth"].text(),
          json["user"].text(),   json["header"].text(),
          json["digest"].text(), json["prefix"].text(),
          json["secret"].text(), subscriptions_in(json["events"])};
}
inline WebhookDelivery delivery_in(const Json& json) {
  return {json["at"].text(), json["event"].text(), static_cast<int>(json["status"].number()),
          json["error"].text()};
}
inline std::vector<WebhookDelivery> deliveries_in(const Json& list) {
  std::vector<WebhookDelivery> deliveries;
  for (const Json& delivery : list.elements()) deliveries.push_back(delivery_in(delivery));
  return deliveries;
}

}  // namespace detail

}  // namespace psabridge::sdk
