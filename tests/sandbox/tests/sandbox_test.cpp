// The fake Halo over real HTTPS: what it does by default. Its faults are in fault_test.cpp.
#include <Poco/Exception.h>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>

#include "tests/sandbox/tests/https_client.h"

namespace json = boost::json;
using sandbox_test::HttpsClient;
using sandbox_test::Reply;

namespace {

struct Halo {
  sandbox::Sandbox server{sandbox::SandboxOptions{}};
  HttpsClient client{server};

  Halo() { client.sign_in(); }
  json::value get(const std::string& path) {
    const Reply reply = client.get(path);
    INFO(path << " " << reply.status << " " << reply.body.substr(0, 300));
    REQUIRE(reply.status == 200);
    return reply.json();
  }
  // By value: a range-for over a part of a temporary would outlive it.
  json::array rows(const std::string& path, const char* key) { return get(path).at(key).as_array(); }
  std::vector<std::int64_t> ids(const std::string& path, const char* key) {
    std::vector<std::int64_t> ids;
    for (const auto& row : rows(path, key)) ids.push_back(row.at("id").as_int64());
    return ids;
  }
  json::value mutate(std::string_view body) { return json::parse(server.control("POST", "mutate", body)); }
};

// Counts members that occur twice in one object, at any depth.
class DuplicateKeys {
 public:
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;
  using error_code = boost::system::error_code;

  std::set<std::string> duplicates;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    open_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, error_code&) {
    open_.pop_back();
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_key_part(json::string_view part, std::size_t, error_code&) {
    key_.append(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t, error_code&) {
    key_.append(part);
    if (!open_.back().insert(key_).second) duplicates.insert(key_);
    key_.clear();
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, error_code&) { return true; }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, error_code&) { return true; }
  bool on_double(double, json::string_view, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

 private:
  std::vector<std::set<std::string>> open_;
  std::string key_;
};

std::set<std::string> duplicate_keys(const std::string& text) {
  json::basic_parser<DuplicateKeys> parser{json::parse_options{}};
  boost::system::error_code error;
  parser.write_some(false, text.data(), text.size(), error);
  REQUIRE_FALSE(error);
  return parser.handler().duplicates;
}

const char* const kLists[][2] = {{"Client", "clients"},
                                 {"Site", "sites"},
                                 {"Users", "users"},
                                 {"Tickets", "tickets"},
                                 {"Asset", "assets"}};
const char* const kArrays[] = {"Agent",     "Team",     "Status",    "Priority", "TicketType",
                               "AssetType", "Category", "FieldInfo", "Outcome",  "SLA"};

}  // namespace

// --- signing in ---

TEST_CASE("a client signs in with its secret and is told scopes and life", "[sandbox]") {
  Halo halo;
  const Reply reply = halo.client.token(
      "grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-secret&scope=read:"
      "tickets%20edit:tickets&tenant=x");
  REQUIRE(reply.status == 200);
  const json::value token = reply.json();
  CHECK(token.at("token_type").as_string() == "Bearer");
  CHECK(token.at("expires_in").as_int64() == 3600);
  CHECK(token.at("scope").as_string() == "read:tickets edit:tickets");
  CHECK_FALSE(token.as_object().contains("refresh_token"));
}

TEST_CASE("token requests are refused in OpenIddict's words", "[sandbox]") {
  struct Case {
    const char* form;
    int status;
    const char* error;
  };
  const Case cases[] = {
      {"grant_type=client_credentials&client_id=sandbox-client&client_secret=wrong&scope=all", 401,
       "invalid_client"},
      {"grant_type=client_credentials&client_id=who&client_secret=sandbox-secret&scope=all", 401,
       "invalid_client"},
      {"grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-secret&scope=all+read:"
       "users",
       400, "invalid_scope"},
      {"grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-secret&scope=write:"
       "tickets",
       400, "invalid_scope"},
      {"grant_type=magic&client_id=sandbox-client&client_secret=sandbox-secret", 400,
       "unsupported_grant_type"},
      {"client_id=sandbox-client", 400, "invalid_request"},
      {"grant_type=refresh_token&client_id=sandbox-client&client_secret=sandbox-secret&refresh_token=none",
       400, "invalid_grant"}};
  Halo halo;
  for (const Case& c : cases) {
    INFO(c.form);
    const Reply reply = halo.client.token(c.form);
    CHECK(reply.status == c.status);
    CHECK(reply.json().at("error").as_string() == c.error);
  }
  const Reply as_json = halo.client.send("POST", "/auth/token", R"({"grant_type":"client_credentials"})");
  CHECK(as_json.status == 400);
  const Reply scope = halo.client.token(
      "grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-secret&scope=nope");
  CHECK(scope.json().at("error_description").as_string() == "The specified 'scope' parameter is not valid.");
}

TEST_CASE("client credentials may come as HTTP Basic", "[sandbox]") {
  Halo halo;
  halo.client.set_authorization("Basic c2FuZGJveC1jbGllbnQ6c2FuZGJveC1zZWNyZXQ=");
  const Reply reply = halo.client.send("POST", "/auth/token", "grant_type=client_credentials&scope=all",
                                       "application/x-www-form-urlencoded");
  CHECK(reply.status == 200);
}

TEST_CASE("a refresh token comes with offline_access only, and works", "[sandbox]") {
  Halo halo;
  const Reply first = halo.client.token(
      "grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-secret&scope=read:"
      "tickets+offline_access");
  const std::string refresh(first.json().at("refresh_token").as_string());
  const Reply second = halo.client.token(
      "grant_type=refresh_token&client_id=sandbox-client&client_secret=sandbox-secret"
      "&refresh_token=" +
      refresh);
  REQUIRE(second.status == 200);
  halo.client.set_authorization("Bearer " + std::string(second.json().at("access_token").as_string()));
  CHECK(halo.client.get("/api/Tickets").status == 200);
  CHECK(halo.client.get("/api/Client").status == 403);
}

TEST_CASE("the servers can be found without a token", "[sandbox]") {
  Halo halo;
  halo.client.set_authorization("");
  CHECK(halo.get("/api/AuthInfo").at("auth_url").as_string() == halo.server.url() + "/auth");
  for (const char* path : {"/.well-known/openid-configuration", "/auth/.well-known/openid-configuration"}) {
    CHECK(halo.get(path).at("token_endpoint").as_string() == halo.server.url() + "/auth/token");
  }
  const Reply portal = halo.client.get("/somewhere");
  CHECK(portal.status == 200);
  CHECK(portal.headers.at("Content-Type").starts_with("text/html"));
}

TEST_CASE("rights: 401 and 403 are empty, lookups need any read scope", "[sandbox]") {
  Halo halo;
  halo.client.set_authorization("");
  const Reply unknown = halo.client.get("/api/Tickets");
  CHECK(unknown.status == 401);
  CHECK(unknown.body.empty());
  CHECK(unknown.headers.contains("WWW-Authenticate"));
  halo.client.sign_in("read:tickets");
  const Reply forbidden = halo.client.get("/api/Asset");
  CHECK(forbidden.status == 403);
  CHECK(forbidden.body.empty());
  CHECK(halo.client.get("/api/Users").status == 403);
  CHECK(halo.client.get("/api/Actions?ticket_id=1").status == 200);
  CHECK(halo.client.post("/api/Tickets", R"([{"summary":"x"}])").status == 403);
  for (const char* path : kArrays) CHECK(halo.client.get("/api/" + std::string(path)).status == 200);
  halo.client.sign_in("offline_access");
  CHECK(halo.client.get("/api/Status").status == 403);
}

TEST_CASE("tokens end with the virtual clock", "[sandbox]") {
  Halo halo;
  CHECK(halo.client.get("/api/Team").status == 200);
  halo.server.control("POST", "clock", R"({"advance_seconds": 3601})");
  CHECK(halo.client.get("/api/Team").status == 401);
}

TEST_CASE("the agent of the application and the instance", "[sandbox]") {
  Halo halo;
  const json::value me = halo.get("/api/Agent/me");
  CHECK(me.at("id").as_int64() == 2);
  CHECK(me.at("claims").as_array().size() == 3);
  CHECK(me.at("isapiagent").as_bool());
  const json::value instance = halo.get("/api/InstanceInfo");
  CHECK(instance.at("agent_count").as_int64() == 12);
  CHECK(instance.as_object().size() == 19);
}

// --- lists ---

TEST_CASE("paths ignore case, unknown parameters and resources are what they are", "[sandbox]") {
  Halo halo;
  CHECK(halo.get("/API/cLiEnT?pageinate=true&page_size=5&no_such_thing=1").at("clients").as_array().size() ==
        5);
  CHECK(halo.client.get("/api/Contract").status == 404);
  CHECK(halo.client.get("/api/Tickets/abc").status == 400);
  CHECK(halo.client.get("/api/Tickets/99999999").status == 404);
  CHECK(halo.client.send("DELETE", "/api/Tickets").status == 405);
}

TEST_CASE("pages: clamped to 100, to 50 for assets, and one default page without pageinate", "[sandbox]") {
  Halo halo;
  const json::value clamped =
      halo.get("/api/Tickets?pageinate=true&page_no=1&page_size=1000&includeclosed=true");
  CHECK(clamped.at("tickets").as_array().size() == 100);
  CHECK(clamped.at("page_size").as_int64() == 100);
  CHECK(clamped.at("record_count").as_int64() == 1000);
  CHECK(halo.get("/api/Asset?pageinate=true&page_no=1&page_size=100&includeinactive=true")
            .at("assets")
            .as_array()
            .size() == 50);
  const auto first = halo.ids("/api/Tickets?page_no=1&page_size=10", "tickets");
  CHECK(first.size() == 50);
  CHECK(halo.ids("/api/Tickets?page_no=2&page_size=10", "tickets") == first);
  const json::value counted = halo.get("/api/Tickets?count=7&includeclosed=true");
  CHECK(counted.at("tickets").as_array().size() == 7);
  CHECK_FALSE(counted.as_object().contains("page_no"));
  CHECK(halo.get("/api/Tickets?pageinate=true&page_no=99&page_size=100").at("tickets").as_array().empty());
}

TEST_CASE("a walk over the pages meets every row once", "[sandbox]") {
  Halo halo;
  for (const auto& [resource, key] : kLists) {
    INFO(resource);
    std::set<std::int64_t> seen;
    std::int64_t expected = 0;
    for (int page = 1;; ++page) {
      const json::value body =
          halo.get("/api/" + std::string(resource) +
                   "?pageinate=true&page_size=30&order=id&includeinactive=true&includeclosed=true&page_no=" +
                   std::to_string(page));
      expected = body.at("record_count").as_int64();
      if (body.at(key).as_array().empty()) break;
      for (const auto& row : body.at(key).as_array()) CHECK(seen.insert(row.at("id").as_int64()).second);
    }
    CHECK(std::ssize(seen) == expected);
  }
}

TEST_CASE("idonly answers all ids and nothing else", "[sandbox]") {
  Halo halo;
  const json::value all = halo.get("/api/Users?idonly=true&includeinactive=true&pageinate=true&page_size=5");
  CHECK(all.at("users").as_array().size() == 200);
  CHECK(all.at("users").at(0).as_object().size() == 1);
  const json::value page =
      halo.get("/api/Tickets?ticketidonly=true&pageinate=true&page_size=100&includeclosed=true");
  CHECK(page.at("tickets").as_array().size() == 100);
  CHECK(page.at("tickets").at(0).as_object().size() == 1);
}

TEST_CASE("lookups, agents and teams are bare arrays", "[sandbox]") {
  Halo halo;
  for (const char* resource : kArrays) {
    INFO(resource);
    CHECK_FALSE(halo.get("/api/" + std::string(resource)).as_array().empty());
  }
  CHECK(halo.get("/api/Status/9").at("name").as_string() == "Closed");
  CHECK(halo.client.get("/api/Status/777").status == 404);
}

TEST_CASE("only the literal true orders downwards; tickets come newest first", "[sandbox]") {
  Halo halo;
  CHECK(halo.ids("/api/Client?pageinate=true&page_size=1&order=id&orderdesc=1", "clients").front() == 1);
  CHECK(halo.ids("/api/Client?pageinate=true&page_size=1&order=id&orderdesc=true&includeinactive=true",
                 "clients")
            .front() == 25);
  CHECK(halo.ids("/api/Tickets?pageinate=true&page_size=1&includeclosed=true", "tickets").front() == 1000);
  const json::value by_change =
      halo.get("/api/Tickets?pageinate=true&page_size=100&includeclosed=true&order=last_update");
  sandbox::Ticks last = 0;
  for (const auto& row : by_change.at("tickets").as_array()) {
    const auto now = sandbox::parse_datetime(row.at("last_update").as_string());
    REQUIRE(now);
    CHECK(*now >= last);
    last = *now;
  }
}

TEST_CASE("ticket filters keep what they say", "[sandbox]") {
  struct Case {
    const char* query;
    bool (*fits)(const json::object&);
  };
  const auto closed = [](const json::object& row) {
    return row.contains("hasbeenclosed") && row.at("hasbeenclosed") == json::value(true);
  };
  static const auto is_closed = +closed;
  const Case cases[] = {
      {"open_only=true", [](const json::object& r) { return !is_closed(r); }},
      {"closed_only=true", [](const json::object& r) { return is_closed(r); }},
      {"includeclosed=true&client_id=7",
       [](const json::object& r) { return r.at("client_id").as_int64() == 7; }},
      {"includeclosed=true&client_ids=3,4",
       [](const json::object& r) {
         return r.at("client_id").as_int64() == 3 || r.at("client_id").as_int64() == 4;
       }},
      {"includeclosed=true&site_id=5", [](const json::object& r) { return r.at("site_id").as_int64() == 5; }},
      {"includeclosed=true&agent_id=1",
       [](const json::object& r) { return r.at("agent_id").as_int64() == 1; }},
      {"includeclosed=true&team=Service%20Desk",
       [](const json::object& r) { return r.at("team").as_string() == "Service Desk"; }},
      {"includeclosed=true&team_id=2", [](const json::object& r) { return r.at("team_id").as_int64() == 2; }},
      {"status=[1,2]", [](const json::object& r) { return r.at("status_id").as_int64() <= 2; }},
      {"status_id=9", [](const json::object& r) { return r.at("status_id").as_int64() == 9; }},
      {"includeclosed=true&requesttype=3",
       [](const json::object& r) { return r.at("tickettype_id").as_int64() == 3; }},
      {"includeclosed=true&priority=1",
       [](const json::object& r) { return r.at("priority_id").as_int64() == 1; }},
      {"ticketids=5,6",
       [](const json::object& r) { return r.at("id").as_int64() == 5 || r.at("id").as_int64() == 6; }},
      {"search=outlook", [](const json::object& r) {
         return r.at("summary").as_string().find("Outlook") != std::string::npos;
       }}};
  Halo halo;
  for (const Case& c : cases) {
    INFO(c.query);
    const json::value body = halo.get("/api/Tickets?pageinate=true&page_size=100&" + std::string(c.query));
    CHECK(body.at("record_count").as_int64() > 0);
    CHECK(body.at("record_count").as_int64() < 1000);
    for (const auto& row : body.at("tickets").as_array()) CHECK(c.fits(row.as_object()));
  }
  const auto count = [&](const std::string& state) {
    return halo.get("/api/Tickets?count=1&" + state).at("record_count").as_int64();
  };
  CHECK(count("open_only=true") + count("closed_only=true") == 1000);
  CHECK(count("open_only=true") > 240);
  CHECK(count("open_only=true") < 360);
  CHECK(count("x=1") > count("open_only=true"));
  CHECK(count("x=1") < 1000);
}

TEST_CASE("inactive rows appear when asked for", "[sandbox]") {
  Halo halo;
  for (const char* resource : {"Client", "Site", "Users", "Asset"}) {
    INFO(resource);
    const std::string path = "/api/" + std::string(resource) + "?count=1&";
    const auto usual = halo.get(path + "x=1").at("record_count").as_int64();
    const auto all = halo.get(path + "includeinactive=true").at("record_count").as_int64();
    const auto inactive =
        halo.get(path + "includeinactive=true&includeactive=false").at("record_count").as_int64();
    CHECK(usual < all);
    CHECK(usual + inactive == all);
    CHECK(halo.get(path + "activeinactive=true,true").at("record_count").as_int64() == all);
  }
}

TEST_CASE("assets by type and status, with their fields", "[sandbox]") {
  Halo halo;
  for (const auto& row : halo.rows("/api/Asset?assettypes=1,2&assetstatuses=1", "assets")) {
    CHECK(row.at("assettype_id").as_int64() <= 2);
    CHECK(row.at("status_name").as_string() == "Active");
    CHECK_FALSE(row.as_object().contains("fields"));
  }
  const json::value with_fields = halo.get("/api/Asset?assettype_id=1&includeassetfields=true");
  CHECK(with_fields.at("assets").at(0).at("fields").as_array().size() == 3);
}

TEST_CASE("lastupdatefromdate is inclusive and finds what changed", "[sandbox]") {
  Halo halo;
  const json::value before = json::parse(halo.server.control("GET", "truth?entity=ticket"));
  const std::string from(before.at("now").as_string());
  halo.server.control("POST", "clock", R"({"advance_seconds": 60})");
  CHECK(halo.ids("/api/Tickets?pageinate=true&lastupdatefromdate=" + from, "tickets").empty());
  const json::value changed = halo.mutate(R"({"entity":"ticket","op":"update","count":3})");
  const auto ids = halo.ids(
      "/api/Tickets?pageinate=true&order=id&includeclosed=true&lastupdatefromdate=" + from, "tickets");
  CHECK(ids.size() == 3);
  const json::value one = halo.get("/api/Tickets/" + std::to_string(ids[0]));
  const std::string instant(one.at("last_update").as_string());
  const auto at = halo.ids("/api/Tickets?pageinate=true&includeclosed=true&lastupdatefromdate=" + instant +
                               "Z&lastupdatetodate=" + instant,
                           "tickets");
  CHECK(at == std::vector<std::int64_t>{ids[0]});
}

// --- values ---

TEST_CASE("every list and single row is valid JSON without a member twice", "[sandbox]") {
  Halo halo;
  halo.mutate(R"({"entity":"ticket","op":"update","ids":[1],"fields":{"sla_id":"x","zzz":1}})");
  for (const char* path : {"Client",
                           "Site",
                           "Users",
                           "Agent",
                           "Team",
                           "Tickets?includeclosed=true&include_custom_fields=150",
                           "Asset",
                           "Actions?ticket_id=4",
                           "Status",
                           "Priority",
                           "TicketType",
                           "AssetType",
                           "Category",
                           "FieldInfo",
                           "Outcome",
                           "SLA",
                           "Client/3",
                           "Site/3",
                           "Users/3",
                           "Agent/3",
                           "Team/3",
                           "Tickets/1",
                           "Tickets/3",
                           "Asset/3",
                           "Actions/1?ticket_id=4",
                           "Status/1",
                           "Agent/me"}) {
    INFO(path);
    const Reply reply = halo.client.get("/api/" + std::string(path));
    REQUIRE(reply.status == 200);
    CHECK(duplicate_keys(reply.body) == std::set<std::string>());
  }
}

TEST_CASE("the value quirks of Halo are there", "[sandbox]") {
  Halo halo;
  CHECK(halo.client.get("/api/Site/7").body.find("\"client_id\":7.0") != std::string::npos);
  CHECK(halo.client.get("/api/Users/7").body.find("\"site_id\":7.0") != std::string::npos);
  CHECK(halo.get("/api/Priority").at(0).at("id").as_string().size() == 36);
  CHECK(halo.get("/api/Actions?ticket_id=4").at("actions").at(0).at("id").as_int64() == 1);
  CHECK(halo.get("/api/Client/1").at("name").as_string() == "Unassigned");
  const std::string tickets =
      halo.client.get("/api/Tickets?pageinate=true&page_size=100&includeclosed=true").body;
  for (const char* quirk : {"1899-12-30T00:00:00", "1900-01-01T00:00:00", "\"hasbeenclosed\":null",
                            "\"hasbeenclosed\":true", "\"parent_id\":", "\"contract_id\":-1"}) {
    INFO(quirk);
    CHECK(tickets.find(quirk) != std::string::npos);
  }
  std::set<std::size_t> widths;
  for (const auto& row :
       halo.rows("/api/Tickets?pageinate=true&page_size=100&includeclosed=true", "tickets")) {
    widths.insert(row.at("last_update").as_string().size());
    CHECK(row.at("datecreated").is_null());
    CHECK_FALSE(row.as_object().contains("agent_name"));
    CHECK_FALSE(row.as_object().contains("customfields"));
    CHECK(row.as_object().size() > 70);
  }
  CHECK(widths.size() >= 4);
}

TEST_CASE("custom fields hold values of every JSON type", "[sandbox]") {
  Halo halo;
  std::set<json::kind> kinds;
  for (int id = 1; id <= 40; ++id) {
    for (const auto& field : halo.rows("/api/Tickets/" + std::to_string(id), "customfields"))
      kinds.insert(field.at("value").kind());
  }
  using json::kind;
  CHECK(kinds ==
        std::set<kind>{kind::null, kind::bool_, kind::int64, kind::double_, kind::string, kind::array});
  const json::value listed = halo.get("/api/Tickets?count=1&include_custom_fields=150,151");
  CHECK(listed.at("tickets").at(0).at("customfields").as_array().size() == 2);
  CHECK(listed.at("tickets").at(0).at("customfields").at(0).at("name").as_string() == "CFSeverity");
}

TEST_CASE("the same seed and clock give the same bytes", "[sandbox]") {
  sandbox::SandboxOptions options;
  options.api.now = sandbox::parse_datetime("2026-06-01T12:00:00");
  options.api.seed = 42;
  std::set<std::string> bodies;
  for (int run = 0; run < 2; ++run) {
    sandbox::Sandbox server(options);
    HttpsClient client(server);
    client.sign_in();
    bodies.insert(client.get("/api/Tickets?pageinate=true&page_size=100&includeclosed=true").body);
  }
  CHECK(bodies.size() == 1);
}

// --- writes ---

TEST_CASE("POST takes arrays only and answers as Halo does", "[sandbox]") {
  Halo halo;
  const Reply created =
      halo.client.post("/api/Tickets", R"([{"summary":"Printer","client_id":"3","priority_id":1}])");
  CHECK(created.status == 201);
  CHECK(created.json().at("client_id").as_int64() == 3);
  CHECK(created.json().as_object().contains("lastupdate"));
  CHECK(created.json().as_object().contains("category1"));
  CHECK_FALSE(created.json().as_object().contains("last_update"));
  const std::string id = std::to_string(created.json().at("id").as_int64());
  CHECK(halo.get("/api/Tickets/" + id).at("summary").as_string() == "Printer");

  const Reply object = halo.client.post("/api/Tickets", R"({"summary":"x"})");
  CHECK(object.status == 400);
  CHECK(object.body.find("requires a JSON array") != std::string::npos);
  const Reply two = halo.client.post("/api/Client", R"([{"name":"One"},{"name":"Two"}])");
  CHECK(two.json().at("name").as_string() == "Two");
  CHECK(halo.client.post("/api/Client?returnall=true", R"([{"name":"One"},{"name":"Two"}])")
            .json()
            .as_array()
            .size() == 2);
  CHECK(halo.client.send("POST", "/api/Client", "[]", "text/plain").status == 415);
}

TEST_CASE("a bad row refuses the whole array and is named", "[sandbox]") {
  Halo halo;
  const auto before = halo.get("/api/Tickets?count=1&includeclosed=true").at("record_count").as_int64();
  const Reply reply =
      halo.client.post("/api/Tickets", R"([{"summary":"good"},{"summary":"bad","status_id":95.0}])");
  CHECK(reply.status == 400);
  CHECK(reply.json().as_object().contains("[1].status_id"));
  CHECK(halo.get("/api/Tickets?count=1&includeclosed=true").at("record_count").as_int64() == before);
  CHECK(halo.client.post("/api/Tickets", R"([{"id":99999999,"summary":"x"}])").body ==
        R"("Record not found")");
  CHECK(halo.client.post("/api/Users", R"([{"name":"x"}])").json().at("Message").as_string() ==
        "A Site must be selected");
  CHECK(halo.client.post("/api/Tickets", "[{").status == 400);
}

TEST_CASE("an update leaves the rest as it was; closing, deleting and undeleting", "[sandbox]") {
  Halo halo;
  const json::value before = halo.get("/api/Tickets/10");
  CHECK(halo.client.post("/api/Tickets", R"([{"id":10,"status_id":9,"customfields":[{"id":150,"value":4}]}])")
            .status == 201);
  const json::value after = halo.get("/api/Tickets/10");
  CHECK(after.at("hasbeenclosed").as_bool());
  CHECK(after.at("summary") == before.at("summary"));
  CHECK(after.at("customfields").at(0).at("value").as_int64() == 4);
  CHECK(after.at("customfields").at(0).at("display").as_string() == "Low");
  const Reply removed = halo.client.send("DELETE", "/api/Tickets/10?reason=test");
  CHECK(removed.status == 200);
  CHECK(removed.json().at("id").as_int64() == 10);
  CHECK(halo.ids("/api/Tickets?ticketids=10", "tickets").empty());
  CHECK(halo.ids("/api/Tickets?deleted=true", "tickets") == std::vector<std::int64_t>{10});
  CHECK(halo.client.post("/api/Tickets", R"([{"id":10,"_recover":true}])").status == 201);
  CHECK(halo.ids("/api/Tickets?ticketids=10", "tickets").size() == 1);
}

TEST_CASE("a merge moves what belongs to the record, which is gone", "[sandbox]") {
  Halo halo;
  const auto tickets_of = [&](const std::string& filter) {
    return halo.ids("/api/Tickets?count=1000&" + filter, "tickets");
  };
  SECTION("of clients") {
    const auto moved = tickets_of("client_id=6"), stood = tickets_of("client_id=5");
    REQUIRE_FALSE(moved.empty());
    CHECK(halo.client.post("/api/Client", R"([{"id":6,"_merge_client_into":5}])").status == 201);
    CHECK(halo.client.get("/api/Client/6").status == 404);
    CHECK(tickets_of("client_id=6").empty());
    CHECK(tickets_of("client_id=5").size() == moved.size() + stood.size());
  }
  SECTION("of users") {
    CHECK(halo.client.post("/api/Users", R"([{"id":6,"_merge_user_into":5}])").status == 201);
    CHECK(halo.client.get("/api/Users/6").status == 404);
    CHECK(halo.client.get("/api/Users/5").status == 200);
  }
  SECTION("not into itself or into nobody") {
    for (const std::string into : {"6", "100000"})
      CHECK(halo.client.post("/api/Client", R"([{"id":6,"_merge_client_into":)" + into + "}]").body ==
            R"("Record not found")");
    CHECK(halo.client.get("/api/Client/6").status == 200);
  }
}

TEST_CASE("notes: need an outcome, count per ticket, move the ticket, and need its id", "[sandbox]") {
  Halo halo;
  halo.server.control("POST", "clock", R"({"advance_seconds": 60})");
  const auto before = sandbox::parse_datetime(halo.get("/api/Tickets/4").at("last_update").as_string());
  const auto count = halo.get("/api/Actions?ticket_id=4").at("record_count").as_int64();
  CHECK(
      halo.client.post("/api/Actions", R"([{"ticket_id":4,"note":"x"}])").json().at("Message").as_string() ==
      "An Outcome must be entered for this Action");
  const Reply posted = halo.client.post("/api/Actions", R"([{"ticket_id":4,"outcome_id":7,"note":"Done."}])");
  CHECK(posted.status == 201);
  CHECK(posted.json().at("id").as_int64() == count + 1);
  CHECK(posted.json().at("note").as_string() == "Done.");
  CHECK(*sandbox::parse_datetime(halo.get("/api/Tickets/4").at("last_update").as_string()) > *before);
  const std::string note = "/api/Actions/" + std::to_string(count + 1);
  CHECK(halo.client.get(note).status == 404);
  CHECK(halo.get(note + "?ticket_id=4").at("note").as_string() == "Done.");
  CHECK(halo.client.send("DELETE", note + "?ticket_id=4").status == 200);
  CHECK(halo.get("/api/Actions?ticket_id=4").at("record_count").as_int64() == count);
  CHECK(halo.get("/api/Actions").at("record_count").as_int64() == 0);
  CHECK(halo.get("/api/Actions?startdate=2020-01-01&enddate=2020-02-01").at("record_count").as_int64() == 0);
}

// --- the control plane ---

TEST_CASE("the ledger counts requests and rows by resource", "[sandbox]") {
  Halo halo;
  halo.server.control("POST", "ledger/reset");
  halo.get("/api/Tickets?pageinate=true&page_size=10");
  halo.get("/api/Tickets/3");
  halo.client.get("/api/Tickets/999999");
  const json::value ledger = json::parse(halo.server.control("GET", "ledger"));
  CHECK(ledger.at("total").as_int64() == 3);
  CHECK(ledger.at("by_resource").at("tickets").at("rows").as_int64() == 11);
  CHECK(ledger.at("by_resource").at("tickets").at("errors").as_int64() == 1);
  CHECK(ledger.at("requests").at(0).at("query").as_string() == "pageinate=true&page_size=10");
}

TEST_CASE("mutations change what the API and the truth say", "[sandbox]") {
  Halo halo;
  const auto truth = [&](const std::string& entity) {
    return json::parse(halo.server.control("GET", "truth?entity=" + entity));
  };
  CHECK(truth("ticket").at("count").as_int64() == 1000);
  CHECK(halo.mutate(R"({"entity":"ticket","op":"create","count":2,"fields":{"summary":"New"}})")
            .at("ids")
            .as_array()
            .size() == 2);
  CHECK(halo.get("/api/Tickets/1002").at("summary").as_string() == "New");
  halo.mutate(R"({"entity":"ticket","op":"delete","count":3})");
  CHECK(truth("ticket").at("count").as_int64() == 999);
  const json::value closed = halo.mutate(R"({"entity":"ticket","op":"close","count":1})");
  const std::string id = std::to_string(closed.at("ids").at(0).as_int64());
  CHECK(halo.get("/api/Tickets/" + id).at("hasbeenclosed").as_bool());
  halo.mutate(R"({"entity":"client","op":"delete","ids":[5]})");
  CHECK(halo.client.get("/api/Client/5").status == 404);
  const auto notes = truth("note").at("count").as_int64();
  halo.mutate(R"({"entity":"note","op":"create","ids":[7,8],"fields":{"note":"Hello"}})");
  CHECK(truth("note").at("count").as_int64() == notes + 2);
  halo.mutate(R"({"entity":"team","op":"update","ids":[1],"fields":{"name":"First Line"}})");
  CHECK(halo.get("/api/Team/1").at("name").as_string() == "First Line");
  CHECK_THROWS(halo.mutate(R"({"entity":"ticket","op":"explode"})"));
  CHECK_THROWS(halo.mutate(R"({"entity":"ticket","op":"touch","ids":[123456]})"));
}

TEST_CASE("anything can be injected into a row", "[sandbox]") {
  Halo halo;
  halo.mutate(
      R"({"entity":"ticket","op":"update","ids":[11],"raw":{"summary":"hex:22ff0022","cost":"1e400"},"omit":["client_id"],)"
      R"("fields":{"details":"NUL \u0000 inside","category_1":{"not":"text"},"onhold":null}})");
  const std::string body = halo.client.get("/api/Tickets/11").body;
  CHECK(body.find(std::string("\"summary\":\"\xff\0\"", 13)) != std::string::npos);
  CHECK(body.find("\"cost\":1e400") != std::string::npos);
  CHECK(body.find("\"client_id\"") == body.rfind("\"client_id\""));  // the asset's own, if any
  CHECK(body.find("NUL \\u0000 inside") != std::string::npos);
  CHECK(body.find("\"onhold\":null") != std::string::npos);
}

TEST_CASE("the control plane is reached over the network too", "[sandbox]") {
  Halo halo;
  halo.client.set_authorization("");
  CHECK(halo.get("/__sandbox/faults").as_array().size() > 50);
  CHECK(halo.client.post("/__sandbox/faults", R"({"no_such_fault":true})").status == 400);
  CHECK(halo.client.post("/__sandbox/clock", R"({"now":"2030-01-01T00:00:00"})")
            .json()
            .at("now")
            .as_string()
            .starts_with("2030-01-01"));
}

TEST_CASE("a client that trusts another CA gets no further", "[sandbox]") {
  const sandbox::Sandbox server{sandbox::SandboxOptions{}};
  const sandbox::Sandbox other{sandbox::SandboxOptions{}};
  HttpsClient client(server.port(), other.ca_file().string(), server.client());
  CHECK_THROWS_AS(client.get("/api/AuthInfo"), Poco::Exception);
}

TEST_CASE("a port that is taken is refused", "[sandbox]") {
  const sandbox::Sandbox server{sandbox::SandboxOptions{}};
  sandbox::SandboxOptions same;
  same.port = server.port();
  CHECK_THROWS(sandbox::Sandbox(same));
}
