#include "settings.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <psabridge/plugin.hpp>

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
