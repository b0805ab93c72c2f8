#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <latch>
#include <thread>

#include "tests/unit/halo/scripted_tenant.h"

using namespace halo_test;

namespace {

constexpr const char* kEmptyList = R"({"record_count":0,"tickets":[]})";
constexpr const char* kBare =
    R"({"url":"https://acme.example","tenant":"ac me","auth":{"client_id":"app","client_secret":"env://S","scopes":["all"]}})";
const PullOrder kStatuses{.entity = "status"};

}  // namespace

TEST_CASE("The servers are found from the url, and the sign-in is a form") {
  Tenant tenant(
      [](const Request& request) {
        if (request.path() == "/api/AuthInfo")
          return Reply{200, R"({"auth_url":"https://acme.example/auth/","tenant_id":"x"})"};
        return Reply{200, "[]"};
      },
      kBare);
  tenant.pull(kStatuses);
  REQUIRE(tenant.refusal().code == PSABRIDGE_OK);
  const auto requests = tenant.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].headers.count("Authorization") == 0);
  CHECK(requests[1].method == "POST");
  CHECK(requests[1].url == "https://acme.example/auth/token?tenant=ac%20me");
  CHECK(requests[1].body ==
        "grant_type=client_credentials&client_id=app&client_secret=s3cr3t-value&scope=all");
  CHECK(requests[2].headers.at("Authorization") == "Bearer token-1");
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
  CHECK(tenant.requests_to("token") == 0);
}

TEST_CASE("The token endpoint is found with or without its last part") {
  const std::string auth_url =
      GENERATE("https://a.example/auth", "https://a.example/auth/", "https://a.example/auth/token");
  Tenant tenant(
      [](const Request&) {
        return Reply{200, "[]"};
      },
      R"({"url":"https://a.example","auth_url":")" + auth_url +
          R"(","auth":{"client_id":"app","client_secret":"env://S"}})");
  tenant.pull(kStatuses);
  CHECK(tenant.requests().at(0).url == "https://a.example/auth/token");
}

TEST_CASE("One token serves until a minute before its end") {
  Tenant tenant([](const Request&) { return Reply{200, "[]"}; });
  tenant.pull(kStatuses);
  tenant.now_ms += 3'539'000;
  tenant.pull(kStatuses);
  CHECK(tenant.requests_to("token") == 1);
  tenant.now_ms += 1'000;
  tenant.pull(kStatuses);
  CHECK(tenant.requests_to("token") == 2);
}

TEST_CASE("A token of short life is still used for half of it") {
  Tenant tenant([](const Request&) { return Reply{200, "[]"}; });
  tenant.grant = [](const Request&) { return granted("t", 20); };
  tenant.pull(kStatuses);
  tenant.now_ms += 9'000;
  tenant.pull(kStatuses);
  CHECK(tenant.requests_to("token") == 1);
  tenant.now_ms += 1'000;
  tenant.pull(kStatuses);
  CHECK(tenant.requests_to("token") == 2);
}

TEST_CASE("Eight threads renew a token once") {
  Tenant tenant([](const Request&) { return Reply{200, "[]"}; });
  std::latch together(8);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      together.arrive_and_wait();
      tenant.pull(kStatuses);
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(tenant.requests_to("token") == 1);
  CHECK(tenant.requests_to("Status") == 8);
}

TEST_CASE("A token refused under eight threads is replaced once") {
  std::atomic<int> issued{0};
  Tenant tenant([](const Request& request) {
    return request.headers.at("Authorization") == "Bearer token-1" ? Reply{401, ""} : Reply{200, "[]"};
  });
  tenant.grant = [&](const Request&) { return granted("token-" + std::to_string(++issued)); };
  std::latch together(8);
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      together.arrive_and_wait();
      tenant.pull(kStatuses);
      if (tenant.refusal().code == PSABRIDGE_OK) ++done;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(done == 8);
  CHECK(issued == 2);
}

TEST_CASE("A 401 is answered with one fresh token; the second is final") {
  std::atomic<int> refusals{GENERATE(1, 2)};
  const bool final = refusals == 2;
  Tenant tenant([&](const Request&) { return refusals-- > 0 ? Reply{401, ""} : Reply{200, kEmptyList}; });
  tenant.pull(kStatuses);
  CHECK(tenant.requests_to("token") == 2);
  CHECK(tenant.requests_to("Status") == 2);
  CHECK(tenant.refusal().code == (final ? PSABRIDGE_UNAUTHORIZED : PSABRIDGE_OK));
  CHECK(tenant.refusal().error_code == (final ? "PB1203" : ""));
}

TEST_CASE("Neither secret nor token is ever logged or reported") {
  Tenant tenant([](const Request&) { return Reply{400, R"({"Message":"no"})"}; });
  tenant.grant = [](const Request&) {
    return Reply{401, R"({"error":"invalid_client","error_description":"s3cr3t-value is wrong"})"};
  };
  tenant.pull(kStatuses);
  CHECK(tenant.refusal().code == PSABRIDGE_UNAUTHORIZED);
  CHECK(tenant.refusal().message.find("s3cr3t-value") == std::string::npos);
}
