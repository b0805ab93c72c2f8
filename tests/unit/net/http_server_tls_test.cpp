#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "core/net/http_server.h"
#include "tests/faultproxy/certificates.h"
#include "tests/unit/net/raw_client.h"

namespace psabridge::net {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using test::content_of;
using test::RawClient;
using test::status_of;

const std::string kRequest = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// Answers with the body over TLS.
class TlsRig {
 public:
  explicit TlsRig(ServerOptions options = {})
      : files_(authority_.issue({.name = "first.example", .alternative_names = "DNS:first.example"})),
        server_(
            with(std::move(options), files_), [](const RequestHead&) { return std::nullopt; },
            [](const RequestHead&, std::string body, const Reply& reply) {
              reply({.body = std::move(body)});
            }) {}

  HttpServer& operator*() { return server_; }
  HttpServer* operator->() { return &server_; }
  /// Puts another certificate where the server has its own.
  void replace(const std::string& name) {
    const auto fresh = authority_.issue({.name = name, .alternative_names = "DNS:" + name});
    const auto all = std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy_file(fresh.certificate, files_.certificate, all);
    std::filesystem::copy_file(fresh.key, files_.key, all);
  }
  void damage_key() { std::ofstream(files_.key) << "no key"; }
  std::uint64_t refused(Refusal reason) const {
    const auto figures = server_.figures();
    const auto found = figures.refused.find(reason);
    return found == figures.refused.end() ? 0 : found->second;
  }

 private:
  static ServerOptions with(ServerOptions options, const test::CertificateFiles& files) {
    options.certificate = files.certificate;
    options.key = files.key;
    return options;
  }

  test::Authority authority_{"Test CA"};
  test::CertificateFiles files_;
  HttpServer server_;
};

}  // namespace

TEST_CASE("Requests come over TLS as over plain text, in both versions") {
  TlsRig server;
  std::string body(1u << 20, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 131 >> 3);
  for (const auto& [newest, name] :
       {std::pair(TLS1_3_VERSION, "TLSv1.3"), std::pair(TLS1_2_VERSION, "TLSv1.2")}) {
    INFO(name);
    RawClient client(server->port());
    REQUIRE(client.start_tls(newest));
    CHECK(client.tls_version() == name);
    client.say("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
               body);
    CHECK(content_of(client.hear_answer()) == body);
    client.say_bytewise(kRequest);
    CHECK(status_of(client.hear_answer()) == 200);
    client.say("GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n");
    CHECK(status_of(client.hear()) == 400);
  }
}

TEST_CASE(
    "Older versions of TLS and callers that speak none are refused and counted; a look at the port is not") {
  TlsRig server;
  { const RawClient looks_only(server->port()); }
  RawClient old(server->port());
  CHECK_FALSE(old.start_tls(TLS1_1_VERSION));
  CHECK(server.refused(Refusal::tls) == 1);
  RawClient plain(server->port());
  plain.say(kRequest);
  CHECK(plain.hear().find("HTTP") == std::string::npos);
  CHECK(server.refused(Refusal::tls) == 2);
}

TEST_CASE("Handshake and first head have one time together") {
  TlsRig server({.head_time = 200ms});
  RawClient no_handshake(server->port());
  no_handshake.say("\x16\x03\x01");
  CHECK(no_handshake.hear().empty());
  CHECK(server.refused(Refusal::too_slow) == 1);
  RawClient half(server->port());
  if (half.start_tls()) {  // a very slow machine may not get this far
    half.say("GET /");
    const auto answer = half.hear();
    CHECK((answer.empty() || status_of(answer) == 408));
  }
}

TEST_CASE("A new certificate is shown to new connections, and the old ones go on") {
  TlsRig server;
  RawClient before(server->port());
  REQUIRE(before.start_tls());
  CHECK(before.certified_name() == "first.example");
  server.replace("second.example");
  server->reload_certificate();
  RawClient after(server->port());
  REQUIRE(after.start_tls());
  CHECK(after.certified_name() == "second.example");
  for (auto* client : {&before, &after}) {
    client->say(kRequest);
    CHECK(status_of(client->hear_answer()) == 200);
  }
}

TEST_CASE("A certificate that cannot be used is refused with its file, and the old one stays") {
  TlsRig server;
  server.damage_key();
  try {
    server->reload_certificate();
    FAIL("it was taken");
  } catch (const Error& error) {
    CHECK(error.code() == "PB2202");
    CHECK_THAT(error.message(), ContainsSubstring("The key ") && ContainsSubstring("not PEM"));
  }
  RawClient client(server->port());
  REQUIRE(client.start_tls());
  CHECK(client.certified_name() == "first.example");
}

TEST_CASE("Certificate and key must be there and belong together") {
  test::Authority authority("Test CA");
  const auto one = authority.issue({}), other = authority.issue({});
  struct Case {
    std::filesystem::path certificate, key;
    const char* sentence;
  };
  for (const auto& [certificate, key, sentence] :
       {Case{"/no/such.pem", one.key,
             "The certificate /no/such.pem cannot be used: No such file or directory."},
        Case{one.certificate, "/no/such.key",
             "The key /no/such.key cannot be used: No such file or directory."},
        Case{one.certificate, other.key, "key values mismatch"},
        Case{one.key, one.key, "The certificate "}}) {
    try {
      const HttpServer server({.certificate = certificate, .key = key}, {}, {});
      FAIL("it was taken");
    } catch (const Error& error) {
      CHECK(error.code() == "PB2202");
      CHECK_THAT(error.message(), ContainsSubstring(sentence));
    }
  }
}

TEST_CASE("A caller that does not end a TLS connection itself still gets its last answer and the end") {
  TlsRig server;
  RawClient client(server->port());
  REQUIRE(client.start_tls());
  client.say("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  CHECK(status_of(client.hear()) == 200);
}

}  // namespace psabridge::net
