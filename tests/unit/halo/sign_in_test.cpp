// What the host is told of the sign-in (docs/reference/sign-in.md).
#include "sign_in.h"

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "tests/unit/halo/scripted_tenant.h"

using namespace halo_test;
namespace json = boost::json;

namespace {

Reply auth_info(const Request&) { return {200, R"({"auth_url":"https://acme.example/auth"})"}; }

/// Settings of a connection with these members of `auth`, and these beside it.
std::string settings(const std::string& auth, const std::string& beside = "") {
  return R"({"url":"https://acme.example",)" + beside + R"("auth":{)" + auth + "}}";
}

json::object signs_in(const std::string& settings_json) {
  Tenant tenant(auth_info, settings_json);
  return json::parse(tenant.sign_in()).as_object();
}

constexpr const char* kBrowser = R"("grant":"authorization_code","client_id":"app")";
constexpr const char* kService = R"("client_id":"app","client_secret":"secret://acme")";

}  // namespace

TEST_CASE("An application signs in by itself with its secret's reference") {
  const json::object how = signs_in(
      settings(std::string(kService) + R"(,"scopes":["read:clients","all"])", R"("tenant":"ac me",)"));
  CHECK(how.at("grant") == "client_credentials");
  CHECK(how.at("token_url") == "https://acme.example/auth/token?tenant=ac%20me");
  CHECK(how.at("client_id") == "app");
  CHECK(how.at("client_secret") == "secret://acme");
  CHECK(how.at("scopes") == json::array{"read:customers", "all"});
  CHECK_FALSE(how.contains("authorize_url"));
  CHECK_FALSE(how.contains("redirect_uri"));
}

TEST_CASE("A person signs in with a browser: public client, lasting consent, tenant in the address") {
  const json::object how = signs_in(settings(kBrowser, R"("tenant":"acme",)"));
  CHECK(how.at("grant") == "authorization_code");
  CHECK(how.at("authorize_url") == "https://acme.example/auth/authorize");
  CHECK(how.at("redirect_uri") == "http://127.0.0.1:8741/callback");
  CHECK(how.at("parameters") == json::object{{"tenant", "acme"}});
  CHECK(how.at("scopes").as_array().back() == "offline_access");
  CHECK_FALSE(how.contains("client_secret"));
}

TEST_CASE("A lasting consent that is asked for already is asked for once") {
  const json::object how = signs_in(
      settings(std::string(kBrowser) + R"(,"scopes":["offline_access","all"],"client_secret":"env://S")"));
  CHECK(how.at("scopes") == json::array{"offline_access", "all"});
  CHECK(how.at("client_secret") == "env://S");
  CHECK(how.at("parameters").as_object().empty());
}

TEST_CASE("The Authorisation Server is taken as people paste it") {
  const std::string auth_url = GENERATE("https://a.example/auth", "https://a.example/auth/",
                                        "https://a.example/auth/token", "https://a.example/auth/token/");
  INFO(auth_url);
  const json::object how = signs_in(settings(kBrowser, R"("auth_url":")" + auth_url + R"(",)"));
  CHECK(how.at("token_url") == "https://a.example/auth/token");
  CHECK(how.at("authorize_url") == "https://a.example/auth/authorize");
}

TEST_CASE("Each OAuth error has advice that names what to change") {
  struct Case {
    const char* auth;
    const char* error;
    const char* part;
  };
  const Case c = GENERATE(
      Case{kService, "invalid_client", "client_secret"}, Case{kService, "invalid_client", "\"app\""},
      Case{kBrowser, "invalid_client", "Native Application"}, Case{kService, "invalid_scope", "read:assets"},
      Case{kService, "unauthorized_client", "Client ID and Secret (Services)"},
      Case{kBrowser, "unauthorized_client", "Authorisation Code"},
      Case{kBrowser, "invalid_grant", "psabridge connection auth"},
      Case{kBrowser, "invalid_request", "exactly http://127.0.0.1:8741/callback"},
      Case{kService, "invalid_request", "auth_url"}, Case{kService, "server_error", "\"acme\""},
      Case{kBrowser, "access_denied", "agree"}, Case{kService, "*", "API Details"});
  INFO(c.error);
  const json::object how = signs_in(settings(c.auth, R"("tenant":"acme",)"));
  const std::string advice(how.at("advice").at(c.error).as_string());
  INFO(advice);
  CHECK(advice.find(c.part) != std::string::npos);
}

TEST_CASE("A sign-in that cannot be described says why") {
  Tenant tenant([](const Request&) { return Reply{200, "<html>Log in</html>"}; }, settings(kService));
  CHECK(tenant.sign_in().empty());
  CHECK(tenant.refusal().error_code == "PB1207");
}
