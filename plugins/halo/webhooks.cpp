#include "webhooks.h"

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <set>

#include "server_answer.h"
#include "sign_in.h"
#include "slicer.h"

namespace psabridge::halo {
namespace {

namespace json = boost::json;
using sdk::Failure;
using sdk::Outcome;

constexpr std::string_view kWebhook = "webhook", kScope = "admin";
constexpr std::uint32_t kLongestLog = 100;
const std::string kWebhooks = "Webhook", kNotifications = "Notification", kLog = "WebhookEvent";

bool is_success(int status) { return status >= 200 && status < 300; }

/// Of a success that tells what was saved: an object, or (some versions) a list of one. Empty when it tells
/// nothing.
json::object saved_row(std::string_view body) {
  json::error_code error;
  const json::value parsed = json::parse(body, error);
  if (error) return {};
  if (parsed.is_object()) return parsed.get_object();
  const bool is_one =
      parsed.is_array() && parsed.get_array().size() == 1 && parsed.get_array()[0].is_object();
  return is_one ? parsed.get_array()[0].get_object() : json::object();
}

std::string member_in(const json::object& row, std::string_view name) {
  const json::value* value = row.if_contains(name);
  const json::string* text = value ? value->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

[[noreturn]] void refuse(const std::string& why) {
  throw Failure(Outcome::invalid, "A webhook of Halo cannot be set up so: " + why + ".", "PB1208");
}

/// Without an id Halo would take the request for one about all webhooks, or about the notifications of
/// agents.
void check_id(const std::string& id) {
  if (id.empty()) throw Failure(Outcome::invalid, "The webhook of Halo that is meant has no id.", "PB1208");
}

void check_wanted(const sdk::WantedWebhook& wanted) {
  if (wanted.name.empty() || wanted.url.empty()) refuse("it needs a name and an address");
  if (wanted.events.empty()) refuse("it has no events, and Halo would never send anything");
  for (const sdk::Subscription& event : wanted.events)
    if (event.number.empty())
      refuse("the event " + event.kind +
             " has no number. Give the one that Halo shows for it in webhooks.numbers of the pipeline");
}

}  // namespace

Failure Webhooks::no_right(const std::string& what, const std::string& resource) const {
  return Failure(Outcome::forbidden,
                 "Halo does not let this API application manage webhooks (" + what + " from " +
                     session_.url_of(resource) + "). In Halo, " + std::string(kApplications) +
                     ": tick admin on the Permissions tab of the application, and let it log in as an agent "
                     "with administrator rights. Then name admin in auth.scopes of the connection.",
                 "PB1204");
}

/// A right that is missing is a 403, mostly without words, or a 401 although the sign-in is good.
void Webhooks::check_right(const sdk::HttpResponse& answer, const std::string& resource) {
  if (answer.status == 403 || (answer.status == 401 && session_.is_signed_in()))
    throw no_right("HTTP " + std::to_string(answer.status), resource);
}

std::vector<json::object> Webhooks::rows(const std::string& resource, const Query& query) {
  const sdk::HttpResponse answer = session_.get(resource, encoded(query));
  check_right(answer, resource);
  if (!is_success(answer.status)) throw session_.failure(answer, resource, kWebhook, kScope);
  const std::string url = session_.url_of(resource);
  const Subject subject{kWebhook, kScope, url};
  const Slicing slicing = slice_list(answer.body, {"events", {}, {}});
  if (slicing.kind == BodyKind::html) throw page_failure(answer.body, subject);
  if (slicing.kind == BodyKind::broken) throw broken_failure(subject);
  if (slicing.kind == BodyKind::no_list) throw no_records_failure(answer.body, subject);
  std::vector<json::object> rows;
  for (const Row& row : slicing.rows) {
    json::error_code error;
    json::value parsed = json::parse(row.text, error);
    if (error || !parsed.is_object()) throw broken_failure(subject);
    rows.push_back(std::move(parsed.get_object()));
  }
  return rows;
}

json::object Webhooks::posted(const std::string& resource, const json::object& row) {
  const sdk::HttpResponse answer = session_.post(resource, json::serialize(json::array{row}));
  check_right(answer, resource);
  if (is_success(answer.status)) return saved_row(answer.body);
  const bool refused = answer.status == 400 || answer.status == 422 || answer.status == 409;
  if (!refused) throw session_.failure(answer, resource, kWebhook, kScope);
  throw Failure(Outcome::invalid,
                "Halo does not save the webhook (HTTP " + std::to_string(answer.status) + " from " +
                    session_.url_of(resource) + "). Halo said: \"" + server_words(answer.body) + "\".",
                "PB1208");
}

void Webhooks::gone(const std::string& resource) {
  const sdk::HttpResponse answer = session_.remove(resource);
  check_right(answer, resource);
  if (!is_success(answer.status) && answer.status != 404)
    throw session_.failure(answer, resource, kWebhook, kScope);
}

std::vector<Notification> Webhooks::notifications(const std::string& webhook) {
  std::vector<Notification> found;
  for (const json::object& row : rows(kNotifications, {{"webhook_id", webhook}})) {
    Notification notification = notification_of(row);
    // A server that does not know the parameter gives those of all webhooks, and of agents.
    if (notification.webhook == webhook) found.push_back(std::move(notification));
  }
  return found;
}

sdk::Webhook Webhooks::with_events(sdk::Webhook webhook) {
  for (Notification& notification : notifications(webhook.id))
    webhook.events.push_back(std::move(notification.event));
  if (webhook.events.empty())
    webhook.trouble += webhook.trouble.empty() ? "it has no events" : "; it has no events";
  return webhook;
}

std::vector<sdk::Webhook> Webhooks::all() {
  std::vector<sdk::Webhook> webhooks;
  for (const json::object& row : rows(kWebhooks, {{"type", "0"}})) {
    sdk::Host::stop_if_cancelled();
    sdk::Webhook webhook = webhook_of(row);
    if (!webhook.id.empty()) webhooks.push_back(with_events(std::move(webhook)));
  }
  return webhooks;
}

/// The one that is meant. One that was made before and whose answer was lost is known by its name and
/// address. Empty: there is none, or somebody has deleted it.
std::string Webhooks::existing(const sdk::WantedWebhook& wanted) {
  for (const json::object& row : rows(kWebhooks, {{"type", "0"}})) {
    std::string id = member_in(row, "id");
    const bool same = member_in(row, "name") == wanted.name && member_in(row, "url") == wanted.url;
    if (wanted.id.empty() ? same : id == wanted.id) return id;
  }
  return {};
}

/// The secret is never shown by Halo, so it cannot be compared: the webhook is written each time.
std::string Webhooks::saved(sdk::WantedWebhook wanted) {
  wanted.id = existing(wanted);
  const std::string secret = wanted.auth == "url" ? std::string() : host_.secret(wanted.secret);
  const std::string id = member_in(posted(kWebhooks, webhook_row(wanted, secret)), "id");
  if (id.empty() && wanted.id.empty())
    throw no_right("the answer names no webhook that was saved", kWebhooks);
  return id.empty() ? wanted.id : id;
}

/// Adds the events that are missing, then takes away those that are not wanted or there twice: in this order
/// the webhook is never without any.
void Webhooks::subscribe(const std::string& webhook, const std::vector<sdk::Subscription>& events) {
  const std::vector<Notification> there = notifications(webhook);
  std::set<std::string> open, wanted;
  for (const sdk::Subscription& event : events) {
    wanted.insert(event.number);
    const bool missing = std::none_of(there.begin(), there.end(), [&](const Notification& notification) {
      return notification.event.number == event.number;
    });
    if (missing && open.insert(event.number).second) posted(kNotifications, notification_row(event, webhook));
  }
  for (const Notification& notification : there) {
    const bool first_of_wanted = wanted.erase(notification.event.number) > 0;
    if (!first_of_wanted) gone(kNotifications + "/" + encoded(notification.id));
  }
}

sdk::Webhook Webhooks::put(const sdk::WantedWebhook& wanted) {
  check_wanted(wanted);
  const std::string id = saved(wanted);
  subscribe(id, wanted.events);
  for (const json::object& row : rows(kWebhooks, {{"type", "0"}}))
    if (member_in(row, "id") == id) return with_events(webhook_of(row));
  throw no_right("the webhook was saved and is not listed", kWebhooks);
}

void Webhooks::remove(const std::string& id) {
  check_id(id);
  for (const Notification& notification : notifications(id))
    gone(kNotifications + "/" + encoded(notification.id));
  gone(kWebhooks + "/" + encoded(id));
}

void Webhooks::test(const std::string& id) {
  check_id(id);
  posted(kWebhooks, {{"id", id}, {"_test", true}});
}

std::vector<sdk::WebhookDelivery> Webhooks::log(const std::string& id, std::uint32_t limit) {
  check_id(id);
  const std::uint32_t lines = std::min(limit, kLongestLog);
  std::vector<sdk::WebhookDelivery> log;
  for (const json::object& row : rows(kLog, {{"webhook_id", id},
                                             {"pageinate", "true"},
                                             {"page_no", "1"},
                                             {"page_size", std::to_string(lines)},
                                             {"order", "timestamp"},
                                             {"orderdesc", "true"}})) {
    sdk::WebhookDelivery delivery = delivery_of(row);
    const std::string owner = member_in(row, "webhook_id");
    if (!delivery.at.empty() && (owner.empty() || owner == id)) log.push_back(std::move(delivery));
  }
  std::stable_sort(log.begin(), log.end(), [](const auto& a, const auto& b) { return a.at > b.at; });
  if (log.size() > lines) log.resize(lines);
  return log;
}

}  // namespace psabridge::halo
