#include "core/plugin/webhook_text.h"

#include "core/base/time.h"
#include "core/plugin/json_node.h"

namespace psabridge::plugin {
namespace {

namespace json = boost::json;

Webhook::Subscription subscription_of(const json::value& value, const std::string& where) {
  const JsonNode node(value, where);
  return {node.text("kind"), node.text("number"), node.text("title")};
}

Webhook webhook_of(const json::value& value, const std::string& where) {
  const JsonNode node(value, where);
  Webhook webhook{.id = node.required_text("id"),
                  .name = node.text("name"),
                  .url = node.text("url"),
                  .auth = node.text("auth"),
                  .active = node.flag("active"),
                  .trouble = node.text("trouble"),
                  .events = {}};
  node.each_element("events", [&](const json::value& event, const std::string& at) {
    webhook.events.push_back(subscription_of(event, at));
  });
  return webhook;
}

WebhookDelivery delivery_of(const json::value& value, const std::string& where) {
  const JsonNode node(value, where);
  WebhookDelivery delivery{node.required_text("at"), node.text("event"), node.text("error"),
                           node.number("status")};
  if (!parse_time(delivery.at)) misfit(where + "/at", "is no time");
  return delivery;
}

template <class Element>
std::vector<Element> list_of(std::string_view text,
                             Element (*element_of)(const json::value&, const std::string&)) {
  const json::value document = parse_json(text);
  if (!document.is_array()) misfit("the text", "must be an array");
  std::vector<Element> list;
  for (const json::value& element : document.get_array())
    list.push_back(element_of(element, "/" + std::to_string(list.size())));
  return list;
}

}  // namespace

std::string text_of(const WantedWebhook& wanted) {
  json::array events;
  for (const Webhook::Subscription& event : wanted.events)
    events.push_back({{"kind", event.kind}, {"number", event.number}, {"title", event.title}});
  return json::serialize(json::value{{"id", wanted.id},
                                     {"name", wanted.name},
                                     {"url", wanted.url},
                                     {"auth", wanted.auth},
                                     {"user", wanted.user},
                                     {"header", wanted.header},
                                     {"digest", wanted.digest},
                                     {"prefix", wanted.prefix},
                                     {"secret", wanted.secret},
                                     {"events", std::move(events)}});
}

Webhook read_webhook(std::string_view json) { return webhook_of(parse_json(json), ""); }

std::vector<Webhook> read_webhooks(std::string_view json) { return list_of<Webhook>(json, webhook_of); }

std::vector<WebhookDelivery> read_deliveries(std::string_view json) {
  return list_of<WebhookDelivery>(json, delivery_of);
}

}  // namespace psabridge::plugin
