// What a check tells of a tenant: a sound one, and each thing that can be wrong with it.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <psabridge/plugin.hpp>

#include "tests/unit/halo/scripted_tenant.h"

using namespace halo_test;
namespace sdk = psabridge::sdk;

namespace {

const std::vector<std::string> kEntities{"client", "ticket", "note", "asset", "status"};

constexpr const char* kService =
    R"({"url":"https://acme.example","tenant":"acme","auth":{"client_id":"app","client_secret":"env://S"}})";
constexpr const char* kBrowser =
    R"({"url":"https://acme.example","tenant":"acme","auth":{"grant":"authorization_code","client_id":"app"}})";
constexpr const char* kKey =
    R"({"url":"https://acme.example","tenant":"acme","auth":{"grant":"api_key","api_key":"env://K"}})";

constexpr const char* kMe =
    R"({"id":7,"name":"psabridge","isapiagent":true,"isdisabled":false,"role_list":"Integration","claims":[{"type":"sub","value":"7"}]})";

/// A sound tenant, in which single paths can be answered otherwise.
class Script {
 public:
  Script& at(const std::string& path, Reply reply) {
    replies_[path] = std::move(reply);
    return *this;
  }
  Reply operator()(const Request& request) const {
    const auto found = replies_.find(request.path());
    return found == replies_.end() ? Reply{404, ""} : found->second;
  }

 private:
  std::map<std::string, Reply> replies_{
      {"/api/AuthInfo", {200, R"({"auth_url":"https://acme.example/auth","tenant_id":"acme"})"}},
      {"/auth/authorize", {200, "<html>Log in</html>"}},
      {"/api/Agent/me", {200, kMe}},
      {"/api/Client", {200, R"({"record_count":12,"clients":[{"id":3,"name":"A"}]})"}},
      {"/api/Client/3", {200, R"({"id":3})"}},
      {"/api/Tickets", {200, R"({"record_count":900,"tickets":[{"id":5,"client_id":3}]})"}},
      {"/api/Actions", {200, R"({"record_count":2,"actions":[{"id":1}]})"}},
      {"/api/Asset", {200, R"({"record_count":300,"assets":[{"id":8}]})"}},
      {"/api/Status", {200, R"([{"id":1},{"id":2}])"}},
      {"/api/FieldInfo", {200, R"([{"id":150}])"}},
      {"/api/InstanceInfo", {200, R"({"app_version":"2.214.1"})"}}};
};

constexpr const char* kNames[] = {"pass", "warn", "fail", "skip"};

/// "pass address, fail scope/asset PB1204": what was found, in order, without the passes when `bad_only`.
std::string summary(const std::vector<Finding>& findings, bool bad_only = true) {
  std::string text;
  for (const Finding& found : findings) {
    if (bad_only && (found.health == PSABRIDGE_PASS || found.health == PSABRIDGE_SKIP)) continue;
    text += (text.empty() ? "" : ", ") + std::string(kNames[found.health]) + " " + found.check +
            (found.subject.empty() ? "" : "/" + found.subject) +
            (found.error_code.empty() ? "" : " " + found.error_code);
  }
  return text;
}

const Finding& finding(const std::vector<Finding>& findings, const std::string& check,
                       const std::string& subject = "") {
  const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& one) {
    return one.check == check && one.subject == subject;
  });
  if (found == findings.end()) throw std::logic_error("no finding " + check + "/" + subject);
  return *found;
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("A sound tenant passes everything, with figures") {
  Tenant tenant(Script(), kService);
  const auto findings = tenant.check(kEntities);
  CHECK(tenant.refusal().code == PSABRIDGE_OK);
  CHECK(summary(findings, false) ==
        "pass address, pass tenant, pass credentials, pass agent, pass scope/client, pass scope/ticket, "
        "pass scope/note, pass scope/asset, pass scope/status, pass scope/custom_field, pass visibility, "
        "pass rate limit, pass health, pass scopes granted");
  CHECK(finding(findings, "scope", "client").fact == "12 client records are visible.");
  CHECK(finding(findings, "scope", "note").fact == "2 note records are visible at ticket 5.");
  CHECK(finding(findings, "scope", "asset").fact == "300 asset records are visible.");
  CHECK(finding(findings, "scope", "status").fact == "2 status records are visible.");
  CHECK(holds(finding(findings, "agent").fact,
              "\"psabridge\" (id 7), an API-only agent, in the role \"Integration\"; claims: 1."));
  CHECK(finding(findings, "health").fact == "Halo 2.214.1 serves requests.");
  for (const Finding& found : findings) CHECK(found.fix.empty());
}

TEST_CASE("A check only asks, for one row of each list, and each list once") {
  Tenant tenant(Script(), kService);
  tenant.check(kEntities);
  for (const Request& request : tenant.requests()) {
    CHECK(request.method == "GET");
    if (request.path() == "/api/Tickets" || request.path() == "/api/Client")
      CHECK(request.parameter("page_size") == "1");
  }
  CHECK(tenant.requests_to("Tickets") == 1);
  CHECK(tenant.requests_to("Actions") == 1);
  CHECK(tenant.requests().size() == 11);  // AuthInfo twice: for the check, and for the sign-in
}

TEST_CASE("Each fault is found where it is, with what to do") {
  struct Case {
    const char* name;
    const char* settings;
    Script script;
    const char* found;
    const char* check;
    const char* subject;
    const char* fix;
  };
  const auto entity_list = [](const char* path, Reply reply) { return Script().at(path, std::move(reply)); };
  const std::vector<Case> cases{
      {"other tenant", kService,
       entity_list("/api/AuthInfo", {200, R"({"auth_url":"https://acme.example/auth","tenant_id":"beta"})"}),
       "fail tenant PB1207", "tenant", "", "Set tenant of the connection to \"beta\""},
      {"no tenant", R"({"url":"https://acme.example","auth":{"client_id":"app","client_secret":"env://S"}})",
       Script(), "warn tenant PB1207", "tenant", "", "Set tenant of the connection to \"acme\""},
      {"inactive application", kService, entity_list("/api/Agent/me", {401, ""}), "fail agent PB1203",
       "agent", "", "see that it is active"},
      {"disabled agent", kService,
       entity_list("/api/Agent/me", {200, R"({"id":7,"name":"psabridge","isdisabled":true})"}),
       "fail agent PB1203", "agent", "", "Configuration > Agents"},
      {"no agent", kService, entity_list("/api/Agent/me", {403, ""}), "warn agent PB1204", "agent", "",
       "Login Type"},
      {"the agent Unassigned", kService,
       entity_list("/api/Agent/me", {200, R"({"id":1,"name":"Unassigned"})"}), "warn agent PB1204", "agent",
       "", "Login Type"},
      {"scope missing", kService, entity_list("/api/Asset", {403, ""}), "fail scope/asset PB1204", "scope",
       "asset", "Tick read:assets on the Permissions tab"},
      {"401 for one list", kService, entity_list("/api/Asset", {401, ""}), "fail scope/asset PB1204", "scope",
       "asset", "\"psabridge\" a role"},
      {"scope not asked for",
       R"({"url":"https://acme.example","tenant":"acme","auth":{"client_id":"app","client_secret":"env://S","scopes":["read:tickets"]}})",
       entity_list("/api/Asset", {403, ""}), "fail scope/asset PB1204", "scope", "asset",
       "add it to auth.scopes"},
      {"notes hidden", kService, entity_list("/api/Actions", {403, ""}), "fail scope/note PB1204", "scope",
       "note", "read:tickets"},
      {"empty list", kService, entity_list("/api/Client", {200, R"({"record_count":0,"clients":[]})"}),
       "warn scope/client PB1204", "scope", "client", "When Halo does have client records"},
      {"empty list of assets", kService,
       entity_list("/api/Asset", {200, R"({"record_count":0,"assets":[]})"}), "warn scope/asset PB1204",
       "scope", "asset", "read:assets"},
      {"no list", kService, entity_list("/api/Status", {200, R"({"Message":"no"})"}),
       "fail scope/status PB1207", "scope", "status", "API Details"},
      {"list of another server", kService, entity_list("/api/Status", {200, "<html>Log in</html>"}),
       "fail scope/status PB1207", "scope", "status", "API Details"},
      {"cut list", kService, entity_list("/api/Status", {200, "[{\"id\":"}), "fail scope/status PB1202",
       "scope", "status", "proxy or firewall"},
      {"list with a fault", kService, entity_list("/api/Status", {500, R"("boom")"}),
       "fail scope/status PB1206", "scope", "status", "Halo's support"},
      {"custom fields hidden", kService, entity_list("/api/FieldInfo", {403, ""}),
       "warn scope/custom_field PB1204", "scope", "custom_field", "custom fields"},
      {"client hidden", kService, entity_list("/api/Client/3", {403, ""}), "warn visibility PB1204",
       "visibility", "", "all clients"},
      {"all clients hidden", kService, entity_list("/api/Client", {403, ""}).at("/api/Client/3", {403, ""}),
       "fail scope/client PB1204", "scope", "client", "read:customers"},
      {"few requests left", kService,
       entity_list("/api/Agent/me",
                   {200, kMe, {{"X-RateLimit-Remaining", "3"}, {"X-RateLimit-Limit", "500"}}}),
       "warn rate limit PB1205", "rate limit", "", "rate_limit"},
      {"maintenance under way", kService, entity_list("/api/InstanceInfo", {503, "<html>Maintenance</html>"}),
       "fail health PB1230", "health", "", "Wait"},
      {"all rights",
       R"({"url":"https://acme.example","tenant":"acme","auth":{"client_id":"app","client_secret":"env://S","scopes":["all"]}})",
       Script(), "warn scopes granted PB1219", "scopes granted", "",
       "set auth.scopes to [read:assets, read:customers, read:tickets]"},
      {"redirect URI", kBrowser,
       entity_list(
           "/auth/authorize",
           {400, "error:invalid_request error_description:The specified 'redirect_uri' is not valid"}),
       "fail redirect_uri PB1203", "redirect_uri", "", "Enter exactly http://127.0.0.1:8741/callback"},
      {"redirect URI, on a page", kBrowser,
       entity_list("/auth/authorize",
                   {400,
                    "<html><pre>error:invalid_request\nerror_description:The specified 'redirect_uri' is "
                    "not valid</pre></html>"}),
       "fail redirect_uri PB1203", "redirect_uri", "", "Enter exactly"},
      {"client, on a page", kBrowser,
       entity_list("/auth/authorize",
                   {400,
                    "<html><pre>error:invalid_request\nerror_description:The specified 'client_id' is "
                    "invalid.</pre></html>"}),
       "fail redirect_uri PB1203", "redirect_uri", "", "Check client_id \"app\""},
      {"redirect with an error", kBrowser,
       entity_list(
           "/auth/authorize",
           {302, "", {{"Location", "http://127.0.0.1:8741/callback?error=invalid_scope&state=check"}}}),
       "fail redirect_uri PB1203", "redirect_uri", "", "Permissions tab"},
      {"unknown application", kBrowser,
       entity_list("/auth/authorize", {400, R"({"error":"invalid_client"})"}), "fail redirect_uri PB1203",
       "redirect_uri", "", "client_id"},
      {"API key", kKey, entity_list("/api/Agent/me", {401, ""}), "fail credentials PB1203", "credentials", "",
       "client id or key"},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    Tenant tenant(c.script, c.settings);
    const auto findings = tenant.check(kEntities);
    CHECK(tenant.refusal().code == PSABRIDGE_OK);
    CHECK(summary(findings) == c.found);
    const std::string fix = finding(findings, c.check, c.subject).fix;
    INFO(fix);
    CHECK(holds(fix, c.fix));
  }
}

TEST_CASE("A wrong address is told with the right one") {
  struct Case {
    const char* url;
    const char* api_url;  // empty: not given
    const char* halo;     // where it really is
    const char* fix;
  };
  const Case c = GENERATE(Case{"https://acme.example/api", "", "https://acme.example/api",
                               "Set url of the connection to https://acme.example."},
                          Case{"https://acme.example/portal", "", "https://acme.example/api",
                               "Set url of the connection to https://acme.example."},
                          Case{"https://acme.example", "", "https://acme.example",
                               "Set api_url of the connection to https://acme.example."},
                          Case{"https://acme.example", "https://acme.example/v1", "https://acme.example/api",
                               "Set api_url of the connection to https://acme.example/api."},
                          Case{"https://acme.example", "", "https://nowhere.example", "API Details"});
  INFO(c.url << " " << c.api_url);
  const std::string api = *c.api_url ? R"("api_url":")" + std::string(c.api_url) + R"(",)" : "";
  Tenant tenant(
      [&](const Request& request) {
        return request.url == std::string(c.halo) + "/AuthInfo"
                   ? Reply{200, R"({"auth_url":"https://acme.example/auth"})"}
                   : Reply{200, "<html>Log in</html>"};
      },
      R"({"url":")" + std::string(c.url) + R"(",)" + api +
          R"("auth":{"client_id":"app","client_secret":"env://S"}})");
  const auto findings = tenant.check({"client"});
  CHECK(summary(findings, false) ==
        "fail address PB1207, skip tenant, skip credentials, skip agent, skip scope/client, skip visibility, "
        "skip rate limit, skip health, skip scopes granted");
  CHECK(holds(findings[0].fix, c.fix));
  CHECK(holds(findings[4].fact, "because the address is not Halo's"));
  CHECK(tenant.token_requests().empty());
}

TEST_CASE("A refused sign-in is told in the host's words, apart from what to do; the rest is skipped") {
  Tenant tenant(Script(), kService);
  const std::string advice = "Tick every one of read:tickets, edit:tickets, read:customers, read:assets";
  tenant.grant = [&](const TokenRequest& request) -> std::string {
    const std::size_t at = request.sign_in.find("Tick every one of");
    const std::string words = request.sign_in.substr(at, request.sign_in.find('"', at) - at);
    throw sdk::Failure(sdk::Outcome::unauthorized, "The server refuses the scopes. " + words + " See log.",
                       "PB1203");
  };
  const auto findings = tenant.check({"client", "ticket"});
  CHECK(
      summary(findings, false) ==
      "pass address, pass tenant, fail credentials PB1203, skip agent, skip scope/client, skip scope/ticket, "
      "skip visibility, skip rate limit, skip health, skip scopes granted");
  CHECK(finding(findings, "credentials").fact == "The server refuses the scopes. See log.");
  CHECK(finding(findings, "credentials").fix.starts_with("Tick every one of read:tickets edit:tickets"));
}

TEST_CASE("A disabled agent is the reason for all that is not seen, and an error page's words are told") {
  Tenant tenant(Script()
                    .at("/api/Agent/me", {200, R"({"id":7,"name":"psabridge","isdisabled":true})"})
                    .at("/auth/authorize", {400, "<html>error_description:The 'client_id' is odd.</html>"}),
                kBrowser);
  const auto findings = tenant.check({"client"});
  CHECK(summary(findings) == "fail redirect_uri PB1203, fail agent PB1203");
  CHECK(holds(finding(findings, "scope", "client").fact, "the agent is disabled"));
  CHECK(holds(finding(findings, "redirect_uri").fact, "Halo said: \"The 'client_id' is odd.\""));
  CHECK(tenant.requests_to("Client") == 0);
}

TEST_CASE("An auth_url that is not what Halo names is told with the right one") {
  Tenant tenant(
      Script(),
      R"({"url":"https://acme.example","tenant":"acme","auth_url":"https://acme.example/portal","auth":{"client_id":"app","client_secret":"env://S"}})");
  tenant.grant = [](const TokenRequest&) -> std::string {
    throw sdk::Failure(sdk::Outcome::invalid, "No token endpoint there.", "PB1207");
  };
  const auto findings = tenant.check({"client"});
  CHECK(summary(findings) == "fail credentials PB1207");
  CHECK(holds(finding(findings, "credentials").fix,
              "auth_url of the connection to https://acme.example/auth,"));
}

TEST_CASE("A person's redirect URI is looked at before there is a sign-in") {
  Tenant tenant(Script(), kBrowser);
  tenant.grant = [](const TokenRequest&) -> std::string {
    throw sdk::Failure(sdk::Outcome::unauthorized, "Nobody signed in yet.", "PB1203");
  };
  const auto findings = tenant.check({});
  CHECK(summary(findings).starts_with("fail credentials PB1203"));
  CHECK(finding(findings, "redirect_uri").health == PSABRIDGE_PASS);
  const auto requests = tenant.requests();
  const auto asked = std::find_if(requests.begin(), requests.end(),
                                  [](const Request& r) { return r.path() == "/auth/authorize"; });
  REQUIRE(asked != requests.end());
  CHECK(asked->parameter("redirect_uri") == "http://127.0.0.1:8741/callback");
  CHECK(asked->parameter("code_challenge_method") == "S256");
  CHECK(asked->parameter("tenant") == "acme");
  CHECK(holds(asked->parameter("scope"), "offline_access"));
}

TEST_CASE("A server that is down is unhealthy, not at a wrong address") {
  struct Case {
    int status;
    const char* body;
    const char* code;
  };
  const Case c = GENERATE(Case{503, "<html>Scheduled maintenance</html>", "PB1230"}, Case{502, "", "PB1206"},
                          Case{200, "<html>We are being upgraded</html>", "PB1230"});
  Tenant tenant([&](const Request&) { return Reply{c.status, c.body}; }, kService);
  const auto findings = tenant.check({"client"});
  CHECK(summary(findings) == std::string("fail health ") + c.code);
  CHECK(finding(findings, "address").health == PSABRIDGE_SKIP);
  CHECK(finding(findings, "credentials").health == PSABRIDGE_SKIP);
  CHECK(tenant.requests().size() == 1);
}

TEST_CASE("An API key has neither a redirect URI nor scopes to look at") {
  Tenant tenant(Script(), kKey);
  const std::string all = summary(tenant.check(kEntities), false);
  CHECK(holds(all, "pass credentials"));
  CHECK_FALSE(holds(all, "scopes granted"));
  CHECK_FALSE(holds(all, "redirect_uri"));
  CHECK(tenant.token_requests().empty());
}

TEST_CASE("Entities that Halo does not have are skipped; notes without a ticket too") {
  Tenant tenant(Script().at("/api/Tickets", {200, R"({"record_count":0,"tickets":[]})"}), kService);
  const auto findings = tenant.check({"spaceship", "", "note"});
  CHECK(finding(findings, "scope", "spaceship").health == PSABRIDGE_SKIP);
  CHECK(finding(findings, "scope", "").health == PSABRIDGE_SKIP);
  CHECK(finding(findings, "scope", "note").health == PSABRIDGE_SKIP);
  CHECK(summary(findings).empty());
}

TEST_CASE("A check that is stopped ends as stopped, with what it found until then") {
  std::atomic<Tenant*> running{nullptr};
  Script script;
  Tenant tenant(
      [&](const Request& request) {
        if (request.path() == "/api/Client") running.load()->stopped = true;
        return script(request);
      },
      kService);
  running = &tenant;
  const auto findings = tenant.check(kEntities);
  CHECK(tenant.refusal().code == PSABRIDGE_CANCELLED);
  CHECK(finding(findings, "scope", "client").health == PSABRIDGE_PASS);
  CHECK(tenant.requests_to("Tickets") == 0);
}
