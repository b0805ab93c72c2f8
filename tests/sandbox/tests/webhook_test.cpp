// Webhooks of the fake Halo: their records, what they tell and how it is delivered. Faults are in
// webhook_fault_test.cpp.
#include <Poco/TemporaryFile.h>

#include <regex>
#include <set>

#include "tests/sandbox/courier.h"
#include "tests/sandbox/tests/webhook_halo.h"

namespace json = boost::json;
using sandbox_test::Received;
using sandbox_test::Reply;
using sandbox_test::WebhookHalo;
using sandbox_test::WebhookReceiver;

namespace {

std::vector<std::string> events_of(const std::vector<Received>& deliveries) {
  std::vector<std::string> events;
  for (const Received& received : deliveries) events.emplace_back(received.json().at("event").as_string());
  return events;
}

std::string text(const json::value& value, std::string_view key) {
  return std::string(value.at(key).as_string());
}

bool is_guid(const json::value& value) {
  static const std::regex kGuid("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  return std::regex_match(std::string(value.as_string()), kGuid);
}

using Texts = std::vector<std::string>;

}  // namespace

// --- records ---

TEST_CASE("a webhook is made, changed in part, listed without its secret and removed with its events",
          "[sandbox][webhook]") {
  WebhookHalo halo;
  const json::value made = halo.saved("Webhook", {{"name", "ours"},
                                                  {"url", "http://localhost:1/x"},
                                                  {"authentication_type", "3"},
                                                  {"basic_password", "very secret"}});
  CHECK(is_guid(made.at("id")));
  CHECK(made.at("authentication_type").as_int64() == 3);
  CHECK(made.at("active").as_bool());
  const std::string id = text(made, "id");
  halo.saved("Notification", {{"webhook_id", id}, {"eventno", "61"}, {"type", "-2"}});
  const json::value changed = halo.saved("Webhook", {{"id", id}, {"note", "changed"}});
  CHECK(text(changed, "name") == "ours");
  CHECK(text(changed, "note") == "changed");

  for (const char* path : {"/api/Webhook?type=0&includedetails=true", "/api/webhook"})
    CHECK(halo.client.get(path).body.find("very secret") == std::string::npos);
  CHECK(halo.get("Webhook?type=1").as_array().empty());
  CHECK_FALSE(halo.get("Webhook/" + id).as_object().contains("events"));
  const json::value detailed = halo.get("Webhook/" + id + "?includedetails=true");
  CHECK(detailed.at("events").at(0).at("eventno").as_int64() == 61);

  CHECK(halo.client.send("DELETE", "/api/Webhook/" + id).status == 200);
  CHECK(halo.client.get("/api/Webhook/" + id).status == 404);
  CHECK(halo.get("Notification").as_array().empty());
}

TEST_CASE("a notification is made, listed by webhook and removed", "[sandbox][webhook]") {
  WebhookHalo halo;
  halo.listen({3, 61});
  const std::string first = halo.webhook_id;
  halo.listen({76});
  const json::array rows = halo.get("Notification?webhook_id=" + first).as_array();
  REQUIRE(rows.size() == 2);
  const std::string path = "/api/Notification/" + std::to_string(rows[0].at("id").as_int64());
  CHECK(halo.client.send("DELETE", path).status == 200);
  CHECK(halo.client.send("DELETE", path).status == 404);
  CHECK(halo.get("Notification").as_array().size() == 2);
}

TEST_CASE("posts of webhooks and notifications are refused as others are", "[sandbox][webhook]") {
  WebhookHalo halo;
  const std::pair<const char*, const char*> refused[] = {
      {"/api/Webhook", R"({"name":"x","url":"http://localhost/"})"},
      {"/api/Webhook", R"([{"name":"x"}])"},
      {"/api/Webhook", R"([{"name":"","url":"http://localhost/"}])"},
      {"/api/Webhook", R"([{"name":"x","url":"http://localhost/","method":"soon"}])"},
      {"/api/Webhook", R"([{"id":"e6f5","name":"x","url":"http://localhost/"}])"},
      {"/api/Webhook", R"([{"name":"x","url":"http://localhost/","authentication_type":4}])"},
      {"/api/Notification", R"([{"webhook_id":"e6f5","eventno":61}])"},
      {"/api/WebhookEvent", R"([{"id":"e6f5"}])"}};
  for (const auto& [path, body] : refused) {
    INFO(body);
    CHECK(halo.client.post(path, body).status == 400);
  }
  CHECK(halo.client.post("/api/Webhook", refused[3].second).body.find("[0].method") != std::string::npos);
  CHECK(halo.get("Webhook").as_array().empty());
}

TEST_CASE("webhooks are an administrator's affair", "[sandbox][webhook]") {
  WebhookHalo halo;
  halo.client.sign_in("read:tickets%20edit:tickets");
  for (const char* path : {"/api/Webhook?type=0", "/api/Notification", "/api/WebhookEvent"}) {
    const Reply reply = halo.client.get(path);
    CHECK(reply.status == 403);
    CHECK(reply.body.empty());
  }
  CHECK(halo.client.post("/api/Webhook", R"([{"name":"x","url":"http://localhost/"}])").status == 403);
  halo.client.sign_in("admin");
  CHECK(halo.client.get("/api/Webhook?type=0").status == 200);
  halo.faults(R"({"forbidden":{"resource":"webhook"}})");
  CHECK(halo.client.get("/api/Webhook?type=0").status == 403);
}

// --- what is told ---

TEST_CASE("an envelope tells the event, the object and who did it", "[sandbox][webhook]") {
  WebhookHalo halo;
  halo.listen({76});
  halo.mutate(R"({"entity":"ticket","op":"update","ids":[42],"fields":{"status_id":5},"agent":7})");
  const auto deliveries = halo.delivered();
  REQUIRE(deliveries.size() == 1);
  const Received& received = deliveries[0];
  CHECK(received.method == "POST");
  CHECK(received.path == "/hook?a=b");
  CHECK(received.headers.at("Content-Type") == "application/json");
  CHECK_FALSE(received.headers.contains("Authorization"));
  const json::value envelope = received.json();
  CHECK(is_guid(envelope.at("id")));
  CHECK(is_guid(envelope.at("escmsg_id")));
  CHECK(text(envelope, "webhook_id") == halo.webhook_id);
  CHECK(envelope.at("notification_id").as_int64() == 1);
  CHECK(text(envelope, "event") == "ticket status changed");
  CHECK(text(envelope, "message") == "The status has been changed for Ticket ID: 0000042.");
  CHECK(envelope.at("object_id").as_int64() == 42);
  CHECK(envelope.at("agent_id").as_int64() == 7);
  CHECK(
      std::regex_match(text(envelope, "timestamp"), std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z)")));
  const json::object& ticket = envelope.at("ticket").as_object();
  CHECK(ticket.at("status_id").as_int64() == 5);
  CHECK(ticket.contains("lastupdate"));
  CHECK_FALSE(ticket.contains("last_update"));
  CHECK(ticket.contains("category1"));
  CHECK(ticket.at("customfields").is_array());
}

TEST_CASE("each change of a ticket is the events that it means", "[sandbox][webhook]") {
  WebhookHalo halo;
  halo.listen({3, 39, 61, 76, 1072, 2001, 2002});
  const std::pair<const char*, Texts> cases[] = {
      {R"({"entity":"ticket","op":"create","ids":[2000]})", {"new ticket logged"}},
      {R"({"entity":"ticket","op":"update","ids":[2000]})", {"ticket updated"}},
      {R"({"entity":"ticket","op":"update","ids":[2000],"fields":{"agent_id":4}})",
       {"ticket updated", "ticket reassigned"}},
      {R"({"entity":"ticket","op":"close","ids":[2000]})",
       {"ticket updated", "ticket status changed", "ticket closed"}},
      {R"({"entity":"note","op":"create","ids":[2000]})", {"ticket updated", "action added"}},
      {R"({"entity":"note","op":"delete","ids":[2000]})", {"ticket updated"}},
      {R"({"entity":"ticket","op":"delete","ids":[2000]})", {"ticket deleted"}},
      {R"({"entity":"ticket","op":"restore","ids":[2000]})", {"ticket updated"}},
      {R"({"entity":"agent","op":"update"})", {}}};
  for (const auto& [request, events] : cases) {
    INFO(request);
    halo.mutate(request);
    CHECK(events_of(halo.delivered()) == events);
  }
}

TEST_CASE("writes through the API are told with the application's agent", "[sandbox][webhook]") {
  WebhookHalo halo;
  halo.listen({3, 61, 1072});
  halo.saved("Tickets", {{"summary", "told"}});
  halo.saved("Tickets", {{"id", 5}, {"summary", "changed"}});
  halo.saved("Actions", {{"ticket_id", 6}, {"outcome_id", 7}, {"note", "a note"}});
  halo.client.send("DELETE", "/api/Tickets/7");
  const auto deliveries = halo.delivered();
  CHECK(events_of(deliveries) ==
        Texts{"new ticket logged", "ticket updated", "ticket updated", "ticket deleted"});
  for (const Received& received : deliveries) CHECK(received.json().at("agent_id").as_int64() == 2);
  CHECK(text(deliveries.at(1).json().at("ticket"), "summary") == "changed");
  const json::value action = deliveries.at(2).json().at("action");
  CHECK(text(action, "note") == "a note");
  CHECK(action.at("ticket_id").as_int64() == 6);
  CHECK_FALSE(deliveries.at(1).json().as_object().contains("action"));
}

TEST_CASE("clients, sites, users and assets have events of the sandbox's own numbers", "[sandbox][webhook]") {
  WebhookHalo halo;
  halo.listen({2101, 2102, 2103, 2104});
  const std::tuple<const char*, const char*, const char*> cases[] = {{"client", "client updated", "client"},
                                                                     {"site", "site updated", "site"},
                                                                     {"contact", "user updated", "user"},
                                                                     {"asset", "asset updated", "asset"}};
  for (const auto& [entity, event, key] : cases) {
    INFO(entity);
    halo.mutate(R"({"op":"update","ids":[9],"entity":")" + std::string(entity) + "\"}");
    const auto deliveries = halo.delivered();
    REQUIRE(deliveries.size() == 1);
    const json::value envelope = deliveries[0].json();
    CHECK(text(envelope, "event") == event);
    CHECK(envelope.at(key).at("id").as_int64() == 9);
  }
}

TEST_CASE("only active webhooks with a matching notification are told", "[sandbox][webhook]") {
  WebhookHalo halo;
  halo.listen({39});
  halo.mutate(R"({"entity":"ticket","op":"update","ids":[5]})");
  CHECK(halo.delivered().empty());
  halo.saved("Notification", {{"webhook_id", halo.webhook_id}, {"eventno", 61}});
  halo.change_webhook({{"active", false}});
  halo.mutate(R"({"entity":"ticket","op":"update","ids":[5]})");
  CHECK(halo.delivered().empty());
  halo.change_webhook({{"active", true}});
  halo.mutate(R"({"entity":"ticket","op":"update","ids":[5]})");
  CHECK(halo.delivered().size() == 1);
}

TEST_CASE("the payload type chooses how much is told", "[sandbox][webhook]") {
  WebhookHalo halo;
  halo.listen({61}, {{"payload_type", 4}});
  const auto tell = [&] {
    halo.mutate(R"({"entity":"ticket","op":"update","ids":[5]})");
    return halo.delivered().at(0).json().as_object();
  };
  CHECK_FALSE(tell().contains("ticket"));
  halo.change_webhook({{"payload_type", 3}});
  const json::object small = tell().at("ticket").as_object();
  CHECK(small.contains("status_id"));
  CHECK_FALSE(small.contains("details"));
  halo.change_webhook({{"payload_type", 0}});
  CHECK(tell().at("ticket").as_object().contains("details"));
  halo.change_webhook({{"custom_payload", true}});
  const json::object custom = tell();
  CHECK(text(custom, "ticket_id") == "5");
  CHECK_FALSE(custom.contains("event"));
}

TEST_CASE("the same seed and the same changes give the same deliveries", "[sandbox][webhook]") {
  std::vector<std::vector<std::string>> runs;
  for (int run = 0; run < 2; ++run) {
    WebhookHalo halo;
    halo.listen({61});
    halo.mutate(R"({"entity":"ticket","op":"update","count":3})");
    for (const Received& received : halo.delivered()) {
      const json::value envelope = received.json();
      runs.resize(2);
      for (const char* key : {"id", "webhook_id", "escmsg_id", "message"})
        runs[static_cast<std::size_t>(run)].push_back(text(envelope, key));
    }
  }
  CHECK(runs.at(0).size() == 12);
  CHECK(runs.at(0) == runs.at(1));
}

// --- how it is delivered ---

TEST_CASE("a delivery proves who sends it", "[sandbox][webhook]") {
  WebhookHalo halo;
  halo.listen({61}, {{"basic_username", "halo"}, {"basic_password", "pass:word"}});
  const auto deliver = [&](json::object settings) {
    halo.change_webhook(std::move(settings));
    halo.mutate(R"({"entity":"ticket","op":"update","ids":[5]})");
    return halo.delivered().at(0);
  };
  CHECK(deliver({{"authentication_type", 1}}).headers.at("Authorization") == "Basic aGFsbzpwYXNzOndvcmQ=");
  CHECK(deliver({{"authentication_type", 2}}).headers.at("Authorization") == "Bearer pass:word");
  const Received plain = deliver({{"authentication_type", 3}});
  CHECK(plain.headers.at("Token") == sandbox::signature_of("pass:word", plain.body));
  const Received prefixed =
      deliver({{"authentication_header", "X-Signature"}, {"signature_prefix", "sha256="}});
  CHECK(prefixed.headers.at("X-Signature") == "sha256=" + sandbox::signature_of("pass:word", prefixed.body));
}

// RFC 4231, test case 2.
TEST_CASE("a signature is the base64 of the HMAC-SHA256", "[sandbox][webhook]") {
  CHECK(sandbox::signature_of("Jefe", "what do ya want for nothing?") ==
        "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
}

TEST_CASE("deliveries go over HTTPS to a receiver of a known authority only", "[sandbox][webhook]") {
  const Poco::TemporaryFile folder;
  const WebhookReceiver secure(folder.path());
  WebhookHalo halo;
  halo.control(R"({"retries":0})");
  halo.listen({61}, {{"url", secure.url()}});
  halo.mutate(R"({"entity":"ticket","op":"update","ids":[5]})");
  CHECK(halo.flush().at("failed").as_int64() == 1);
  halo.control(json::serialize(json::object{{"ca_file", secure.ca_file().string()}}));
  halo.mutate(R"({"entity":"ticket","op":"update","ids":[5]})");
  const json::value figures = halo.flush();
  CHECK(figures.at("failed").as_int64() == 1);
  CHECK(figures.at("sent").as_int64() == 1);
}

TEST_CASE("the connection is kept open between deliveries", "[sandbox][webhook]") {
  WebhookHalo halo;
  halo.listen({61});
  halo.mutate(R"({"entity":"ticket","op":"update","count":20})");
  CHECK(halo.delivered().size() == 20);
  CHECK(halo.receiver.connections() == 1);
}

TEST_CASE("a batching webhook sends arrays of what may travel together", "[sandbox][webhook]") {
  WebhookHalo halo;
  halo.control(R"({"pause":true})");
  halo.listen({61, 76}, {{"batch_method", 3}, {"batch_limit", 4}});
  const auto sizes = [&] {
    halo.mutate(R"({"entity":"ticket","op":"close","count":3})");
    halo.control(R"({"pause":false})");
    std::vector<std::size_t> all;
    for (const Received& received : halo.delivered()) all.push_back(received.json().as_array().size());
    halo.control(R"({"pause":true})");
    return all;
  };
  CHECK(sizes() == std::vector<std::size_t>{4, 2});
  halo.change_webhook({{"batch_method", 2}});
  CHECK(sizes() == std::vector<std::size_t>{1, 1, 1, 1, 1, 1});
}

TEST_CASE("a failed delivery is tried again and logged with the last answer", "[sandbox][webhook]") {
  WebhookHalo halo;
  halo.listen({61});
  halo.receiver.answer_with(503);
  halo.mutate(R"({"entity":"ticket","op":"update","ids":[5]})");
  const json::value figures = halo.flush();
  CHECK(figures.at("failed").as_int64() == 1);
  CHECK(figures.at("tries").as_int64() == 3);
  CHECK(figures.at("pending").as_int64() == 0);
  const auto tries = halo.receiver.take();
  REQUIRE(tries.size() == 3);
  CHECK(tries[0].body == tries[2].body);
  const json::value page =
      halo.get("WebhookEvent?pageinate=true&page_no=1&page_size=10&webhook_id=" + halo.webhook_id);
  CHECK(page.at("record_count").as_int64() == 1);
  const json::value& row = page.at("webhookevents").at(0);
  CHECK(row.at("error").as_bool());
  CHECK(row.at("responsestatus").as_int64() == 503);
  CHECK(text(row, "responsebody") == "taken note");
  CHECK(text(row, "requestbody") == tries[0].body);
  CHECK(text(row, "id") == text(tries[0].json(), "id"));
}

TEST_CASE("a delivery is sent again from the log", "[sandbox][webhook]") {
  WebhookHalo halo;
  halo.listen({61}, {{"authentication_type", 1}, {"basic_password", "a secret"}});
  halo.receiver.answer_with(500);
  halo.mutate(R"({"entity":"ticket","op":"update","ids":[5]})");
  const Received first = halo.delivered().at(0);
  halo.receiver.answer_with(202);
  halo.saved("WebhookEvent", {{"id", text(first.json(), "id")}});
  const auto again = halo.delivered();
  REQUIRE(again.size() == 1);
  CHECK(again[0].body == first.body);
  const Reply row = halo.client.get("/api/WebhookEvent/" + text(first.json(), "id"));
  CHECK_FALSE(row.json().at("error").as_bool());
  CHECK(row.json().at("responsestatus").as_int64() == 202);
  CHECK(row.body.find("Authorization") == std::string::npos);
}

TEST_CASE("a webhook that fails too often in a row is switched off", "[sandbox][webhook]") {
  WebhookHalo halo;
  halo.control(R"({"retries":0,"pause":true})");
  halo.listen({61}, {{"auto_disable_attempts", 2}});
  halo.receiver.answer_with(500);
  halo.mutate(R"({"entity":"ticket","op":"update","count":4})");
  halo.control(R"({"pause":false})");
  const json::value figures = halo.flush();
  CHECK(figures.at("failed").as_int64() == 2);
  CHECK(figures.at("dropped").as_int64() == 2);
  const json::value webhook = halo.get("Webhook/" + halo.webhook_id);
  CHECK_FALSE(webhook.at("active").as_bool());
  CHECK(webhook.at("disabled").as_bool());
  CHECK(webhook.at("last_auto_disable_date").is_string());
  halo.receiver.answer_with(200);
  halo.receiver.take();
  halo.change_webhook({{"active", true}});
  CHECK_FALSE(halo.get("Webhook/" + halo.webhook_id).at("disabled").as_bool());
  halo.mutate(R"({"entity":"ticket","op":"update","count":1})");
  CHECK(halo.delivered().size() == 1);
}

TEST_CASE("a receiver that is not there delays neither the API nor other webhooks", "[sandbox][webhook]") {
  WebhookHalo halo;
  halo.listen({61}, {{"url", "http://localhost:1/"}});
  halo.listen({61});
  halo.mutate(R"({"entity":"ticket","op":"update","count":5})");
  CHECK(halo.delivered().size() == 5);
  const json::value state = json::parse(halo.server.control("GET", "webhooks"));
  CHECK(state.at("webhooks").at(0).at("failed").as_int64() == 5);
  CHECK(state.at("webhooks").at(1).at("sent").as_int64() == 5);
  CHECK(state.at("emitted").as_int64() == 10);
}

TEST_CASE("the test button sends one delivery about nothing", "[sandbox][webhook]") {
  WebhookHalo halo;
  halo.listen({});
  halo.change_webhook({{"_test", true}});
  const auto deliveries = halo.delivered();
  REQUIRE(deliveries.size() == 1);
  CHECK(text(deliveries[0].json(), "event") == "test");
  CHECK(deliveries[0].json().at("object_id").as_int64() == 0);
}

TEST_CASE("paused deliveries wait, and a flush of them is refused", "[sandbox][webhook]") {
  WebhookHalo halo;
  halo.listen({61});
  halo.control(R"({"pause":true})");
  halo.mutate(R"({"entity":"ticket","op":"update","count":2})");
  CHECK_THROWS_AS(halo.flush(), std::runtime_error);
  CHECK_THROWS_AS(halo.control(R"({"hurry":true})"), std::runtime_error);
  CHECK(json::parse(halo.server.control("GET", "webhooks")).at("pending").as_int64() == 2);
  halo.control(R"({"pause":false})");
  CHECK(halo.delivered().size() == 2);
}
