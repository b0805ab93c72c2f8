// Every switchable fault of the fake Halo, asserted over real HTTPS; a fault without a check here fails the
// test.
#include <Poco/Exception.h>

#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "tests/sandbox/faults.h"
#include "tests/sandbox/tests/https_client.h"

namespace json = boost::json;
using sandbox_test::HttpsClient;
using sandbox_test::Reply;

namespace {

constexpr const char* kGoodForm =
    "grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-secret&scope=read:tickets";
constexpr const char* kTicketPage =
    "/api/Tickets?pageinate=true&page_no=1&page_size=10&order=id&includeclosed=true";

struct Halo {
  sandbox::Sandbox server{sandbox::SandboxOptions{}};
  HttpsClient client{server};

  Halo() { client.sign_in(); }
  void on(std::string_view fault) {
    server.control("POST", "faults", "{\"" + std::string(fault) + "\":true}");
  }
  Reply ticket_page() { return client.get(kTicketPage); }
  std::vector<std::int64_t> ticket_ids(int page) {
    std::vector<std::int64_t> ids;
    const Reply reply =
        client.get("/api/Tickets?pageinate=true&page_size=10&order=id&includeclosed=true&page_no=" +
                   std::to_string(page));
    const json::value body = reply.json();
    for (const auto& row : body.at("tickets").as_array()) ids.push_back(row.at("id").as_int64());
    return ids;
  }
  std::string truth(std::string_view entity) {
    return server.control("GET", "truth?entity=" + std::string(entity));
  }
};

// What one behaviour does; called with the fault switched on.
using Check = std::function<void(Halo&)>;

const std::map<std::string_view, Check>& transport_checks() {
  static const std::map<std::string_view, Check> checks = {
      {"cut_body", [](Halo& halo) { CHECK_FALSE(halo.ticket_page().whole); }},
      {"reset_connection", [](Halo& halo) { CHECK_FALSE(halo.ticket_page().whole); }},
      {"slow_body", [](Halo& halo) { CHECK(halo.ticket_page().whole); }},
      {"slow_answer", [](Halo& halo) { CHECK(halo.ticket_page().whole); }},
      {"close_after_answer",
       [](Halo& halo) {
         const Reply reply = halo.ticket_page();
         CHECK(reply.whole);
         CHECK(reply.headers.at("Connection") == "Keep-Alive");
       }},
      {"truncated_json",
       [](Halo& halo) {
         const Reply reply = halo.ticket_page();
         CHECK(reply.whole);
         CHECK_THROWS(reply.json());
       }},
      {"wrong_content_type",
       [](Halo& halo) { CHECK(halo.ticket_page().headers.at("Content-Type") == "text/plain"); }},
      {"rate_limit", [](Halo& halo) {
         for (int i = 0; i < 10; ++i) CHECK(halo.client.get("/api/Team").status == 200);
         const Reply reply = halo.client.get("/api/Team");
         CHECK(reply.status == 429);
         CHECK(std::stoi(reply.headers.at("Retry-After")) > 0);
         CHECK(reply.json().is_string());
       }}};
  return checks;
}

const std::map<std::string_view, Check>& token_checks() {
  static const std::map<std::string_view, Check> checks = {
      {"token_bad_client_400",
       [](Halo& halo) {
         CHECK(halo.client.token("grant_type=client_credentials&client_id=x&client_secret=y&scope=all")
                   .status == 400);
       }},
      {"token_short_life",
       [](Halo& halo) {
         CHECK(halo.client.token(kGoodForm).json().at("expires_in").as_int64() == 2);
         halo.client.sign_in();
         CHECK(halo.client.get("/api/Team").status == 200);
         halo.server.control("POST", "clock", R"({"advance_seconds":3})");
         CHECK(halo.client.get("/api/Team").status == 401);
       }},
      {"token_without_scope",
       [](Halo& halo) { CHECK_FALSE(halo.client.token(kGoodForm).json().as_object().contains("scope")); }},
      {"token_with_refresh",
       [](Halo& halo) {
         const json::value token = halo.client.token(kGoodForm).json();
         CHECK(token.as_object().contains("refresh_token"));
         CHECK(token.as_object().contains("id_token"));
       }},
      {"token_ends_earlier_ones",
       [](Halo& halo) {
         CHECK(halo.client.token(kGoodForm).status == 200);
         CHECK(halo.client.get("/api/Team").status == 401);
       }},
      {"revoke_tokens",
       [](Halo& halo) {
         CHECK(halo.client.get("/api/Team").status == 401);
         halo.client.sign_in();
         CHECK(halo.client.get("/api/Team").status == 200);
       }},
      {"empty_list_when_forbidden", [](Halo& halo) {
         const Reply reply = halo.client.get("/api/Asset");
         CHECK(reply.status == 200);
         CHECK(reply.json().at("assets").as_array().empty());
         CHECK(halo.client.get("/api/Team").json().as_array().size() == 6);
       }}};
  return checks;
}

// A refresh token of a client that signs in with its secret.
std::string refresh_token(Halo& halo) {
  const json::value token = halo.client.token(std::string(kGoodForm) + "+offline_access").json();
  return std::string(token.at("refresh_token").as_string());
}

Reply refresh(Halo& halo, const std::string& token) {
  return HttpsClient(halo.server)
      .token("grant_type=refresh_token&client_id=sandbox-client&client_secret=sandbox-secret&refresh_token=" +
             token);
}

const std::map<std::string_view, Check>& sign_in_checks() {
  static const std::map<std::string_view, Check> checks = {
      {"refresh_keeps_token",
       [](Halo& halo) {
         const std::string token = refresh_token(halo);
         for (int i = 0; i < 2; ++i) {
           const Reply reply = refresh(halo, token);
           CHECK(reply.status == 200);
           CHECK_FALSE(reply.json().as_object().contains("refresh_token"));
         }
       }},
      {"refresh_answer_lost",
       [](Halo& halo) {
         const std::string token = refresh_token(halo);
         CHECK_THROWS_AS(refresh(halo, token), Poco::Exception);
         CHECK(refresh(halo, token).json().at("error").as_string() == "invalid_grant");
       }},
      {"authinfo_wrong_auth_url",
       [](Halo& halo) {
         CHECK(halo.client.get("/api/AuthInfo").json().at("auth_url").as_string() ==
               "https://auth.invalid/auth");
       }},
      {"clock_skew",
       [](Halo& halo) {
         const auto date = [&] { return halo.client.get("/api/AuthInfo").headers.at("Date"); };
         halo.server.control("POST", "faults", R"({"all":false})");
         halo.server.control("POST", "clock", R"({"now":"2030-01-01T10:00:00"})");
         CHECK(date().starts_with("Tue, 01 Jan 2030 10:00:"));
         halo.on("clock_skew");
         CHECK(date().starts_with("Tue, 01 Jan 2030 10:10:"));
       }},
      {"redirected",
       [](Halo& halo) {
         const Reply reply = halo.client.get("/api/Team");
         CHECK(reply.status == 302);
         CHECK(reply.headers.at("Location") == "https://elsewhere.invalid/");
       }},
      {"rate_limit_headers", [](Halo& halo) {
         for (const char* remaining : {"499", "498"}) {
           const Reply reply = halo.client.get("/api/Team");
           CHECK(reply.headers.at("X-RateLimit-Limit") == "500");
           CHECK(reply.headers.at("X-RateLimit-Remaining") == remaining);
           CHECK(std::stoi(reply.headers.at("X-RateLimit-Reset")) > 0);
         }
       }}};
  return checks;
}

const std::map<std::string_view, Check>& list_checks() {
  static const std::map<std::string_view, Check> checks = {
      {"duplicate_rows",
       [](Halo& halo) {
         const auto ids = halo.ticket_ids(1);
         CHECK(ids.size() == 11);
         CHECK(std::set<std::int64_t>(ids.begin(), ids.end()).size() == 10);
       }},
      {"rows_deleted_during_walk",
       [](Halo& halo) {
         CHECK(halo.ticket_ids(1).back() == 10);
         CHECK(halo.ticket_ids(2).front() == 12);
         CHECK(halo.truth("ticket").find("\"count\":998") != std::string::npos);
       }},
      {"rows_inserted_during_walk",
       [](Halo& halo) {
         halo.ticket_ids(1);
         CHECK(halo.truth("ticket").find("\"count\":1001") != std::string::npos);
       }},
      {"rows_touched_during_walk",
       [](Halo& halo) {
         const auto before = halo.truth("ticket");
         halo.ticket_ids(1);
         CHECK(halo.truth("ticket") != before);
         CHECK(halo.ticket_ids(1).size() == 10);
       }},
      {"record_count_missing",
       [](Halo& halo) { CHECK_FALSE(halo.ticket_page().json().as_object().contains("record_count")); }},
      {"record_count_overstated",
       [](Halo& halo) { CHECK(halo.ticket_page().json().at("record_count").as_int64() == 10999); }},
      {"past_end_repeats", [](Halo& halo) { CHECK(halo.ticket_ids(500) == halo.ticket_ids(100)); }},
      {"page_size_ignored", [](Halo& halo) { CHECK(halo.ticket_ids(1).size() == 50); }},
      {"page_numbers_missing",
       [](Halo& halo) {
         const json::value body = halo.ticket_page().json();
         CHECK_FALSE(body.as_object().contains("page_no"));
         CHECK_FALSE(body.as_object().contains("page_size"));
       }},
      {"columns_first",
       [](Halo& halo) {
         const std::string body = halo.ticket_page().body;
         CHECK(body.find("\"columns\":[{") < body.find("\"tickets\":["));
       }},
      {"agent_results_envelope",
       [](Halo& halo) {
         CHECK_FALSE(halo.client.get("/api/Agent").json().at("results").as_array().empty());
       }},
      {"agent_agents_envelope",
       [](Halo& halo) { CHECK_FALSE(halo.client.get("/api/Agent").json().at("agents").as_array().empty()); }},
      {"delta_exclusive",
       [](Halo& halo) {
         const std::string instant(halo.client.get("/api/Tickets/5").json().at("last_update").as_string());
         const Reply reply = halo.client.get("/api/Tickets?includeclosed=true&lastupdatefromdate=" + instant +
                                             "&lastupdatetodate=" + instant);
         CHECK(reply.json().at("tickets").as_array().empty());
       }},
      {"unfiltered_actions_time_out", [](Halo& halo) {
         CHECK(halo.client.get("/api/Actions").status == 504);
         CHECK(halo.client.get("/api/Actions?ticket_id=1").status == 200);
       }}};
  return checks;
}

// Summaries of a page as bytes.
bool page_contains(Halo& halo, std::string_view bytes) {
  return halo.ticket_page().body.find(bytes) != std::string::npos;
}

const std::map<std::string_view, Check>& value_checks() {
  static const std::map<std::string_view, Check> checks = {
      {"text_ids",
       [](Halo& halo) { CHECK(halo.ticket_page().json().at("tickets").at(0).at("client_id").is_string()); }},
      {"zoned_dates",
       [](Halo& halo) {
         CHECK(halo.ticket_page().json().at("tickets").at(0).at("last_update").as_string().ends_with("Z"));
       }},
      {"values_with_nul", [](Halo& halo) { CHECK(page_contains(halo, "\"summary\":\"\\u0000")); }},
      {"values_with_mojibake",
       [](Halo& halo) { CHECK(page_contains(halo, "\"summary\":\"Caf\xc3\x83\xc2\xa9")); }},
      {"values_with_invalid_utf8",
       [](Halo& halo) { CHECK(page_contains(halo, "\"summary\":\"\xff\xc3\x28")); }},
      {"values_huge", [](Halo& halo) { CHECK(halo.client.get("/api/Tickets/50").body.size() > 1'000'000); }},
      {"values_missing", [](Halo& halo) {
         const json::value page = halo.ticket_page().json();
         CHECK(page.at("tickets").at(8).as_object().contains("summary"));
         CHECK_FALSE(page.at("tickets").at(9).as_object().contains("summary"));
       }}};
  return checks;
}

const std::map<std::string_view, Check>& write_checks() {
  static const std::map<std::string_view, Check> checks = {
      {"post_answers_array",
       [](Halo& halo) {
         CHECK(halo.client.post("/api/Tickets", R"([{"summary":"x"}])").json().as_array().size() == 1);
       }},
      {"post_answers_200",
       [](Halo& halo) { CHECK(halo.client.post("/api/Tickets", R"([{"summary":"x"}])").status == 200); }},
      {"closed_ticket_refuses_notes",
       [](Halo& halo) {
         halo.server.control("POST", "mutate", R"({"entity":"ticket","op":"close","ids":[6]})");
         CHECK(halo.client.post("/api/Actions", R"([{"ticket_id":6,"outcome_id":7,"note":"x"}])").status ==
               400);
       }},
      {"unassigned_ticket_refuses_close",
       [](Halo& halo) {
         const Reply refused = halo.client.post("/api/Tickets", R"([{"id":6,"agent_id":1,"status_id":9}])");
         CHECK(refused.status == 400);
         CHECK(refused.json().is_string());
         CHECK(halo.client.post("/api/Tickets", R"([{"id":6,"agent_id":3,"status_id":9}])").status == 201);
       }},
      {"merge_ignored",
       [](Halo& halo) {
         CHECK(halo.client.post("/api/Client", R"([{"id":6,"_merge_client_into":5}])").status == 201);
         CHECK(halo.client.get("/api/Client/6").status == 200);
       }},
      {"update_needs_type_and_client", [](Halo& halo) {
         CHECK(halo.client.post("/api/Tickets", R"([{"id":6,"summary":"x"}])").body ==
               R"("Record not found")");
         CHECK(halo.client.post("/api/Tickets", R"([{"id":6,"summary":"x","client_id":2,"tickettype_id":1}])")
                   .status == 201);
       }}};
  return checks;
}

const Check* behaviour_check(std::string_view name) {
  for (const auto* checks : {&transport_checks(), &token_checks(), &sign_in_checks(), &list_checks(),
                             &value_checks(), &write_checks()}) {
    const auto found = checks->find(name);
    if (found != checks->end()) return &found->second;
  }
  return nullptr;
}

// A request of the kind that the fault is about by default.
Reply ask(Halo& halo, const sandbox::FaultSpec& spec) {
  if (spec.resource == "token") return halo.client.token(kGoodForm);
  if (spec.resource == "authorize") return halo.client.get("/auth/authorize");
  return spec.resource.empty() ? halo.ticket_page() : halo.client.get("/api/" + std::string(spec.resource));
}

void check_canned(Halo& halo, const sandbox::FaultSpec& spec) {
  const std::int64_t times = spec.times == 0 ? 3 : spec.times;
  for (std::int64_t i = 0; i < times; ++i) {
    const Reply reply = ask(halo, spec);
    CHECK(reply.status == spec.status);
    CHECK(reply.body == spec.body);
    CHECK(reply.headers.contains("Retry-After") == !spec.retry_after.empty());
    CHECK(reply.headers.contains("Content-Type") == !spec.content_type.empty());
  }
  if (spec.times != 0) CHECK(ask(halo, spec).status == 200);
}

}  // namespace

TEST_CASE("every fault of the table does what it says, and ends when switched off", "[sandbox]") {
  for (const sandbox::FaultSpec& spec : sandbox::fault_table()) {
    if (spec.resource == "delivery") continue;  // webhook_fault_test.cpp has those
    INFO(spec.name);
    Halo fresh;
    fresh.on(spec.name);
    if (spec.status != 0) {
      check_canned(fresh, spec);
    } else {
      const Check* check = behaviour_check(spec.name);
      REQUIRE(check != nullptr);
      (*check)(fresh);
    }
    fresh.server.control("POST", "faults", R"({"all":false})");
    HttpsClient again(fresh.server);
    again.sign_in();
    const Reply reply = again.get(kTicketPage);
    CHECK(reply.status == 200);
    CHECK(reply.whole);
    CHECK(reply.json().at("tickets").as_array().size() == 10);
  }
}

TEST_CASE("a fault waits, counts and keeps to its resource", "[sandbox]") {
  Halo halo;
  halo.server.control("POST", "faults", R"({"html_503":{"after":2,"times":1,"resource":"client"}})");
  CHECK(halo.client.get("/api/Team").status == 200);
  CHECK(halo.client.get("/api/Client").status == 200);
  CHECK(halo.client.get("/api/Client").status == 200);
  CHECK(halo.client.get("/api/Client").status == 503);
  CHECK(halo.client.get("/api/Client").status == 200);
  halo.server.control("POST", "faults", R"({"throttled_http_date":true})");
  CHECK(halo.client.get("/api/Team").headers.at("Retry-After").ends_with(" GMT"));
}

TEST_CASE("maintenance can be everywhere, the control plane excepted", "[sandbox]") {
  Halo halo;
  const char* const paths[] = {"/api/Team", "/api/AuthInfo", "/auth/authorize",
                               "/.well-known/openid-configuration", "/"};
  halo.server.control("POST", "faults", R"({"maintenance":{"resource":"*","times":0}})");
  for (const char* path : paths) {
    INFO(path);
    CHECK(halo.client.get(path).status == 503);
  }
  CHECK(halo.client.token(kGoodForm).status == 503);
  CHECK(halo.client.get("/__sandbox/ledger").status == 200);
  halo.server.control("POST", "faults", R"({"all":false,"maintenance":{"times":0}})");
  CHECK(halo.client.token(kGoodForm).status == 200);
  CHECK(halo.client.get("/api/AuthInfo").status == 200);
  CHECK(halo.client.get("/api/Team").status == 503);
}

TEST_CASE("faults that do not exist change nothing", "[sandbox]") {
  Halo halo;
  for (const char* body :
       {R"({"html_503":true,"nonsense":true})", R"({"html_503":{"often":1}})", R"({"html_503":3})", "[]"}) {
    INFO(body);
    CHECK_THROWS_AS(halo.server.control("POST", "faults", body), std::runtime_error);
    CHECK(halo.client.get("/api/Team").status == 200);
  }
}
