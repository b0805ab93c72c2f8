// The secrets of webhooks: made, exchanged while deliveries come, lost and found again.
#include "core/webhook/keys.h"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "core/base/error.h"
#include "core/webhook/rotation.h"
#include "tests/unit/webhook/webhook_fixture.h"

namespace psabridge::webhook {
namespace {

using namespace std::chrono_literals;

struct Fixture : Installation {
  explicit Fixture(const std::string& webhook = "auth: bearer")
      : config(config_of({{"other", ""}, {"acme", webhook}})), connection(config.connections.at(1)) {}

  Keys keys() { return {config, secrets, vault, redactor, clock}; }
  std::string rotate(Milliseconds overlap) {
    return rotate_secret(connection, secrets, vault, clock, overlap);
  }

  config::Config config;
  const config::Connection& connection;
};

Gate gate_of(const Keys& keys) { return keys.gates()->at("acme"); }

/// Of a delivery that shows this secret.
Verdict judge(const Keys& keys, const std::string& secret) {
  const Gate gate = gate_of(keys);
  REQUIRE(gate.proof);
  const net::RequestHead head = post("/webhooks/acme", {{"Authorization", "Bearer " + secret}});
  return gate.proof->judge({head, {}, {}}, {});
}

template <class Work>
std::string refusal(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("only connections with a webhook have a gate") {
  Fixture fixture;
  const Keys keys = fixture.keys();
  CHECK(keys.gates()->size() == 1);
  CHECK(keys.gates()->contains("acme"));
}

TEST_CASE("a secret that is missing is made once, and then kept") {
  Fixture fixture;
  Keys keys = fixture.keys();
  CHECK_FALSE(gate_of(keys).proof);
  CHECK(gate_of(keys).trouble.starts_with(
      "connections.acme.webhook: PB1010: the secret secret://acme.webhook"));
  const std::string secret = ensure_secret(fixture.connection, fixture.secrets, fixture.vault);
  CHECK(secret.size() == 43);
  CHECK(ensure_secret(fixture.connection, fixture.secrets, fixture.vault) == secret);
  CHECK(fixture.vault.open("acme.webhook") == secret);
  keys.refresh();
  CHECK(gate_of(keys).trouble.empty());
  CHECK(judge(keys, secret) == Verdict::genuine);
  CHECK(fixture.redactor.apply("x " + secret) == "x [secret]");
}

TEST_CASE("during a rotation both secrets are good, after the overlap the new one alone") {
  Fixture fixture;
  const std::string old = ensure_secret(fixture.connection, fixture.secrets, fixture.vault);
  Keys keys = fixture.keys();
  const std::string fresh = fixture.rotate(24h);
  CHECK(fresh != old);
  CHECK(judge(keys, fresh) == Verdict::wrong_proof);  // not before the next look
  keys.refresh();
  CHECK(judge(keys, old) == Verdict::genuine);
  CHECK(judge(keys, fresh) == Verdict::genuine);

  fixture.clock.advance(24h - 1ms);
  keys.refresh();
  CHECK(judge(keys, old) == Verdict::genuine);
  fixture.clock.advance(1ms);
  keys.refresh();
  CHECK(judge(keys, old) == Verdict::wrong_proof);
  CHECK(judge(keys, fresh) == Verdict::genuine);
  CHECK_FALSE(fixture.vault.holds("acme.webhook.previous"));
  CHECK(fixture.vault.check().empty());
  for (const std::string& secret : {old, fresh}) CHECK(fixture.redactor.apply(secret) == "[secret]");
}

TEST_CASE("a second rotation within the overlap ends the oldest secret") {
  Fixture fixture;
  const std::string first = ensure_secret(fixture.connection, fixture.secrets, fixture.vault);
  const std::string second = fixture.rotate(24h), third = fixture.rotate(24h);
  const Keys keys = fixture.keys();
  CHECK(judge(keys, first) == Verdict::wrong_proof);
  CHECK(judge(keys, second) == Verdict::genuine);
  CHECK(judge(keys, third) == Verdict::genuine);
}

TEST_CASE("a previous secret without an end is not taken") {
  Fixture fixture;
  fixture.vault.seal("acme.webhook", "current");
  fixture.vault.seal("acme.webhook.previous", "ancient");
  const Keys keys = fixture.keys();
  CHECK(judge(keys, "current") == Verdict::genuine);
  CHECK(judge(keys, "ancient") == Verdict::wrong_proof);
}

TEST_CASE("the first rotation of a connection without a secret makes one") {
  Fixture fixture;
  const std::string secret = fixture.rotate(1h);
  CHECK(judge(fixture.keys(), secret) == Verdict::genuine);
  CHECK_FALSE(fixture.vault.holds("acme.webhook.previous"));
}

TEST_CASE("a look at secrets that are as before changes nothing") {
  Fixture fixture;
  ensure_secret(fixture.connection, fixture.secrets, fixture.vault);
  Keys keys = fixture.keys();
  const auto proof = gate_of(keys).proof;
  keys.refresh();
  CHECK(gate_of(keys).proof == proof);
  fixture.rotate(1h);
  keys.refresh();
  CHECK(gate_of(keys).proof != proof);
}

TEST_CASE("a secret that goes away closes the gate, and opens it when it is back") {
  Fixture fixture("auth: bearer, secret: env://PSABRIDGE_TEST_WEBHOOK");
  setenv("PSABRIDGE_TEST_WEBHOOK", "hunter2", 1);
  Keys keys = fixture.keys();
  CHECK(judge(keys, "hunter2") == Verdict::genuine);
  unsetenv("PSABRIDGE_TEST_WEBHOOK");
  keys.refresh();
  CHECK_FALSE(gate_of(keys).proof);
  CHECK(gate_of(keys).trouble.find("PSABRIDGE_TEST_WEBHOOK is not set") != std::string::npos);
  setenv("PSABRIDGE_TEST_WEBHOOK", "hunter2", 1);
  keys.refresh();
  CHECK(judge(keys, "hunter2") == Verdict::genuine);
  unsetenv("PSABRIDGE_TEST_WEBHOOK");
}

TEST_CASE("a secret that cannot serve its kind of proof is a trouble, not a crash") {
  Fixture fixture("auth: standard");
  fixture.vault.seal("acme.webhook", "whsec_!");
  const Keys keys = fixture.keys();
  CHECK_FALSE(gate_of(keys).proof);
  CHECK(gate_of(keys).trouble.find("PB1807") != std::string::npos);
}

TEST_CASE("what the vault does not keep is not rotated") {
  for (const std::string reference : {"env://HOME", "file:///etc/hostname"}) {
    CAPTURE(reference);
    Fixture fixture("auth: bearer, secret: '" + reference + "'");
    const std::string words = refusal([&] { fixture.rotate(1h); });
    CHECK(words.starts_with("PB2106: The secret of connections.acme.webhook is " + reference));
  }
  Fixture fixture;
  std::ofstream(fixture.folder.path() / "acme.webhook") << "from systemd";
  REQUIRE(chmod((fixture.folder.path() / "acme.webhook").c_str(), 0600) == 0);
  setenv("CREDENTIALS_DIRECTORY", fixture.folder.path().c_str(), 1);
  CHECK(refusal([&] { fixture.rotate(1h); }).find("is a systemd credential") != std::string::npos);
  CHECK(ensure_secret(fixture.connection, fixture.secrets, fixture.vault) == "from systemd");
  unsetenv("CREDENTIALS_DIRECTORY");
  CHECK(fixture.vault.list().empty());
}

TEST_CASE("a secret beside the configuration is rotated into the vault") {
  Fixture fixture;
  const auto file = fixture.folder.path() / "secrets/acme.webhook";
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << "from the folder";
  REQUIRE(chmod(file.c_str(), 0600) == 0);
  const std::string secret = fixture.rotate(1h);
  const Keys keys = fixture.keys();
  CHECK(judge(keys, secret) == Verdict::genuine);
  CHECK(judge(keys, "from the folder") == Verdict::genuine);
}

}  // namespace
}  // namespace psabridge::webhook
