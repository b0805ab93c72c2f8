// Webhooks of a tenant: made, kept as they shall be, removed, tested, and their log.
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <map>

#include "tests/unit/halo/scripted_tenant.h"

using namespace halo_test;
namespace sdk = psabridge::sdk;
namespace json = boost::json;

namespace {

constexpr const char* kId = "b1a1a1a1-0000-4000-8000-000000000001";
constexpr const char* kOther = "c2a1a1a1-0000-4000-8000-000000000002";

/// Halo's side: keeps webhooks and notifications as they are posted.
class Desk {
 public:
  std::map<std::string, json::object> webhooks, notifications;  ///< by id
  bool answers_lists = false;        ///< a POST of one row is answered with a list of one
  std::vector<std::string> changes;  ///< "POST /api/Webhook", in order

  Reply operator()(const Request& request) {
    const std::string path = request.path();
    if (request.method != "GET") changes.push_back(request.method + " " + path);
    if (request.method == "POST") return post(path, json::parse(request.body).as_array().at(0).as_object());
    if (request.method == "DELETE") return remove(path);
    if (path == "/api/Webhook") return list(webhooks);
    if (path == "/api/Notification")
      return list(notifications);  // of all webhooks: the parameter is not known
    return {404, ""};
  }
  /// An event of a webhook, as somebody else made it.
  void subscribe(const std::string& webhook, int number, const std::string& name) {
    post("/api/Notification", {{"webhook_id", webhook}, {"eventno", number}, {"name", name}});
  }

 private:
  static Reply list(const std::map<std::string, json::object>& rows) {
    json::array list;
    for (const auto& [id, row] : rows) list.push_back(row);
    return {200, json::serialize(list)};
  }
  Reply post(const std::string& path, json::object row) {
    const bool is_webhook = path == "/api/Webhook";
    auto& rows = is_webhook ? webhooks : notifications;
    if (!row.contains("id") && is_webhook) row["id"] = kId;
    if (!row.contains("id")) row["id"] = static_cast<std::int64_t>(100 + ++last_);
    const std::string id = is_webhook ? std::string(row["id"].as_string()) : json::serialize(row["id"]);
    for (auto& [key, value] : row) rows[id][key] = value;
    json::object shown = rows[id];
    shown.erase("basic_password");
    return {201, answers_lists ? json::serialize(json::array{shown}) : json::serialize(shown)};
  }
  Reply remove(const std::string& path) {
    const std::string id = path.substr(path.rfind('/') + 1);
    const bool found = webhooks.erase(id) + notifications.erase(id) > 0;
    return found ? Reply{200, "{}"} : Reply{404, ""};
  }
  int last_ = 0;
};

sdk::WantedWebhook wanted() {
  return {
      .id = "",
      .name = "psabridge acme",
      .url = "https://psabridge.example/hooks/acme",
      .auth = "hmac",
      .user = "",
      .header = "Token",
      .digest = "base64",
      .prefix = "",
      .secret = "secret://acme.webhook",
      .events = {{"ticket.created", "3", "New Ticket Logged"}, {"ticket.updated", "61", "Ticket Updated"}}};
}

std::string numbers(const sdk::Webhook& webhook) {
  std::string text;
  for (const sdk::Subscription& event : webhook.events)
    text += (text.empty() ? "" : " ") + event.number + "=" + event.kind;
  return text;
}

}  // namespace

TEST_CASE("A webhook is made, then its events; the answer may be an object or a list") {
  Desk desk;
  desk.answers_lists = GENERATE(false, true);
  Tenant tenant([&](const Request& request) { return desk(request); });
  const sdk::Webhook made = tenant.put_webhook(wanted());
  REQUIRE(tenant.refusal().message.empty());
  CHECK(made.id == kId);
  CHECK(made.name == "psabridge acme");
  CHECK(made.url == "https://psabridge.example/hooks/acme");
  CHECK(made.auth == "hmac");
  CHECK(made.active);
  CHECK(made.trouble.empty());
  CHECK(numbers(made) == "3=ticket.created 61=ticket.updated");
  CHECK(desk.changes ==
        std::vector<std::string>{"POST /api/Webhook", "POST /api/Notification", "POST /api/Notification"});
  const json::object& row = desk.webhooks.at(kId);
  CHECK(row.at("basic_password") == "s3cr3t-value");
  CHECK(row.at("authentication_header") == "Token");
  CHECK(row.at("active") == true);
  const json::object& event = desk.notifications.at("101");
  CHECK(event.at("webhook_id") == kId);
  CHECK(event.at("eventno") == "3");
  CHECK(event.at("delivery_method") == "6");
}

TEST_CASE("What changes something is JSON, is not repeated by the host, and is signed in anew once") {
  Desk desk;
  bool refused = false;
  Tenant tenant([&](const Request& request) {
    if (request.method == "POST" && !std::exchange(refused, true)) return Reply{401, ""};
    return desk(request);
  });
  CHECK(tenant.put_webhook(wanted()).id == kId);
  std::vector<Request> posts;
  for (const Request& request : tenant.requests())
    if (request.method == "POST") posts.push_back(request);
  REQUIRE(posts.size() == 4);
  CHECK(posts[0].headers.at("Authorization") == "Bearer token-1");
  CHECK(posts[1].headers.at("Authorization") == "Bearer token-2");
  for (const Request& post : posts) {
    CHECK_FALSE(post.retryable);
    CHECK(post.headers.at("Content-Type").starts_with("application/json"));
    CHECK(json::parse(post.body).is_array());
  }
}

TEST_CASE("The same webhook once more makes no second one and touches no event") {
  Desk desk;
  Tenant tenant([&](const Request& request) { return desk(request); });
  const sdk::Webhook made = tenant.put_webhook(wanted());
  const auto webhooks = desk.webhooks;
  const auto notifications = desk.notifications;
  sdk::WantedWebhook again = wanted();
  again.id = GENERATE(std::string(kId), std::string());  // without an id: the first answer was lost
  desk.changes.clear();
  CHECK(numbers(tenant.put_webhook(again)) == numbers(made));
  CHECK(desk.webhooks == webhooks);
  CHECK(desk.notifications == notifications);
  CHECK(desk.changes == std::vector<std::string>{"POST /api/Webhook"});  // the secret cannot be compared
}

TEST_CASE("A webhook is brought into form: events added and removed, doubles too, switched on again") {
  Desk desk;
  Tenant tenant([&](const Request& request) { return desk(request); });
  sdk::WantedWebhook form = wanted();
  form.id = tenant.put_webhook(form).id;
  desk.webhooks[kOther] = {{"id", kOther}, {"name", "theirs"}, {"url", "https://other.example"}};
  desk.subscribe(kOther, 61, "Ticket Updated");
  desk.subscribe(kId, 42, "1st SLA Warning");
  desk.subscribe(kId, 61, "Ticket Updated");
  desk.webhooks[kId]["disabled"] = true;
  desk.webhooks[kId]["active"] = false;
  form.events.push_back({"ticket.reassigned", "2002", "Ticket Reassigned"});
  desk.changes.clear();
  const sdk::Webhook now = tenant.put_webhook(form);
  CHECK(now.active);
  CHECK(now.trouble.empty());
  CHECK(numbers(now) == "3=ticket.created 61=ticket.updated 2002=ticket.reassigned");
  CHECK(desk.changes == std::vector<std::string>{"POST /api/Webhook", "POST /api/Notification",
                                                 "DELETE /api/Notification/104",
                                                 "DELETE /api/Notification/105"});
  CHECK(desk.notifications.contains("103"));  // of the other webhook
}

TEST_CASE("A webhook that somebody deleted meanwhile is made anew") {
  Desk desk;
  Tenant tenant([&](const Request& request) { return desk(request); });
  sdk::WantedWebhook form = wanted();
  form.id = "d0000000-0000-4000-8000-000000000000";
  CHECK(tenant.put_webhook(form).id == kId);
}

TEST_CASE("Each proof is set up as Halo has it") {
  struct Case {
    const char* auth;
    const char* type;
    const char* user;
    const char* password;
    const char* header;
  };
  const Case c =
      GENERATE(Case{"basic", "1", "psabridge", "s3cr3t-value", ""},
               Case{"bearer", "2", "", "s3cr3t-value", "Authorization"},
               Case{"hmac", "3", "", "s3cr3t-value", "Authorization"}, Case{"url", "0", "", "", ""});
  INFO(c.auth);
  Desk desk;
  Tenant tenant([&](const Request& request) { return desk(request); });
  sdk::WantedWebhook form = wanted();
  form.auth = c.auth;
  form.user = "psabridge";
  form.header = "Authorization";
  CHECK(tenant.put_webhook(form).auth == c.auth);
  const json::object& row = desk.webhooks.at(kId);
  CHECK(row.at("authentication_type") == c.type);
  CHECK(row.at("basic_username") == c.user);
  CHECK(row.at("basic_password") == c.password);
  CHECK(row.at("authentication_header") == c.header);
}

TEST_CASE("What Halo cannot do is refused before anything is asked") {
  struct Case {
    std::function<void(sdk::WantedWebhook&)> bend;
    const char* reason;
  };
  const Case c =
      GENERATE(Case{[](auto& form) { form.auth = "standard"; }, "Standard Webhooks"},
               Case{[](auto& form) { form.auth = "magic"; }, "\"magic\""},
               Case{[](auto& form) { form.digest = "hex"; }, "base64"},
               Case{[](auto& form) { form.events.clear(); }, "no events"},
               Case{[](auto& form) { form.url.clear(); }, "an address"},
               Case{[](auto& form) { form.events[1].number.clear(); }, "ticket.updated has no number"});
  INFO(c.reason);
  Desk desk;
  Tenant tenant([&](const Request& request) { return desk(request); });
  sdk::WantedWebhook form = wanted();
  c.bend(form);
  tenant.put_webhook(form);
  CHECK(tenant.refusal().code == PSABRIDGE_INVALID);
  CHECK(tenant.refusal().message.find(c.reason) != std::string::npos);
  CHECK(desk.changes.empty());
}

TEST_CASE("A missing right is told with its mend, however Halo hides it") {
  struct Case {
    const char* method;
    Reply reply;
  };
  const Case c = GENERATE(Case{"GET", {403, ""}}, Case{"GET", {401, ""}}, Case{"POST", {403, ""}},
                          Case{"POST", {401, ""}}, Case{"POST", {200, ""}}, Case{"POST", {200, "[]"}},
                          Case{"POST", {200, "{}"}});
  INFO(c.method << " " << c.reply.status << c.reply.body);
  Tenant tenant([&](const Request& request) {
    if (request.path() == "/api/Agent/me") return Reply{200, R"({"id":2})"};
    return request.method == c.method ? c.reply : Reply{200, "[]"};
  });
  tenant.put_webhook(wanted());
  CHECK(tenant.refusal().code == PSABRIDGE_FORBIDDEN);
  CHECK(tenant.refusal().error_code == "PB1204");
  CHECK(tenant.refusal().message.find("admin") != std::string::npos);
  CHECK(tenant.refusal().message.find("auth.scopes") != std::string::npos);
}

TEST_CASE("A webhook that is saved and not listed is one that may not be seen") {
  Tenant tenant([&](const Request& request) {
    return request.method == "POST" ? Reply{201, R"({"id":"b1a1a1a1-0000-4000-8000-000000000001"})"}
                                    : Reply{200, "[]"};
  });
  tenant.put_webhook(wanted());
  CHECK(tenant.refusal().error_code == "PB1204");
}

TEST_CASE("What Halo answers in place of a list or a success has its own outcome") {
  struct Case {
    const char* method;
    Reply reply;
    psabridge_code code;
    const char* error_code;
  };
  const Case c = GENERATE(Case{"GET", {200, "<html>portal</html>"}, PSABRIDGE_INVALID, "PB1207"},
                          Case{"GET", {200, "[{\"id\":"}, PSABRIDGE_RETRY, "PB1202"},
                          Case{"GET", {200, "[7]"}, PSABRIDGE_RETRY, "PB1202"},
                          Case{"GET", {502, "<html>"}, PSABRIDGE_RETRY, "PB1206"},
                          Case{"POST", {429, "\"slow\""}, PSABRIDGE_THROTTLED, "PB1205"},
                          Case{"POST", {500, ""}, PSABRIDGE_RETRY, "PB1206"},
                          Case{"POST",
                               {400, R"({"Message":"A valid Payload URL must be entered"})"},
                               PSABRIDGE_INVALID,
                               "PB1208"});
  INFO(c.method << " " << c.reply.status << c.reply.body);
  Tenant tenant([&](const Request& request) {
    return request.method == c.method ? c.reply : Reply{200, "[]"};
  });
  tenant.put_webhook(wanted());
  CHECK(tenant.refusal().code == c.code);
  CHECK(tenant.refusal().error_code == c.error_code);
  CHECK(tenant.refusal().message.find("s3cr3t") == std::string::npos);
  if (c.reply.status == 400) CHECK(tenant.refusal().message.find("Payload URL") != std::string::npos);
}

TEST_CASE("Everybody's webhooks are listed, with their trouble in words") {
  struct Case {
    json::object row;
    bool active;
    const char* trouble;
  };
  const Case c = GENERATE(
      Case{{{"active", true}}, true, ""}, Case{{{"active", false}}, false, "it is not active in Halo"},
      Case{{{"disabled", true}}, false, "it is disabled in Halo"},
      Case{{{"disabled", true}, {"last_auto_disable_date", "2026-10-03T06:24:10"}},
           false,
           "Halo disabled it by itself after failed deliveries, at 2026-10-03T06:24:10.000Z"},
      Case{{{"batch_method", 1.0}, {"batch_delay_seconds", "60"}},
           true,
           "its deliveries are batched, so events come up to 60 seconds late"},
      Case{
          {{"method", 1}, {"custom_payload", true}},
          true,
          "it does not send with POST; its payload is not Halo's usual one, so the objects of events may not "
          "be named"});
  INFO(c.trouble);
  Desk desk;
  desk.webhooks[kOther] = c.row;
  desk.webhooks[kOther]["id"] = kOther;
  desk.webhooks[kOther]["name"] = "theirs";
  desk.subscribe(kOther, 76, "Ticket Status Changed");
  desk.subscribe(kOther, 9001, "Ticket Reassigned");
  desk.subscribe(kOther, 42, "1st SLA Warning");
  Tenant tenant([&](const Request& request) { return desk(request); });
  const auto webhooks = tenant.webhooks();
  REQUIRE(webhooks.size() == 1);
  CHECK(webhooks[0].id == kOther);
  CHECK(webhooks[0].auth == "url");
  CHECK(webhooks[0].active == c.active);
  CHECK(webhooks[0].trouble == c.trouble);
  CHECK(numbers(webhooks[0]) == "76=ticket.status_changed 9001=ticket.reassigned 42=");
}

TEST_CASE("A webhook without events says so") {
  Desk desk;
  desk.webhooks[kOther] = {{"id", kOther}, {"authentication_type", 4}};
  Tenant tenant([&](const Request& request) { return desk(request); });
  const auto webhooks = tenant.webhooks();
  REQUIRE(webhooks.size() == 1);
  CHECK(webhooks[0].trouble == "it has no events");
  CHECK(webhooks[0].auth == "Halo's authentication type 4");
}

TEST_CASE("A webhook is removed with its events and nobody else's; one that is gone is no failure") {
  Desk desk;
  Tenant tenant([&](const Request& request) { return desk(request); });
  tenant.put_webhook(wanted());
  desk.subscribe(kOther, 61, "Ticket Updated");
  tenant.remove_webhook(kId);
  CHECK(tenant.refusal().code == PSABRIDGE_OK);
  CHECK(desk.webhooks.empty());
  CHECK(desk.notifications.size() == 1);
  tenant.remove_webhook(kId);
  CHECK(tenant.refusal().code == PSABRIDGE_OK);
}

TEST_CASE("Without an id nothing is asked") {
  Desk desk;
  desk.subscribe("", 61, "an agent's own notification");
  Tenant tenant([&](const Request& request) { return desk(request); });
  SECTION("remove") { tenant.remove_webhook(""); }
  SECTION("test") { tenant.test_webhook(""); }
  SECTION("log") { tenant.webhook_log("", 5); }
  CHECK(tenant.refusal().code == PSABRIDGE_INVALID);
  CHECK(tenant.requests().empty());
}

TEST_CASE("A test is asked for by the webhook's id") {
  Tenant tenant([](const Request&) { return Reply{200, "{}"}; });
  tenant.test_webhook(kId);
  REQUIRE(tenant.requests().size() == 1);
  CHECK(json::parse(tenant.requests()[0].body) == json::value{json::object{{"id", kId}, {"_test", true}}});
}

TEST_CASE("The log is told newest first, without headers, with the words of errors") {
  Tenant tenant([](const Request&) {
    return Reply{200,
                 R"({"record_count":3,"events":[
          {"timestamp":"2026-10-03T06:24:10.5","responsestatus":202,"error":false,"requestbody":"{\"event\":\"ticket closed\"}"},
          {"timestamp":"2026-10-03T06:24:12","responsestatus":503.0,"error":true,"responsebody":"{\"message\":\"busy\"}",
           "requestheaders":"Authorization: Basic c2VjcmV0"},
          {"timestamp":"2026-10-03T06:24:11","responsestatus":0,"requestbody":"cut {"},
          {"timestamp":"2026-10-03T06:24:13","webhook_id":"another","responsestatus":200}]})"};
  });
  const auto log = tenant.webhook_log(kId, GENERATE(3u, 500u));
  REQUIRE(log.size() == 3);
  CHECK(log[0].at == "2026-10-03T06:24:12.000Z");
  CHECK(log[0].status == 503);
  CHECK(log[0].error == "HTTP 503: busy");
  CHECK(log[1].error == "no answer");
  CHECK(log[2].event == "ticket closed");
  CHECK(log[2].error.empty());
  const Request request = tenant.requests().at(0);
  CHECK(request.parameter("webhook_id") == kId);
  CHECK(request.parameter("pageinate") == "true");
  CHECK(std::stoi(request.parameter("page_size")) <= 100);
  CHECK(tenant.webhook_log(kId, 1).size() == 1);
}
