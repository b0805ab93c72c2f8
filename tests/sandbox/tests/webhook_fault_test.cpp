// Every switchable fault of webhooks' deliveries; a fault without a check here fails the test.
#include <functional>
#include <map>

#include "tests/sandbox/courier.h"
#include "tests/sandbox/faults.h"
#include "tests/sandbox/tests/webhook_halo.h"

namespace json = boost::json;
using sandbox_test::Received;
using sandbox_test::WebhookHalo;

namespace {

// Changes five tickets in turn; what arrives of it.
std::vector<Received> five_updates(WebhookHalo& halo) {
  halo.mutate(R"({"entity":"ticket","op":"update","ids":[11,12,13,14,15]})");
  return halo.delivered();
}

std::vector<std::int64_t> tickets_of(const std::vector<Received>& deliveries) {
  std::vector<std::int64_t> ids;
  for (const Received& received : deliveries) ids.push_back(received.json().at("object_id").as_int64());
  return ids;
}

json::object closing(WebhookHalo& halo) {
  halo.mutate(R"({"entity":"ticket","op":"update","ids":[11],"fields":{"status_id":9}})");
  return halo.delivered().at(0).json().as_object();
}

using Ids = std::vector<std::int64_t>;
// Called with the fault switched on and a webhook for event 61, which signs.
using Check = std::function<void(WebhookHalo&)>;

const std::map<std::string_view, Check>& checks() {
  static const std::map<std::string_view, Check> checks = {
      {"webhook_drop",
       [](WebhookHalo& halo) {
         CHECK(five_updates(halo).empty());
         CHECK(halo.get("WebhookEvent").as_array().empty());
         halo.faults(R"({"webhook_drop":{"value":40}})");
         CHECK(five_updates(halo).size() == 3);
         CHECK(halo.flush().at("dropped").as_int64() == 7);
       }},
      {"webhook_duplicate",
       [](WebhookHalo& halo) {
         const auto deliveries = five_updates(halo);
         CHECK(tickets_of(deliveries) == Ids{11, 11, 12, 12, 13, 13, 14, 14, 15, 15});
         CHECK(deliveries.at(0).body == deliveries.at(1).body);
       }},
      {"webhook_reorder",
       [](WebhookHalo& halo) {
         CHECK(tickets_of(five_updates(halo)) == Ids{12, 11, 14, 13, 15});
       }},
      {"webhook_delay",
       [](WebhookHalo& halo) {
         CHECK(five_updates(halo).empty());
         CHECK(halo.flush().at("held").as_int64() == 5);
         halo.control(R"({"release":true})");
         CHECK(tickets_of(halo.delivered()) == Ids{11, 12, 13, 14, 15});
       }},
      {"webhook_payload_small",
       [](WebhookHalo& halo) {
         const json::object ticket = closing(halo).at("ticket").as_object();
         CHECK(ticket.at("status_id").as_int64() == 9);
         CHECK_FALSE(ticket.contains("details"));
       }},
      {"webhook_payload_event_only",
       [](WebhookHalo& halo) { CHECK_FALSE(closing(halo).contains("ticket")); }},
      {"webhook_payload_custom",
       [](WebhookHalo& halo) {
         CHECK(closing(halo) == json::object{{"ticket_id", "11"}, {"status", "Closed"}});
       }},
      {"webhook_text_ids",
       [](WebhookHalo& halo) {
         const json::object envelope = closing(halo);
         CHECK(envelope.at("object_id").as_string() == "11");
         CHECK(envelope.at("ticket").at("status_id").as_string() == "9");
       }},
      {"webhook_bad_signature",
       [](WebhookHalo& halo) {
         const Received received = five_updates(halo).at(0);
         CHECK_FALSE(received.headers.at("Token").empty());
         CHECK(received.headers.at("Token") != sandbox::signature_of("key", received.body));
       }},
      {"webhook_garbage", [](WebhookHalo& halo) { CHECK_THROWS(five_updates(halo).at(0).json()); }},
      {"webhook_stale", [](WebhookHalo& halo) {
         halo.mutate(R"({"entity":"ticket","op":"reopen","ids":[11]})");
         halo.delivered();
         halo.server.control("POST", "clock", R"({"now":"2030-01-01T10:00:00"})");
         const json::object envelope = closing(halo);
         CHECK(envelope.at("ticket").at("status_id").as_int64() == 2);
         CHECK(envelope.at("timestamp").as_string().starts_with("2030-01-01T09:00:"));
       }}};
  return checks;
}

}  // namespace

TEST_CASE("every fault of deliveries does what it says, and ends when switched off", "[sandbox][webhook]") {
  for (const sandbox::FaultSpec& spec : sandbox::fault_table()) {
    if (spec.resource != "delivery") continue;
    INFO(spec.name);
    WebhookHalo halo;
    halo.listen({61}, {{"authentication_type", 3}, {"basic_password", "key"}});
    halo.faults("{\"" + std::string(spec.name) + "\":true}");
    const auto check = checks().find(spec.name);
    REQUIRE(check != checks().end());
    check->second(halo);
    halo.faults(R"({"all":false})");
    const auto deliveries = five_updates(halo);
    CHECK(tickets_of(deliveries) == Ids{11, 12, 13, 14, 15});
    for (const Received& received : deliveries) {
      CHECK(received.headers.at("Token") == sandbox::signature_of("key", received.body));
      CHECK(received.json().at("ticket").as_object().contains("details"));
    }
  }
}

TEST_CASE("a fault of deliveries can be a single one's", "[sandbox][webhook]") {
  WebhookHalo halo;
  halo.listen({61});
  halo.faults(R"({"webhook_drop":{"after":1,"times":1}})");
  CHECK(tickets_of(five_updates(halo)) == Ids{11, 13, 14, 15});
}
