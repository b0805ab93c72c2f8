#include "tests/sandbox/webhook_records.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace sandbox {
namespace {

namespace json = boost::json;

constexpr std::string_view kNewWebhook =
    R"({"id":"","name":"","url":"","note":"","type":0,"method":0,"content_type":"application/json",)"
    R"("authentication_type":0,"authentication_header":"","basic_username":"","basic_password":"",)"
    R"("certificate_id":0,"algorithm":0,"digest":0,"signature_prefix":"","active":true,"disabled":false,)"
    R"("custom_payload":false,"payload_type":0,"mappings":[],"batch_method":0,"batch_delay_seconds":0,)"
    R"("batch_limit":100,"log_retention_policy_days":30,"notify_on_failure":false,)"
    R"("infinite_loop_threshold":0,"auto_disable_attempts":0,"last_auto_disable_date":null,)"
    R"("uselightweightlogs":false,"last_status":0,"inbound_authentication_type":0,"runbook_start_type":0,)"
    R"("systemuse":"","safe_instances":0,"multiple_execution_mode":0})";
constexpr std::string_view kNewNotification =
    R"({"id":0,"webhook_id":"","type":-2,"delivery_method":6,"eventno":0,"name":"","agent_id":0,)"
    R"("filter_type":2,"restriction_type":0,"interval":0,"useworkinghours":0,"emailtemplate_id":0,)"
    R"("slack_id":0,"teams_id":0,"sendpushnotification":false,"popupinnotificationpane":false,)"
    R"("conditions":[]})";
// What the server alone sets.
constexpr std::string_view kReadOnly[] = {"id", "last_auto_disable_date", "last_status"};

constexpr std::string_view kMethods[] = {"POST", "GET", "PUT", "DELETE", "PATCH"};
constexpr std::string_view kUsualHeader = "Token";

// How payload_type chooses; 0 and 1 are Halo's, the others the sandbox's own.
constexpr std::int64_t kCustomPayload = 1;
constexpr std::int64_t kSmallPayload = 3;
constexpr std::int64_t kEventOnlyPayload = 4;

std::string text_of(const json::object& record, std::string_view key) {
  return std::string(record.at(key).as_string());
}

std::int64_t number_of(const json::object& record, std::string_view key) { return record.at(key).as_int64(); }

// The posted value in the type that the member has; nothing when it is of another one.
std::optional<json::value> fitting(const json::value& member, const json::value& posted) {
  if (member.is_int64()) {
    const auto number = integer_in(posted);
    return number ? std::optional<json::value>(*number) : std::nullopt;
  }
  if (member.is_string() && posted.is_null()) return json::value("");
  if (member.is_null() || member.kind() == posted.kind()) return posted;
  return std::nullopt;
}

std::string_view type_name(const json::value& member) {
  if (member.is_int64()) return "integer";
  return member.is_bool() ? "boolean" : "string";
}

Refusal complaint(std::string_view text) { return {400, json::serialize(json::object{{"Message", text}})}; }

bool within(const json::object& record, std::string_view key, std::int64_t last) {
  return number_of(record, key) >= 0 && number_of(record, key) <= last;
}

}  // namespace

json::object new_webhook() { return json::parse(kNewWebhook).as_object(); }
json::object new_notification() { return json::parse(kNewNotification).as_object(); }

std::optional<Refusal> merge(json::object& record, const json::object& item, std::size_t index) {
  for (const auto& [key, posted] : item) {
    json::value* member = record.if_contains(key);
    const bool read_only =
        std::find(std::begin(kReadOnly), std::end(kReadOnly), std::string_view(key)) != std::end(kReadOnly);
    if (member == nullptr || read_only) continue;
    auto value = fitting(*member, posted);
    if (!value) return model_state(index, key, posted, type_name(*member));
    *member = std::move(*value);
  }
  return std::nullopt;
}

std::optional<Refusal> check_webhook(const json::object& webhook) {
  constexpr std::size_t kLongestName = 255;
  constexpr std::size_t kLongestUrl = 500;
  constexpr std::size_t kLongestNote = 4000;
  const std::string url = text_of(webhook, "url");
  if (!has_text(webhook, "name")) return complaint("A Name must be entered");
  if (!url.starts_with("https://") && !url.starts_with("http://"))
    return complaint("A valid Payload URL must be entered");
  if (text_of(webhook, "name").size() > kLongestName || url.size() > kLongestUrl ||
      text_of(webhook, "note").size() > kLongestNote)
    return complaint("String or binary data would be truncated.");
  if (!within(webhook, "method", std::ssize(kMethods) - 1)) return complaint("There is no such method");
  if (!within(webhook, "authentication_type", 3))
    return complaint("The sandbox has the authentication types 0 to 3");
  if (!within(webhook, "batch_method", 3)) return complaint("There is no such batch method");
  return std::nullopt;
}

std::optional<Refusal> check_notification(const json::object& notification) {
  if (number_of(notification, "eventno") <= 0) return complaint("An Event must be selected");
  return std::nullopt;
}

json::object without_secret(json::object webhook) {
  webhook.erase("basic_password");
  return webhook;
}

Route route_of(const json::object& webhook) {
  Route route;
  Target& target = route.target;
  target.url = text_of(webhook, "url");
  target.method = kMethods[static_cast<std::size_t>(number_of(webhook, "method"))];
  target.content_type = text_of(webhook, "content_type");
  target.authentication =
      static_cast<WebhookAuthentication>(webhook.at("authentication_type").to_number<std::int32_t>());
  target.header = text_of(webhook, "authentication_header");
  if (target.header.empty()) target.header = kUsualHeader;
  target.signature_prefix = text_of(webhook, "signature_prefix");
  target.user = text_of(webhook, "basic_username");
  target.secret = text_of(webhook, "basic_password");
  route.batching = static_cast<Batching>(webhook.at("batch_method").to_number<std::int32_t>());
  route.batch_limit = static_cast<std::size_t>(std::max<std::int64_t>(number_of(webhook, "batch_limit"), 1));
  route.batch_delay = std::chrono::seconds(number_of(webhook, "batch_delay_seconds"));
  route.retention_days = number_of(webhook, "log_retention_policy_days");
  route.keeps_bodies = !webhook.at("uselightweightlogs").as_bool();
  return route;
}

Payload payload_of(const json::object& webhook) {
  const std::int64_t type = number_of(webhook, "payload_type");
  if (webhook.at("custom_payload").as_bool() || type == kCustomPayload) return Payload::custom;
  if (type == kSmallPayload) return Payload::small;
  return type == kEventOnlyPayload ? Payload::event_only : Payload::full;
}

}  // namespace sandbox
