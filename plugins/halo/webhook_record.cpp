#include "webhook_record.h"

#include <algorithm>
#include <boost/json.hpp>

#include "event_names.h"
#include "server_answer.h"
#include "slicer.h"
#include "timestamp.h"

namespace psabridge::halo {
namespace {

namespace json = boost::json;

// Halo's numbers.
constexpr int kNoProof = 0, kBasic = 1, kBearer = 2, kSignature = 3;
constexpr int kPost = 0, kHmacSha256 = 0, kBase64 = 0, kUnbatched = 0, kUsualPayload = 0;

/// A text, or a number or truth value as text.
std::string text_in(const json::object& row, std::string_view name) {
  const json::value* value = row.if_contains(name);
  if (!value || value->is_null() || value->is_structured()) return {};
  return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

/// Halo writes 3, 3.0 and "3".
int number_in(const json::object& row, std::string_view name) {
  const json::value* value = row.if_contains(name);
  const std::string id = value && !value->is_structured() ? id_of(json::serialize(*value)) : std::string();
  return id.empty() || id.size() > 9 || id.find_first_not_of("-0123456789") != std::string::npos
             ? 0
             : std::stoi(id);
}

bool flag_in(const json::object& row, std::string_view name, bool otherwise) {
  const std::string text = text_in(row, name);
  return text.empty() ? otherwise : text == "true" || text == "True" || text == "1";
}

std::string auth_of(const json::object& row) {
  switch (const int type = number_in(row, "authentication_type")) {
    case kNoProof:
      return "url";
    case kBasic:
      return "basic";
    case kBearer:
      return "bearer";
    case kSignature:
      return "hmac";
    default:
      return "Halo's authentication type " + std::to_string(type);
  }
}

std::string switched_off(const json::object& row) {
  if (!flag_in(row, "disabled", false))
    return flag_in(row, "active", true) ? std::string() : "it is not active in Halo";
  const std::string at = text_in(row, "last_auto_disable_date");
  const std::optional<Milliseconds> time = parse_time(at);
  return time && *time > 0 ? "Halo disabled it by itself after failed deliveries, at " + format_time(*time)
                           : "it is disabled in Halo";
}

std::string trouble_of(const json::object& row) {
  std::string trouble = switched_off(row);
  const auto add = [&](bool holds, const std::string& words) {
    if (holds) trouble += (trouble.empty() ? "" : "; ") + words;
  };
  add(number_in(row, "method") != kPost, "it does not send with POST");
  add(number_in(row, "batch_method") != kUnbatched,
      "its deliveries are batched, so events come up to " +
          std::to_string(number_in(row, "batch_delay_seconds")) + " seconds late");
  add(flag_in(row, "custom_payload", false) || number_in(row, "payload_type") != kUsualPayload,
      "its payload is not Halo's usual one, so the objects of events may not be named");
  return trouble;
}

struct Proof {
  int type;
  std::string header = {}, user = {};
};

[[noreturn]] void refuse(const std::string& why) {
  throw sdk::Failure(sdk::Outcome::invalid, "A webhook of Halo cannot be set up so: " + why + ".", "PB1208");
}

Proof proof_of(const sdk::WantedWebhook& wanted) {
  if (wanted.auth == "url") return {kNoProof};
  if (wanted.auth == "basic") return {kBasic, "", wanted.user};
  if (wanted.auth == "bearer") return {kBearer, wanted.header};
  if (wanted.auth == "standard")
    refuse(
        "Halo does not sign its deliveries as Standard Webhooks do. Set webhook.auth of the connection to "
        "hmac, basic, bearer or url");
  if (wanted.auth != "hmac") refuse("Halo has no proof of deliveries named \"" + wanted.auth + "\"");
  if (wanted.digest != "base64" && !wanted.digest.empty())
    refuse("Halo writes its signature in base64; set webhook.digest of the connection to base64");
  return {kSignature, wanted.header};
}

}  // namespace

Notification notification_of(const json::object& row) {
  Notification found{text_in(row, "id"), text_in(row, "webhook_id"), {}};
  found.event.number = text_in(row, "eventno");
  found.event.title = text_in(row, "name");
  found.event.kind = kind_of_number(found.event.number);
  if (found.event.kind.empty()) found.event.kind = meaning_of(found.event.title).kind;
  return found;
}

sdk::Webhook webhook_of(const json::object& row) {
  sdk::Webhook webhook;
  webhook.id = text_in(row, "id");
  webhook.name = text_in(row, "name");
  webhook.url = text_in(row, "url");
  webhook.auth = auth_of(row);
  webhook.active = switched_off(row).empty();
  webhook.trouble = trouble_of(row);
  return webhook;
}

json::object webhook_row(const sdk::WantedWebhook& wanted, const std::string& secret) {
  const Proof proof = proof_of(wanted);
  json::object row{{"name", wanted.name},
                   {"url", wanted.url},
                   {"note", "Made by psabridge, which keeps it as it is."},
                   {"type", 0},
                   {"method", kPost},
                   {"content_type", "application/json"},
                   {"authentication_type", std::to_string(proof.type)},
                   {"authentication_header", proof.header},
                   {"basic_username", proof.user},
                   {"basic_password", secret},
                   {"algorithm", kHmacSha256},
                   {"digest", kBase64},
                   {"signature_prefix", proof.type == kSignature ? wanted.prefix : std::string()},
                   {"custom_payload", false},
                   {"payload_type", kUsualPayload},
                   {"batch_method", kUnbatched},
                   {"active", true},
                   {"disabled", false}};
  if (!wanted.id.empty()) row["id"] = wanted.id;
  return row;
}

json::object notification_row(const sdk::Subscription& event, std::string_view webhook) {
  // All but the first three are what Halo's own page sends for an event of a webhook.
  return {{"webhook_id", webhook},
          {"eventno", event.number},
          {"name", event.title},
          {"type", "-2"},
          {"delivery_method", "6"},
          {"agent_id", "0"},
          {"filter_type", "2"},
          {"restriction_type", "0"},
          {"interval", "0"},
          {"useworkinghours", "0"},
          {"emailtemplate_id", "32"},
          {"slack_id", "0"},
          {"teams_id", "0"},
          {"sendpushnotification", false},
          {"popupinnotificationpane", false},
          {"conditions", json::array()}};
}

sdk::WebhookDelivery delivery_of(const json::object& row) {
  sdk::WebhookDelivery delivery;
  if (const std::optional<Milliseconds> time = parse_time(text_in(row, "timestamp")))
    delivery.at = format_time(*time);
  json::error_code error;
  const json::value sent = json::parse(text_in(row, "requestbody"), error);
  if (!error && sent.is_object()) delivery.event = event_words(text_in(sent.get_object(), "event"));
  delivery.status = number_in(row, "responsestatus");
  const bool refused = delivery.status < 200 || delivery.status >= 300;
  if (!flag_in(row, "error", refused)) return delivery;
  const std::string words = server_words(text_in(row, "responsebody"));
  delivery.error = delivery.status == 0 ? "no answer" : "HTTP " + std::to_string(delivery.status);
  if (!words.empty()) delivery.error += ": " + words;
  return delivery;
}

}  // namespace psabridge::halo
