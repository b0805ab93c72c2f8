// What the configuration says of webhooks and of the daemon that takes them.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "core/config/config.h"
#include "core/config/endpoint.h"
#include "core/config/secrets.h"
#include "tests/unit/config/samples.h"
#include "tests/unit/config/temporary_folder.h"

using namespace psabridge::config;
using namespace std::chrono_literals;

namespace {

Webhook webhook_of(const std::string& keys, const LoadOptions& options = {}) {
  return load_text(samples::kConnection + "    webhook: { " + keys + " }\n", "acme.yaml", options)
      .connections.at(0)
      .webhook;
}

Serve serve_of(const std::string& keys) {
  return load_text("version: 1\nserve: { " + keys + " }\n", "acme.yaml").serve;
}

}  // namespace

TEST_CASE("what a webhook leaves open hangs on its kind of proof") {
  struct Case {
    std::string keys, header, prefix;
  };
  const std::vector<Case> cases{
      {"auth: basic", "", ""},
      {"auth: url", "", ""},
      {"auth: standard", "", ""},
      {"auth: hmac", "Token", ""},
      {"auth: hmac, header: X-Sign, prefix: sha256=", "X-Sign", "sha256="},
      {"auth: hmac, header: Authorization", "Authorization", ""},
      {"auth: bearer", "Authorization", "Bearer "},
      {"auth: bearer, header: authorization", "authorization", "Bearer "},
      {"auth: bearer, prefix: ''", "Authorization", ""},
      {"auth: bearer, header: X-Halo-Secret", "X-Halo-Secret", ""},
      {"auth: bearer, header: X-Halo-Secret, prefix: 'Key '", "X-Halo-Secret", "Key "},
  };
  for (const Case& one : cases) {
    CAPTURE(one.keys);
    const Webhook webhook = webhook_of(one.keys);
    CHECK(webhook.header == one.header);
    CHECK(webhook.prefix == one.prefix);
    CHECK(webhook.secret == "secret://acme.webhook");
    CHECK(webhook.at.line == 6);
  }
  CHECK(webhook_of("auth: basic").user == "psabridge");
  CHECK(webhook_of("auth: basic, user: halo").user == "halo");
  CHECK(webhook_of("auth: hmac").digest == "base64");
  CHECK(webhook_of("auth: standard, tolerance: 1m").tolerance == 1min);
  CHECK(webhook_of("auth: hmac, secret: env://HOOK").secret == "env://HOOK");
  CHECK(webhook_of("auth: hmac, secret: hunter2", {.allow_plain_secrets = true}).secret == "hunter2");
}

TEST_CASE("the secret of a webhook is one of the connection's secrets") {
  const Config config =
      load_text(samples::kConnection + "    webhook: { auth: hmac }\n    proxy: env://P\n", "acme.yaml");
  CHECK(secret_references(config.connections.at(0)) ==
        std::set<std::string, std::less<>>{"env://P", "secret://acme.webhook"});
  CHECK(secret_references(load_text(samples::kConnection, "a.yaml").connections.at(0)).empty());
}

TEST_CASE("what a pipeline makes of webhooks") {
  const Config config =
      load_text(samples::kConnection + "    webhook: { auth: hmac }\n" +
                    samples::kPipeline.substr(samples::kConnection.size()) +
                    "    webhooks: { events: ticket.updated, numbers: { ticket.sla_warned: 42 }, poll: 2h, "
                    "missed_share: 5% }\n",
                "acme.yaml");
  const WebhookUse& use = config.pipelines.at(0).webhooks;
  CHECK(use.events == std::vector<std::string>{"ticket.updated"});
  CHECK(use.numbers == std::map<std::string, std::string>{{"ticket.sla_warned", "42"}});
  CHECK(use.poll == 2h);
  CHECK(use.missed_share == 0.05);
  CHECK(use.at.line == 12);
}

TEST_CASE("plain HTTP is taken from this machine, or where a proxy is said to stand") {
  for (const std::string keys :
       {"listen: 127.0.0.1:0", "listen: 127.1.2.3:80", "listen: 'localhost:80'", "listen: '[::1]:8730'",
        "listen: '[0:0::1]:8730'", "listen: '[::ffff:127.0.0.1]:8730'", "status: 0.0.0.0:8731",
        "listen: 10.0.0.1:8730, behind_proxy: true", "listen: '[::]:8730', behind_proxy: true",
        "listen: 0.0.0.0:443, certificate: a.pem, key: b.pem"}) {
    CAPTURE(keys);
    CHECK_NOTHROW(serve_of(keys));
  }
  CHECK(serve_of("public_url: http://localhost:8730").public_url == "http://localhost:8730");
}

TEST_CASE("certificate and key hang at the folder of the configuration") {
  const TemporaryFolder folder;
  folder.write("p.yaml", "version: 1\nserve: { certificate: tls/chain.pem, key: /etc/key.pem }\n");
  const Config config = load(folder.path() / "p.yaml");
  CHECK(config.serve.certificate == (folder.path() / "tls/chain.pem").string());
  CHECK(config.serve.key == "/etc/key.pem");
}

TEST_CASE("where a server listens") {
  const auto v4 = parse_endpoint("0.0.0.0:8730"), v6 = parse_endpoint("[::1]:0");
  REQUIRE((v4 && v6));
  CHECK((v4->host == "0.0.0.0" && v4->port == 8730 && !v4->loopback));
  CHECK((v6->host == "::1" && v6->port == 0 && v6->loopback));
  for (const std::string text :
       {"", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1:80 ", "::1:80",
        "[::1]80", "[127.0.0.1]:80", "[]:80", "[::1:80", "example.com:80", "127.0.0.1:8x", "*:80"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_endpoint(text));
  }
}

TEST_CASE("a name that stands twice is told, whichever of the two takes webhooks") {
  const std::string twice =
      samples::kConnection + "  acme:\n    connector: halo\n    webhook: { auth: basic, digest: hex }\n";
  CHECK_THROWS_AS(load_text(twice, "acme.yaml"), ConfigError);
}
