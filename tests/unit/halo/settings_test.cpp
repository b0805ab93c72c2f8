#include "settings.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <psabridge/plugin.hpp>

#include "core/config/config.h"
#include "core/config/schema.h"
#include "halo_embedded.h"

using namespace psabridge::halo;

namespace {

using Names = std::vector<std::string>;

Settings with(const std::string& members, const std::string& auth = "") {
  return read_settings(R"({"url":"https://acme.example/",)" + members +
                       R"("auth":{"client_id":"a","client_secret":"env://S")" + auth + "}}");
}

}  // namespace

TEST_CASE("Scopes: real ones pass, guides' names are translated, each comes once") {
  struct Case {
    Names asked, real;
  };
  const Case c = GENERATE(
      Case{{"all"}, {"all"}}, Case{{"read:tickets", "edit:tickets"}, {"read:tickets", "edit:tickets"}},
      Case{{"read:tickets", "write:tickets", "read:clients", "read:users", "read:assets", "write:webhooks"},
           {"read:tickets", "edit:tickets", "read:customers", "read:assets", "admin"}},
      Case{{"offline_access", "editMine:timesheets"}, {"offline_access", "editMine:timesheets"}});
  CHECK(real_scopes(c.asked) == c.real);
}

TEST_CASE("A scope that Halo does not have is named before Halo refuses the whole sign-in") {
  const std::string scope = GENERATE("write:clouds", "tickets", "read:", "delete:tickets", "READ:TICKETS");
  try {
    real_scopes({"read:tickets", scope});
    FAIL("accepted " << scope);
  } catch (const psabridge::sdk::Failure& failure) {
    CHECK(failure.outcome() == psabridge::sdk::Outcome::invalid);
    CHECK(std::string(failure.what()).find("\"" + scope + "\"") != std::string::npos);
    CHECK(std::string(failure.what()).find("\"read:tickets\"") == std::string::npos);
  }
}

TEST_CASE("Addresses and defaults") {
  const Settings plain = with("");
  CHECK(plain.url == "https://acme.example");
  CHECK(plain.api_url == "https://acme.example/api");
  CHECK(plain.auth_url.empty());
  CHECK(plain.overlap == 120'000);
  CHECK(plain.scopes == Names{"read:tickets", "edit:tickets", "read:customers", "read:assets"});
  const Settings given =
      with(R"("api_url":"https://api.example/v1/","overlap":"5m",)", R"(,"scopes":["all"])");
  CHECK(given.api_url == "https://api.example/v1");
  CHECK(given.overlap == 300'000);
  CHECK(given.scopes == Names{"all"});
}

TEST_CASE("The keys of a sign-in depend on its grant, and a missing one is named plainly") {
  struct Case {
    const char* auth;
    const char* problem;  // empty: none
  };
  const Case c = GENERATE(
      Case{R"({ client_id: "a", client_secret: secret://a })", ""},
      Case{R"({ grant: client_credentials, client_id: "a", client_secret: secret://a })", ""},
      Case{R"({ grant: authorization_code, client_id: "a" })", ""},
      Case{
          R"({ grant: authorization_code, client_id: "a", client_secret: secret://a, redirect_uri: "http://127.0.0.1:9/cb" })",
          ""},
      Case{R"({ grant: api_key, api_key: secret://k })", ""},
      Case{R"({ client_id: "a" })",
           "connections.acme.auth: the key \"client_secret\" is missing (Reference to"},
      Case{R"({ client_secret: secret://a })",
           "connections.acme.auth: the key \"client_id\" is missing (Client"},
      Case{R"({ grant: authorization_code })",
           "connections.acme.auth: the key \"client_id\" is missing (Client"},
      Case{R"({ grant: api_key, client_id: "a" })",
           "connections.acme.auth: the key \"api_key\" is missing (For"},
      Case{R"({ grant: password, client_id: "a", client_secret: secret://a })",
           "connections.acme.auth.grant: expected one of client_credentials, authorization_code, api_key, "});
  INFO(c.auth);
  namespace config = psabridge::config;
  const config::Config loaded = config::load_text(
      "version: 1\nconnections:\n  acme:\n    connector: halo\n    url: https://acme.example\n    auth: " +
          std::string(c.auth) + "\n",
      "acme.yaml", {});
  const std::vector<config::Problem> problems =
      config::check_settings(loaded.connections.at(0).settings, kSettingsSchema, "connections.acme");
  REQUIRE(problems.size() == (*c.problem ? 1u : 0u));
  if (!problems.empty()) CHECK(problems[0].message.starts_with(c.problem));
}

TEST_CASE("Grants and what belongs to them") {
  struct Case {
    const char* auth;
    Grant grant;
  };
  const Case c =
      GENERATE(Case{R"({"client_id":"a","client_secret":"env://S"})", Grant::client_credentials},
               Case{R"({"grant":"client_credentials","client_id":"a","client_secret":"env://S"})",
                    Grant::client_credentials},
               Case{R"({"grant":"authorization_code","client_id":"a"})", Grant::authorization_code},
               Case{R"({"grant":"api_key","api_key":"env://K"})", Grant::api_key});
  INFO(c.auth);
  const Settings settings =
      read_settings(R"({"url":"https://a.example","auth":)" + std::string(c.auth) + "}");
  CHECK(settings.grant == c.grant);
  CHECK(settings.redirect_uri == "http://127.0.0.1:8741/callback");
  CHECK(settings.api_key == (c.grant == Grant::api_key ? "env://K" : ""));
}
