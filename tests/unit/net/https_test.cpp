#include <openssl/ssl.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "core/base/error.h"
#include "core/net/http_client.h"
#include "tests/faultproxy/certificates.h"
#include "tests/faultproxy/fault_proxy.h"
#include "tests/unit/net/fake_clock.h"
#include "tests/unit/net/scripted_server.h"

namespace psabridge::net {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Poco::Net::Context;
using test::answer;
using test::Authority;
using test::CertificateWish;
using test::ReceivedRequest;
using test::Reply;
using test::ScriptedServer;

Context::Ptr server_context(Authority& authority, const CertificateWish& wish) {
  const auto files = authority.issue(wish);
  return new Context(Context::TLS_SERVER_USE, files.key, files.certificate, "", Context::VERIFY_NONE);
}

Reply hello(const ReceivedRequest&) { return answer(200, "hello"); }

/// Asks with the policy, on this machine too; the body, or "CODE message" of the error.
std::string outcome(HttpPolicy policy, const std::string& url) {
  policy.allow_private = true;
  FakeClock clock;
  RateLimiter limiter(0, 1min, clock);
  try {
    HttpClient client(policy, limiter, clock, 1);
    return client.send({.url = url}, [] { return false; }).body;
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("A server whose authority is given is asked over TLS, by name and by address") {
  Authority authority("Test CA");
  const ScriptedServer server(hello, server_context(authority, {}));
  const auto by_name = "https://localhost:" + server.address().substr(10);
  const HttpPolicy policy{.allowed_urls = {server.url(), by_name}, .ca_file = authority.file()};
  CHECK(outcome(policy, server.url()) == "hello");
  CHECK(outcome(policy, by_name) == "hello");
}

TEST_CASE("A server that cannot prove its name is sent nothing, and the message says what helps") {
  Authority authority("Test CA");
  Authority stranger("Stranger");
  struct Case {
    const char* name;
    CertificateWish wish;
    std::string ca_file;
    std::vector<std::string> message;
  };
  const Case cases[] = {
      {"expired", {.valid_from = -7200, .valid_until = -3600}, authority.file(), {"expired", "renew"}},
      {"not yet valid",
       {.valid_from = 3600, .valid_until = 7200},
       authority.file(),
       {"not valid yet", "date of this machine"}},
      {"wrong name",
       {.name = "other.example", .alternative_names = "DNS:other.example"},
       authority.file(),
       {"other.example", "127.0.0.1"}},
      {"unknown authority", {}, stranger.file(), {"authority", "tls.ca_file"}},
      {"no extra authority", {}, "", {"authority", "tls.ca_file"}},
  };
  for (const auto& [name, wish, ca_file, message] : cases) {
    INFO(name);
    const ScriptedServer server(hello, server_context(authority, wish));
    const auto error =
        outcome({.allowed_urls = {server.url()}, .ca_file = ca_file}, server.url() + "/?token=hunter2");
    CHECK_THAT(error, ContainsSubstring("PB1213") && ContainsSubstring(server.url()) &&
                          !ContainsSubstring("hunter2"));
    for (const auto& part : message) CHECK_THAT(error, ContainsSubstring(part));
    CHECK(server.received().empty());
  }
}

TEST_CASE("TLS older than 1.2 is refused with its reason") {
  Authority authority("Test CA");
  const auto context = server_context(authority, {});
  SSL_CTX_set_min_proto_version(context->sslContext(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context->sslContext(), TLS1_1_VERSION);
  SSL_CTX_set_cipher_list(context->sslContext(), "ALL:@SECLEVEL=0");
  const ScriptedServer server(hello, context);
  const auto error = outcome({.allowed_urls = {server.url()}, .ca_file = authority.file()}, server.url());
  CHECK_THAT(error, ContainsSubstring("PB1213") && ContainsSubstring("TLS 1.2"));
}

TEST_CASE("A connection that ends during the TLS handshake is trouble that may pass") {
  Authority authority("Test CA");
  const ScriptedServer server(hello, server_context(authority, {}));
  test::FaultProxy proxy({"127.0.0.1", server.port()});
  const auto url = "https://" + proxy.address();
  const HttpPolicy policy{.allowed_urls = {url}, .ca_file = authority.file()};
  for (const auto& toxics : {test::Toxics{.cut_after = 200}, test::Toxics{.reset_after = 200}}) {
    proxy.afflict(test::Direction::down, toxics);
    CHECK_THAT(outcome(policy, url),
               ContainsSubstring("PB1201") && ContainsSubstring("during the TLS handshake"));
    proxy.afflict(test::Direction::down, toxics, 2);
    CHECK(outcome(policy, url) == "hello");
  }
}

TEST_CASE("https to a port that does not speak TLS says so") {
  ScriptedServer server(hello);
  server.greeting = "220 mail.example ESMTP\r\n";
  const auto url = "https://" + server.address();
  const auto error = outcome({.allowed_urls = {url}}, url);
  CHECK_THAT(error, ContainsSubstring("PB1213") && ContainsSubstring("does not speak TLS"));
}

TEST_CASE("A body cut short over TLS is never taken for a whole one") {
  Authority authority("Test CA");
  const ScriptedServer server(
      [](const ReceivedRequest&) {
        return Reply{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", Reply::Then::close};
      },
      server_context(authority, {}));
  const auto error = outcome({.allowed_urls = {server.url()}, .ca_file = authority.file()}, server.url());
  CHECK_THAT(error, ContainsSubstring("PB1202") && ContainsSubstring("4 of 100"));
}

TEST_CASE("A large body arrives unchanged over TLS") {
  Authority authority("Test CA");
  std::string body(5 * 1024 * 1024 + 3, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 131 >> 3);
  const ScriptedServer server([&](const ReceivedRequest&) { return answer(200, body); },
                              server_context(authority, {}));
  CHECK(outcome({.allowed_urls = {server.url()}, .ca_file = authority.file()}, server.url()) == body);
}

TEST_CASE("TLS goes through the proxy's tunnel, and only the proxy sees the proxy's password") {
  Authority authority("Test CA");
  ScriptedServer proxy([](const ReceivedRequest& request) {
    if (request.head.starts_with("CONNECT"))
      return Reply{"HTTP/1.1 200 Connected\r\n\r\n", Reply::Then::start_tls};
    return answer(200, "through the tunnel");
  });
  proxy.tunnel_tls =
      server_context(authority, {.name = "halo.example", .alternative_names = "DNS:halo.example"});
  const HttpPolicy policy{.allowed_urls = {"https://halo.example"},
                          .ca_file = authority.file(),
                          .proxy = "http://u:pw@" + proxy.address()};
  CHECK(outcome(policy, "https://halo.example/api") == "through the tunnel");
  const auto received = proxy.received();
  CHECK_THAT(received.at(0).head, ContainsSubstring("CONNECT halo.example:443 HTTP/1.1\r\n") &&
                                      ContainsSubstring("Proxy-Authorization: Basic dTpwdw==\r\n"));
  CHECK_THAT(received.at(1).head,
             ContainsSubstring("GET /api HTTP/1.1\r\n") && !ContainsSubstring("Proxy-Authorization"));
}

TEST_CASE("A file of authorities that cannot be read is a mistake of the configuration") {
  const auto error = outcome({.allowed_urls = {"https://halo.example"}, .ca_file = "/no/such/ca.pem"},
                             "https://halo.example");
  CHECK_THAT(error, ContainsSubstring("PB1210") && ContainsSubstring("/no/such/ca.pem"));
}

}  // namespace psabridge::net
