// How requests are signed in: with tokens that the host lends, or with an API key.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <latch>
#include <psabridge/plugin.hpp>
#include <thread>

#include "tests/unit/halo/scripted_tenant.h"

using namespace halo_test;
namespace sdk = psabridge::sdk;

namespace {

constexpr const char* kEmptyList = R"({"record_count":0,"tickets":[]})";
constexpr const char* kBare =
    R"({"url":"https://acme.example","tenant":"ac me","auth":{"client_id":"app","client_secret":"env://S","scopes":["all"]}})";
constexpr const char* kWithKey =
    R"({"url":"https://acme.example","auth":{"grant":"api_key","api_key":"env://K"}})";
const PullOrder kStatuses{.entity = "status"};

Reply empty_list(const Request&) { return {200, kEmptyList}; }

}  // namespace

TEST_CASE("The authorisation server is asked for once, openly, and each request carries a token") {
  Tenant tenant(
      [](const Request& request) {
        if (request.path() == "/api/AuthInfo")
          return Reply{200, R"({"auth_url":"https://acme.example/auth/","tenant_id":"x"})"};
        return Reply{200, "[]"};
      },
      kBare);
  tenant.pull(kStatuses);
  tenant.pull(kStatuses);
  REQUIRE(tenant.refusal().code == PSABRIDGE_OK);
  const auto requests = tenant.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].path() == "/api/AuthInfo");
  CHECK(requests[0].headers.count("Authorization") == 0);
  CHECK(requests[1].headers.at("Authorization") == "Bearer token-1");
  REQUIRE(tenant.token_requests().size() == 2);
  CHECK(tenant.token_requests()[0].sign_in == tenant.sign_in());
  CHECK(tenant.token_requests()[0].refused.empty());
}

TEST_CASE("An answer that is not Halo's says which setting to correct") {
  const Reply reply =
      GENERATE(Reply{200, "<html>Welcome</html>"}, Reply{404, ""}, Reply{200, "{}"}, Reply{302, ""});
  INFO(reply.status << reply.body);
  Tenant tenant([&](const Request&) { return reply; }, kBare);
  tenant.pull(kStatuses);
  CHECK(tenant.refusal().code == PSABRIDGE_INVALID);
  CHECK(tenant.refusal().error_code == "PB1207");
  CHECK(tenant.refusal().message.find("api_url") != std::string::npos);
  CHECK(tenant.token_requests().empty());
}

TEST_CASE("Eight threads ask for the authorisation server once") {
  Tenant tenant(
      [](const Request& request) {
        return request.path() == "/api/AuthInfo" ? Reply{200, R"({"auth_url":"https://acme.example/auth"})"}
                                                 : Reply{200, "[]"};
      },
      kBare);
  std::latch together(8);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      together.arrive_and_wait();
      tenant.pull(kStatuses);
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(tenant.requests_to("AuthInfo") == 1);
  CHECK(tenant.requests_to("Status") == 8);
}

TEST_CASE("A 401 is answered with another token, named as refused; the second is final") {
  std::atomic<int> refusals{GENERATE(1, 2)};
  const bool final = refusals == 2;
  Tenant tenant([&](const Request&) { return refusals-- > 0 ? Reply{401, ""} : Reply{200, kEmptyList}; });
  tenant.pull(kStatuses);
  const auto asked = tenant.token_requests();
  REQUIRE(asked.size() == 2);
  CHECK(asked[1].refused == "token-1");
  REQUIRE(tenant.requests_to("Status") == 2);
  CHECK(tenant.requests()[1].headers.at("Authorization") == "Bearer token-2");
  CHECK(tenant.refusal().code == (final ? PSABRIDGE_UNAUTHORIZED : PSABRIDGE_OK));
  CHECK(tenant.refusal().error_code == (final ? "PB1203" : ""));
}

TEST_CASE("A host that gets no token says so, and nothing is asked") {
  Tenant tenant(empty_list);
  tenant.grant = [](const TokenRequest&) -> std::string {
    throw sdk::Failure(sdk::Outcome::unauthorized, "The consent has ended.", "PB1203");
  };
  tenant.pull(kStatuses);
  CHECK(tenant.refusal().code == PSABRIDGE_UNAUTHORIZED);
  CHECK(tenant.refusal().message == "The consent has ended.");
  CHECK(tenant.requests().empty());
}

TEST_CASE("An API key goes with each request, and no token is asked for") {
  std::atomic<bool> refused{GENERATE(false, true)};
  Tenant tenant([&](const Request&) { return refused ? Reply{401, ""} : Reply{200, kEmptyList}; }, kWithKey);
  tenant.pull(kStatuses);
  REQUIRE(tenant.requests().size() == 1);
  CHECK(tenant.requests()[0].headers.at("X-Halo-Api-Key") == "s3cr3t-value");
  CHECK(tenant.requests()[0].headers.count("Authorization") == 0);
  CHECK(tenant.token_requests().empty());
  CHECK(tenant.sign_in().empty());
  tenant.pull(kStatuses);
  CHECK(tenant.refusal().code == (refused ? PSABRIDGE_UNAUTHORIZED : PSABRIDGE_OK));
  CHECK((tenant.refusal().message.find("the API key") != std::string::npos) == refused);
}

TEST_CASE("Neither key nor token is ever logged, reported or told") {
  const char* const settings = GENERATE(kSettings, kWithKey);
  const int status = GENERATE(200, 400, 401, 403, 500);
  Tenant tenant([&](const Request&) { return Reply{status, R"({"Message":"no"})"}; }, settings);
  tenant.pull(kStatuses);
  std::string all = tenant.refusal().message;
  for (const Finding& finding : tenant.check({"client", "ticket"})) all += finding.fact + finding.fix;
  for (const std::string& line : tenant.log()) all += line;
  CHECK(all.find("s3cr3t-value") == std::string::npos);
  CHECK(all.find("token-") == std::string::npos);
}
