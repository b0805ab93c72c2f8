// Tokens against the sandbox's authorisation server, which rotates refresh tokens and counts what it is
// asked.
#include "core/connection/token_keeper.h"

#include <atomic>
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "core/connection/browser_sign_in.h"
#include "tests/sandbox/sandbox.h"
#include "tests/unit/net/fake_clock.h"
#include "tests/unit/store/store_fixture.h"

using namespace psabridge;
using connection::Grant;
using connection::SignIn;
using connection::TokenEndpoint;
using connection::TokenKeeper;
using connection::Tokens;

namespace {

namespace json = boost::json;

constexpr const char* kRedirect = "http://127.0.0.1:8741/callback";
const net::Stop kNever = [] { return false; };

/// The authorisation server with one API application.
class Server {
 public:
  Server() { application({{"redirect_uris", json::array{kRedirect}}}); }

  const sandbox::Sandbox& sandbox() const { return sandbox_; }
  void application(const json::object& settings) {
    sandbox_.control("POST", "application", json::serialize(settings));
  }
  void switch_fault(const char* name) {
    sandbox_.control("POST", "faults", json::serialize(json::object{{name, true}}));
  }
  void revoke(const char* what) {
    sandbox_.control("POST", "revoke", json::serialize(json::object{{"what", what}}));
  }
  std::int64_t token_requests() {
    const json::object ledger = json::parse(sandbox_.control("GET", "ledger")).as_object();
    const json::value* counter = ledger.at("by_resource").as_object().if_contains("token");
    return counter ? counter->at("requests").as_int64() : 0;
  }
  SignIn sign_in(Grant grant) const {
    SignIn sign_in;
    sign_in.grant = grant;
    sign_in.token_url = sandbox_.url() + "/auth/token";
    sign_in.client_id = sandbox_.client().id;
    sign_in.client_secret = sandbox_.client().secret;
    sign_in.scopes = {"read:tickets"};
    sign_in.advice = {{"invalid_client", "Look at the secret."}};
    if (grant == Grant::authorization_code) {
      sign_in.authorize_url = sandbox_.url() + "/auth/authorize";
      sign_in.redirect_uri = kRedirect;
      sign_in.scopes.push_back("offline_access");
    }
    return sign_in;
  }

 private:
  sandbox::Sandbox sandbox_{{}};
};

/// What one process has; several share the folder.
struct Process {
  Process(const Server& server, const store::TestFolder& folder)
      : control(folder.url(), clock),
        vault(control, {}, folder.file().string() + ".key", clock),
        secrets(folder.path(), vault),
        limiter(0, Milliseconds{1000}, clock),
        client({.allowed_urls = {server.sandbox().url()},
                .ca_file = server.sandbox().ca_file().string(),
                .allow_private = true,
                .tries = 1},
               limiter, clock, 1),
        endpoint(client, secrets, redactor, clock),
        keeper("acme", folder.path() / "renewal.lock", endpoint, vault, redactor, clock) {}

  std::string token(const SignIn& sign_in, std::string_view refused = {}) {
    return keeper.token(sign_in, refused, kNever);
  }
  /// What the error of a token says, or the token.
  std::string failure(const SignIn& sign_in, std::string_view refused = {}) {
    try {
      return "token " + token(sign_in, refused);
    } catch (const Error& error) {
      return error.what();
    }
  }
  /// A person agrees in a browser that comes back at once.
  void consent(const SignIn& sign_in) {
    connection::BrowserSignIn attempt(sign_in, clock);
    const net::HttpResponse answer = client.send({.url = attempt.url()}, kNever);
    const std::string target(answer.header("Location"));
    REQUIRE(target.starts_with(kRedirect));
    const std::string code = attempt.code(net::decode_query(target.substr(target.find('?') + 1)));
    keeper.accept(sign_in, endpoint.exchange(sign_in, code, attempt.verifier(), kNever), kNever);
  }

  FakeClock clock;
  Redactor redactor;
  store::Control control;
  vault::Vault vault;
  vault::Secrets secrets;
  net::RateLimiter limiter;
  net::HttpClient client;
  TokenEndpoint endpoint;
  TokenKeeper keeper;
};

}  // namespace

TEST_CASE("A token is asked for once and serves until it ends, in this process and the next") {
  Server server;
  const store::TestFolder folder;
  const SignIn sign_in = server.sign_in(Grant::client_credentials);
  Process first(server, folder);
  const std::string token = first.token(sign_in);
  CHECK(first.token(sign_in) == token);
  Process second(server, folder);
  CHECK(second.token(sign_in) == token);
  CHECK(server.token_requests() == 1);
  first.clock.advance(std::chrono::minutes{59} + std::chrono::seconds{1});
  CHECK(first.token(sign_in) != token);
  CHECK(server.token_requests() == 2);
}

TEST_CASE("A token that the server refused is replaced, by whoever finds it first") {
  Server server;
  const store::TestFolder folder;
  const SignIn sign_in = server.sign_in(Grant::client_credentials);
  Process first(server, folder), second(server, folder);
  const std::string refused = first.token(sign_in);
  CHECK(second.token(sign_in) == refused);
  const std::string fresh = first.token(sign_in, refused);
  CHECK(fresh != refused);
  CHECK(second.token(sign_in, refused) == fresh);
  CHECK(server.token_requests() == 2);
}

TEST_CASE("However many threads and processes find a token stale, one of them renews it") {
  Server server;
  const store::TestFolder folder;
  const SignIn sign_in = server.sign_in(Grant::authorization_code);
  Process(server, folder).consent(sign_in);
  const std::int64_t before = server.token_requests();
  std::vector<std::unique_ptr<Process>> processes;
  for (int i = 0; i < 4; ++i) processes.push_back(std::make_unique<Process>(server, folder));
  const std::string stale = processes.front()->token(sign_in);
  std::vector<std::string> tokens(16);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < tokens.size(); ++i)
    threads.emplace_back([&, i] { tokens[i] = processes[i % processes.size()]->failure(sign_in, stale); });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& token : tokens) CHECK(token == tokens.front());
  CHECK(tokens.front() != "token " + stale);
  CHECK(server.token_requests() == before + 1);
}

TEST_CASE("A consent lasts through many renewals, each with another refresh token") {
  Server server;
  const store::TestFolder folder;
  const SignIn sign_in = server.sign_in(Grant::authorization_code);
  Process process(server, folder);
  process.consent(sign_in);
  std::string last = process.token(sign_in);
  for (int day = 0; day < 5; ++day) {
    process.clock.advance(std::chrono::hours{2});
    const std::string next = process.token(sign_in);
    CHECK(next != last);
    last = next;
  }
  const auto kept = process.keeper.kept(sign_in);
  REQUIRE(kept);
  CHECK(kept->refreshable);
  CHECK(kept->consented_at == "2026-03-01T00:00:00.000Z");
}

TEST_CASE("A server that gives no new refresh token lets the old one live") {
  Server server;
  const store::TestFolder folder;
  const SignIn sign_in = server.sign_in(Grant::authorization_code);
  Process process(server, folder);
  process.consent(sign_in);
  server.switch_fault("refresh_keeps_token");
  for (int i = 0; i < 3; ++i) {
    process.clock.advance(std::chrono::hours{2});
    CHECK(process.failure(sign_in).starts_with("token "));
  }
}

TEST_CASE("A consent that was withdrawn is told as such, with the time at which it was given") {
  Server server;
  const store::TestFolder folder;
  const SignIn sign_in = server.sign_in(Grant::authorization_code);
  Process process(server, folder);
  process.consent(sign_in);
  server.revoke("consent");
  const std::string failure = process.failure(sign_in, process.token(sign_in));
  CHECK(failure.starts_with("PB1903"));
  CHECK(failure.find("2026-03-01T00:00:00.000Z") != std::string::npos);
}

TEST_CASE("Without a consent for these very settings nobody is signed in") {
  Server server;
  const store::TestFolder folder;
  SignIn sign_in = server.sign_in(Grant::authorization_code);
  Process process(server, folder);
  CHECK(process.failure(sign_in).starts_with("PB1902"));
  process.consent(sign_in);
  CHECK(process.failure(sign_in).starts_with("token "));
  sign_in.scopes.push_back("read:assets");
  CHECK(process.failure(sign_in).starts_with("PB1902"));
}

TEST_CASE("A refused client is told with the server's words and the connector's advice") {
  Server server;
  const store::TestFolder folder;
  SignIn sign_in = server.sign_in(Grant::client_credentials);
  sign_in.client_secret = "another-secret";
  Process process(server, folder);
  const std::string failure = process.failure(sign_in);
  CHECK(failure.starts_with("PB1203"));
  CHECK(failure.find("The specified client credentials are invalid.") != std::string::npos);
  CHECK(failure.find("Look at the secret.") != std::string::npos);
  CHECK(failure.find("another-secret") == std::string::npos);
}

TEST_CASE("Answers of a token endpoint that are no OAuth are told for what they are") {
  struct Case {
    const char *fault, *code;
  };
  for (const Case& one : std::vector<Case>{{"token_html", "PB1207"},
                                           {"token_gateway_error", "PB1206"},
                                           {"token_bad_tenant", "PB1206"},
                                           {"token_bad_client_400", "token "}}) {
    INFO(one.fault);
    Server server;
    const store::TestFolder folder;
    server.switch_fault(one.fault);
    Process process(server, folder);
    CHECK(process.failure(server.sign_in(Grant::client_credentials)).starts_with(one.code));
  }
}

TEST_CASE("A new secret is tried by a renewal that spends no consent when it is wrong") {
  Server server;
  const store::TestFolder folder;
  const SignIn sign_in = server.sign_in(Grant::authorization_code);
  Process process(server, folder);
  process.consent(sign_in);
  SignIn wrong = sign_in;
  wrong.client_secret = "wrong-secret";
  CHECK_THROWS_AS(process.keeper.renew(wrong, kNever), connection::Refused);
  process.keeper.renew(sign_in, kNever);
  CHECK(process.failure(sign_in).starts_with("token "));
}

TEST_CASE("Tokens and refresh tokens stand nowhere in the files but sealed") {
  Server server;
  const store::TestFolder folder;
  const SignIn sign_in = server.sign_in(Grant::authorization_code);
  Process process(server, folder);
  process.consent(sign_in);
  const std::string token = process.token(sign_in);
  CHECK(process.redactor.apply("got " + token) == "got [secret]");
  CHECK(process.control.secret("oauth.acme")->sealed.find(token) == std::string::npos);
}
