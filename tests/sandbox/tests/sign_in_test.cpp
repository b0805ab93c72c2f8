// Signing in at the fake Halo: the browser's part, codes, rotation of refresh tokens, API keys, and what the
// administrator may have set up wrongly.
#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "tests/sandbox/tests/https_client.h"

namespace json = boost::json;
using sandbox_test::HttpsClient;
using sandbox_test::Reply;

namespace {

constexpr const char* kCallback = "http://127.0.0.1:8710/callback";
// The example of RFC 7636, appendix B.
constexpr const char* kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr const char* kChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const std::string kSecret = "&client_secret=sandbox-secret";

// The value of a parameter in the query of a redirect; "" when it is not there.
std::string parameter(const Reply& reply, const std::string& name) {
  const std::string location = reply.headers.at("Location");
  return std::string(sandbox::Query(location.substr(location.find('?') + 1)).get(name));
}

std::string text(const json::value& answer, const char* member) {
  return std::string(answer.at(member).as_string());
}

struct Halo {
  sandbox::Sandbox server{sandbox::SandboxOptions{}};
  HttpsClient client{server};

  Halo() { set(R"({"redirect_uris":["http://127.0.0.1:8710/callback"]})"); }
  void set(std::string_view settings) { server.control("POST", "application", settings); }
  void advance(int seconds) {
    server.control("POST", "clock", "{\"advance_seconds\":" + std::to_string(seconds) + "}");
  }

  static std::string authorize_query(const std::string& scope = "read:tickets+offline_access") {
    return "response_type=code&client_id=sandbox-client&redirect_uri=http%3A%2F%2F127.0.0.1%3A8710%2Fcallback"
           "&state=a%20b&code_challenge_method=S256&code_challenge=" +
           std::string(kChallenge) + "&scope=" + scope;
  }
  Reply authorize(const std::string& query = authorize_query()) {
    return client.get("/auth/authorize?" + query);
  }
  std::string code() { return parameter(authorize(), "code"); }
  static std::string redemption(const std::string& code) {
    return "grant_type=authorization_code&client_id=sandbox-client&redirect_uri=" + std::string(kCallback) +
           "&code_verifier=" + kVerifier + "&code=" + code;
  }
  Reply redeem(const std::string& code) { return client.token(redemption(code) + kSecret); }
  Reply refresh(const std::string& token, const std::string& more = "") {
    return client.token("grant_type=refresh_token&client_id=sandbox-client&refresh_token=" + token + kSecret +
                        more);
  }
  int status_with(const std::string& access_token, const char* path = "/api/Tickets") {
    client.set_authorization("Bearer " + access_token);
    return client.get(path).status;
  }
};

void check_refused(const Reply& reply, std::string_view error, int status = 400) {
  INFO(reply.body);
  CHECK(reply.status == status);
  CHECK(reply.json().at("error").as_string() == error);
}

constexpr const char* kClientGrant = "grant_type=client_credentials&client_id=sandbox-client&scope=all";

}  // namespace

// --- the browser's part and codes ---

TEST_CASE("a code comes back with its state and is exchanged once", "[sandbox]") {
  Halo halo;
  const Reply redirect = halo.authorize();
  CHECK(redirect.status == 302);
  CHECK(redirect.headers.at("Location").starts_with(std::string(kCallback) + "?code="));
  CHECK(parameter(redirect, "state") == "a b");
  const Reply granted = halo.redeem(parameter(redirect, "code"));
  REQUIRE(granted.status == 200);
  CHECK(text(granted.json(), "scope") == "read:tickets offline_access");
  CHECK(granted.json().as_object().contains("refresh_token"));
  CHECK(halo.status_with(text(granted.json(), "access_token")) == 200);
  CHECK(halo.status_with(text(granted.json(), "access_token"), "/api/Client") == 403);
}

TEST_CASE("a code that is used again ends the tokens that came of it", "[sandbox]") {
  Halo halo;
  const std::string code = halo.code();
  const json::value granted = halo.redeem(code).json();
  check_refused(halo.redeem(code), "invalid_grant");
  CHECK(halo.status_with(text(granted, "access_token")) == 401);
  check_refused(halo.refresh(text(granted, "refresh_token")), "invalid_grant");
}

TEST_CASE("a code belongs to its redirect URI and verifier, and lives five minutes", "[sandbox]") {
  Halo halo;
  const std::string tail = "&client_id=sandbox-client" + kSecret + "&code=" + halo.code();
  const std::string uri = "&redirect_uri=" + std::string(kCallback);
  const std::string verifier = "&code_verifier=" + std::string(kVerifier);
  const std::string head = "grant_type=authorization_code";
  check_refused(halo.client.token(head + tail + uri + "/" + verifier), "invalid_grant");
  check_refused(halo.client.token(head + tail + uri + verifier + "x"), "invalid_grant");
  check_refused(halo.client.token(head + tail + uri), "invalid_request");
  CHECK(halo.client.token(head + tail + uri + verifier).status == 200);
  const std::string late = halo.code();
  halo.advance(301);
  check_refused(halo.redeem(late), "invalid_grant");
  check_refused(halo.redeem("made-up"), "invalid_grant");
}

TEST_CASE("what the authorize endpoint does not trust stays on a page of its own", "[sandbox]") {
  const std::string good = Halo::authorize_query();
  const auto with = [&](const std::string& old, const std::string& replacement) {
    std::string query = good;
    return query.replace(query.find(old), old.size(), replacement);
  };
  Halo halo;
  for (const std::string& query :
       {with("%2Fcallback", "%2Fcallback%2F"), with("127.0.0.1", "localhost"), with("8710", "8711"),
        with("sandbox-client", "who"), std::string("response_type=code&client_id=sandbox-client")}) {
    INFO(query);
    const Reply page = halo.authorize(query);
    CHECK(page.status == 400);
    CHECK(page.headers.at("Content-Type").starts_with("text/html"));
    CHECK(page.body.find("error:invalid_request") != std::string::npos);
    CHECK_FALSE(page.headers.contains("Location"));
  }
  CHECK(halo.authorize(with("8710", "8711"))
            .body.find("The specified 'redirect_uri' is not valid for this client application.") !=
        std::string::npos);
}

TEST_CASE("other mistakes are told to the redirect URI", "[sandbox]") {
  struct Case {
    const char* old;
    const char* replacement;
    const char* error;
  };
  const Case cases[] = {{"response_type=code", "response_type=token", "unsupported_response_type"},
                        {"S256", "plain", "invalid_request"},
                        {"code_challenge_method=S256&", "", "invalid_request"},
                        {"read:tickets", "read:users", "invalid_scope"},
                        {"scope=read:tickets+offline_access", "scope=", "invalid_scope"}};
  Halo halo;
  for (const Case& c : cases) {
    INFO(c.old << " -> " << c.replacement);
    std::string query = Halo::authorize_query();
    const Reply reply =
        halo.authorize(query.replace(query.find(c.old), std::string_view(c.old).size(), c.replacement));
    CHECK(reply.status == 302);
    CHECK(parameter(reply, "error") == c.error);
    CHECK(parameter(reply, "state") == "a b");
    CHECK(parameter(reply, "code").empty());
  }
}

TEST_CASE("consent: given, refused, or asked for on a page", "[sandbox]") {
  Halo halo;
  halo.set(R"({"consent":"deny"})");
  CHECK(parameter(halo.authorize(), "error") == "access_denied");
  halo.set(R"({"consent":"ask"})");
  const Reply page = halo.authorize();
  CHECK(page.status == 200);
  CHECK(page.body.find("<form method=\"post\" action=\"/auth/authorize?response_type=code&amp;") !=
        std::string::npos);
  const auto decide = [&](std::string_view decision) {
    return halo.client.send("POST", "/auth/authorize?" + Halo::authorize_query(), decision,
                            "application/x-www-form-urlencoded");
  };
  CHECK(parameter(decide("decision=deny"), "error") == "access_denied");
  const Reply allowed = decide("username=me&password=it&decision=allow");
  CHECK(allowed.status == 303);
  CHECK(halo.redeem(parameter(allowed, "code")).status == 200);
}

TEST_CASE("a public client has no secret and needs PKCE", "[sandbox]") {
  Halo halo;
  halo.set(R"({"secret":null})");
  const std::string code = halo.code();
  check_refused(halo.redeem(code), "invalid_client", 401);
  const Reply granted = halo.client.token(Halo::redemption(code));
  REQUIRE(granted.status == 200);
  CHECK(halo.client
            .token("grant_type=refresh_token&client_id=sandbox-client&refresh_token=" +
                   text(granted.json(), "refresh_token"))
            .status == 200);
  check_refused(halo.client.token(kClientGrant), "unauthorized_client");
  const std::string query = Halo::authorize_query();
  const std::string challenge = "&code_challenge_method=S256&code_challenge=" + std::string(kChallenge);
  std::string unprotected = query;
  unprotected.replace(unprotected.find(challenge), challenge.size(), "");
  CHECK(parameter(halo.authorize(unprotected), "error") == "invalid_request");
}

// --- refresh tokens ---

TEST_CASE("each refresh brings a new refresh token; an old one ends the whole family", "[sandbox]") {
  Halo halo;
  const json::value first = halo.redeem(halo.code()).json();
  const json::value second = halo.refresh(text(first, "refresh_token")).json();
  CHECK(text(second, "refresh_token") != text(first, "refresh_token"));
  CHECK(halo.status_with(text(second, "access_token")) == 200);
  const json::value other = halo.redeem(halo.code()).json();
  check_refused(halo.refresh(text(first, "refresh_token")), "invalid_grant");
  check_refused(halo.refresh(text(second, "refresh_token")), "invalid_grant");
  CHECK(halo.status_with(text(second, "access_token")) == 401);
  CHECK(halo.status_with(text(other, "access_token")) == 200);
  CHECK(halo.refresh(text(other, "refresh_token")).status == 200);
}

TEST_CASE("a refresh never widens the scope", "[sandbox]") {
  Halo halo;
  const json::value first =
      halo.redeem(parameter(halo.authorize(Halo::authorize_query("read:tickets+read:assets+offline_access")),
                            "code"))
          .json();
  check_refused(halo.refresh(text(first, "refresh_token"), "&scope=read:tickets+read:customers"),
                "invalid_scope");
  const json::value narrow = halo.refresh(text(first, "refresh_token"), "&scope=read:tickets").json();
  CHECK(text(narrow, "scope") == "read:tickets");
  CHECK(halo.status_with(text(narrow, "access_token"), "/api/Asset") == 403);
  const json::value whole = halo.refresh(text(narrow, "refresh_token")).json();
  CHECK(halo.status_with(text(whole, "access_token"), "/api/Asset") == 200);
}

TEST_CASE("refresh tokens end with the virtual clock", "[sandbox]") {
  Halo halo;
  halo.set(R"({"refresh_life_seconds":100})");
  const json::value first = halo.redeem(halo.code()).json();
  halo.advance(99);
  const json::value second = halo.refresh(text(first, "refresh_token")).json();
  halo.advance(101);
  check_refused(halo.refresh(text(second, "refresh_token")), "invalid_grant");
}

TEST_CASE("access can be revoked, and consent withdrawn", "[sandbox]") {
  Halo halo;
  const json::value first = halo.redeem(halo.code()).json();
  halo.server.control("POST", "revoke", R"({"what":"access"})");
  CHECK(halo.status_with(text(first, "access_token")) == 401);
  const json::value second = halo.refresh(text(first, "refresh_token")).json();
  CHECK(halo.status_with(text(second, "access_token")) == 200);
  halo.server.control("POST", "revoke", R"({"what":"consent"})");
  CHECK(halo.status_with(text(second, "access_token")) == 401);
  check_refused(halo.refresh(text(second, "refresh_token")), "invalid_grant");
  CHECK_THROWS(halo.server.control("POST", "revoke", R"({"what":"everything"})"));
}

// --- the application's settings ---

TEST_CASE("an application that is not active lets nobody in", "[sandbox]") {
  Halo halo;
  halo.set(R"({"active":false})");
  check_refused(halo.client.token(kClientGrant + kSecret), "invalid_client", 401);
  CHECK(halo.authorize().status == 400);
  halo.client.set_api_key("sandbox-api-key");
  CHECK(halo.client.get("/api/Team").status == 401);
}

TEST_CASE("an application's method decides which grants it may use", "[sandbox]") {
  struct Case {
    const char* method;
    bool client_credentials, code, api_key;
  };
  const Case cases[] = {{"any", true, true, true},
                        {"client_credentials", true, false, false},
                        {"authorization_code", false, true, false},
                        {"api_key", false, false, true}};
  for (const Case& c : cases) {
    INFO(c.method);
    Halo halo;
    halo.set("{\"grant\":\"" + std::string(c.method) + "\"}");
    const Reply token = halo.client.token(kClientGrant + kSecret);
    CHECK((token.status == 200) == c.client_credentials);
    if (!c.client_credentials) check_refused(token, "unauthorized_client");
    const Reply redirect = halo.authorize();
    CHECK(parameter(redirect, "code").empty() != c.code);
    CHECK((parameter(redirect, "error") == "unauthorized_client") != c.code);
    halo.client.set_api_key("sandbox-api-key");
    CHECK(halo.client.get("/api/Team").status == (c.api_key ? 200 : 401));
  }
}

TEST_CASE("only permitted scopes are granted", "[sandbox]") {
  Halo halo;
  const auto status = [&](const std::string& scope) {
    return halo.client
        .token("grant_type=client_credentials&client_id=sandbox-client&scope=" + scope + kSecret)
        .status;
  };
  halo.set(R"({"scopes":["read:tickets","read:customers"]})");
  CHECK(status("read:tickets") == 200);
  CHECK(status("read:tickets+read:customers+offline_access") == 200);
  CHECK(status("read:tickets+edit:tickets") == 400);
  CHECK(status("all") == 400);
  halo.set(R"({"scopes":["all:standard"]})");
  CHECK(status("edit:tickets+read:assets") == 200);
  CHECK(status("admin") == 400);
}

TEST_CASE("an API key works with the application's scopes", "[sandbox]") {
  Halo halo;
  halo.set(R"({"scopes":["read:tickets"],"api_key":"key-1"})");
  halo.client.set_api_key("key-1");
  CHECK(halo.client.get("/api/Tickets").status == 200);
  CHECK(halo.client.get("/api/Client").status == 403);
  halo.client.set_api_key("key-2");
  CHECK(halo.client.get("/api/Tickets").status == 401);
}

TEST_CASE("old and new secret are both good while they are exchanged", "[sandbox]") {
  Halo halo;
  const auto status = [&](const char* secret) {
    return halo.client.token(std::string(kClientGrant) + "&client_secret=" + secret).status;
  };
  halo.set(R"({"secret":["new","sandbox-secret"]})");
  CHECK(status("new") == 200);
  CHECK(status("sandbox-secret") == 200);
  halo.set(R"({"secret":"new"})");
  CHECK(status("new") == 200);
  CHECK(status("sandbox-secret") == 401);
  check_refused(halo.client.token(kClientGrant), "invalid_client", 401);
}

TEST_CASE("a tenant that has to be named may come in the query or the form", "[sandbox]") {
  Halo halo;
  halo.set(R"({"tenant":"acme"})");
  const auto status = [&](const std::string& path, const std::string& form) {
    return halo.client.send("POST", path, kClientGrant + kSecret + form, "application/x-www-form-urlencoded")
        .status;
  };
  CHECK(status("/auth/token", "") == 500);
  CHECK(status("/auth/token?tenant=other", "") == 500);
  CHECK(status("/auth/token?tenant=acme", "") == 200);
  CHECK(status("/auth/token", "&tenant=acme") == 200);
  CHECK(halo.authorize().status == 500);
  CHECK(halo.authorize(Halo::authorize_query() + "&tenant=acme").status == 302);
  CHECK(text(halo.client.get("/api/AuthInfo").json(), "tenant_id") == "acme");
}

TEST_CASE("the agent limits what the application may do", "[sandbox]") {
  Halo halo;
  halo.client.sign_in();
  const auto me = [&] { return halo.client.get("/api/Agent/me").json(); };
  CHECK(me().at("is_admin").as_bool());
  CHECK(me().at("roles").at(0).at("role_name").as_string() == "Administrator");
  CHECK(halo.client.get("/api/Team").status == 200);
  halo.set(R"({"agent":{"admin":false,"sees_clients":false}})");
  CHECK_FALSE(me().at("is_admin").as_bool());
  for (const char* path : {"/api/Client", "/api/Site", "/api/Users"}) {
    INFO(path);
    const Reply list = halo.client.get(path);
    CHECK(list.status == 200);
    CHECK(list.json().at("record_count").as_int64() == 0);
    CHECK(halo.client.get(std::string(path) + "/2").status == 404);
  }
  CHECK(halo.client.post("/api/Client", R"([{"name":"x"}])").status == 403);
  CHECK(halo.client.get("/api/Tickets").json().at("record_count").as_int64() > 0);
  CHECK(halo.client.post("/api/Team", R"([{"name":"x"}])").status == 403);
  halo.set(R"({"agent":{"disabled":true}})");
  CHECK(me().at("isdisabled").as_bool());
  CHECK(halo.client.get("/api/Team").status == 403);
  CHECK(parameter(halo.authorize(), "error") == "access_denied");
}

TEST_CASE("settings of the application that do not exist change nothing", "[sandbox]") {
  Halo halo;
  const std::string before = halo.server.control("GET", "application");
  for (const char* body : {R"({"active":false,"nonsense":1})", R"({"active":0})", R"({"grant":"magic"})",
                           R"({"scopes":["read:users"]})", R"({"agent":{"tall":true}})", "[]"}) {
    INFO(body);
    CHECK_THROWS_AS(halo.server.control("POST", "application", body), std::runtime_error);
  }
  CHECK(halo.server.control("GET", "application") == before);
}
