// What networks do to a sync: every toxic of the fault proxy between psabridge and the sandbox, HTTP proxies,
// and TLS servers with every kind of fault.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "tests/faultproxy/fault_proxy.h"
#include "tests/faultproxy/tls_peer.h"
#include "tests/integration/harness.h"

using namespace psabridge::integration;
using namespace psabridge::test;
using namespace std::chrono_literals;

namespace {

/// Some records of every entity; two pages of tickets.
sandbox::Shape network_shape() {
  auto shape = small_shape();
  shape.tickets = 120;
  return shape;
}

/// One entity, for syncs that end without success: each entity tries again for a while.
constexpr const char* kOneEntity = "{ team: {} }";

/// The connection to the sandbox by way of a port that forwards to it.
std::string connection_through(const Scene& scene, const FaultProxy& proxy) {
  const std::string url = "https://localhost:" + std::to_string(proxy.port());
  return scene.stage.connection_with("url", url) + "auth_url: " + url +
         "/auth\ntimeouts: { connect: 2s, first_byte: 1s, total: 20s }\n";
}

std::string connection_to(const TlsPeer& peer) {
  return "connector: halo\nurl: " + peer.url() +
         "\ntenant: sandbox\nauth: { grant: client_credentials, client_id: someone, "
         "client_secret: env://PSABRIDGE_TEST_SECRET }\ntls: { ca_file: " +
         peer.ca_file().string() + " }\nallow_private: true\n";
}

Target address_of(const Scene& scene) { return {"localhost", scene.source.server().port()}; }

}  // namespace

// --- a bad line ---

TEST_CASE("A sync comes through a bad line, with a store that equals the source") {
  struct Row {
    const char* name;
    Direction direction;
    Toxics toxics;
    std::optional<std::uint64_t> victims = {};  ///< connections; all when not given
  };
  const auto row = GENERATE(values<Row>({
      {"latency with jitter", Direction::both, {.latency = 3ms, .jitter = 3ms}},
      {"bandwidth", Direction::down, {.bytes_per_second = 400'000}},
      {"tiny pieces", Direction::both, {.slice = 11}},
      {"slow close", Direction::both, {.slow_close = 50ms}},
      {"resets in the handshake", Direction::down, {.reset_after = 700}, 3},
      {"resets in an answer", Direction::down, {.reset_after = 6'000}, 3},
      {"resets at once", Direction::up, {.reset_after = 0}, 3},
      {"cuts in the handshake", Direction::down, {.cut_after = 700}, 3},
      {"cuts in an answer", Direction::down, {.cut_after = 6'000}, 3},
      {"a silent server", Direction::down, {.silent = true}, 1},
      {"a line that swallows requests", Direction::up, {.silent = true}, 1},
  }));
  INFO(row.name);
  Scene scene({}, network_shape());
  FaultProxy proxy(address_of(scene));
  scene.stage.configure({.connection = connection_through(scene, proxy)});
  proxy.afflict(row.direction, row.toxics, row.victims);
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
  const auto counters = proxy.counters();
  CHECK(counters.bytes_down > 10'000);  // it came this way
  CHECK((counters.resets > 0 || !row.toxics.reset_after));
  CHECK((counters.cuts > 0 || !row.toxics.cut_after));
}

TEST_CASE("A line that stays bad ends the sync with its reason, and the next one heals") {
  struct Row {
    const char* name;
    Direction direction;
    Toxics toxics;
    std::vector<std::string> sentences;
  };
  const auto row = GENERATE(values<Row>({
      {"resets in the handshake",
       Direction::down,
       {.reset_after = 700},
       {"PB1201", "during the TLS handshake"}},
      {"cuts in the handshake", Direction::down, {.cut_after = 700}, {"PB1201", "during the TLS handshake"}},
      {"resets after the handshake", Direction::down, {.reset_after = 2'000}, {"PB1201"}},
      {"silence", Direction::down, {.silent = true}, {"PB1201", "within 2 s (the limit timeouts.connect)"}},
  }));
  INFO(row.name);
  Scene scene({}, network_shape());
  FaultProxy proxy(address_of(scene));
  scene.stage.configure({.entities = kOneEntity, .connection = connection_through(scene, proxy)});
  proxy.afflict(row.direction, row.toxics);
  const Outcome outcome = scene.stage.run({"sync"});
  INFO(outcome.describe());
  CHECK(outcome.exit_status == 3);
  for (const auto& sentence : row.sentences) CHECK(outcome.says(sentence));

  proxy.heal();
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
}

TEST_CASE("A server that is down refuses the sync, and the next one heals once it is up") {
  Scene scene({}, network_shape());
  FaultProxy proxy(address_of(scene));
  scene.stage.configure({.entities = kOneEntity, .connection = connection_through(scene, proxy)});
  proxy.go_down();
  const Outcome outcome = scene.stage.run({"sync"});
  INFO(outcome.describe());
  CHECK(outcome.exit_status == 3);
  CHECK(outcome.says("PB1201"));
  CHECK(outcome.says("nothing listens there"));
  proxy.come_up();
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
}

TEST_CASE("A line that breaks in the middle of a later sync loses nothing") {
  Scene scene({}, network_shape());
  FaultProxy proxy(address_of(scene));
  scene.stage.configure({.connection = connection_through(scene, proxy)});
  scene.stage.sync();
  scene.source.let_pass(3600);
  scene.source.mutate({{"entity", "ticket"}, {"count", 40}, {"fields", {{"summary", "changed"}}}});
  proxy.afflict(Direction::down, {.reset_after = 9'000}, 4);
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
}

// --- proxies ---

TEST_CASE("A sync goes through an HTTP proxy, with and without a sign-in there") {
  const std::string credentials = GENERATE("", "anna:p@ss w0rd");
  const std::string in_url = credentials.empty() ? "" : "anna:p%40ss%20w0rd@";
  Scene scene({}, network_shape());
  const FaultProxy proxy(ConnectMode{.credentials = credentials});
  scene.stage.configure({.connection = scene.stage.connection_with("", "") + "proxy: env://TEST_PROXY\n"});
  const Outcome outcome =
      scene.stage.run({"sync"}, {.environment = {{"TEST_PROXY", "http://" + in_url + proxy.address()}}});
  INFO(outcome.describe());
  CHECK(outcome.exit_status == 0);
  CHECK(scene.stage.differences() == "");
  CHECK(proxy.counters().tunnels > 0);
  CHECK(proxy.counters().sign_ins_refused == 0);
  CHECK_FALSE(outcome.says("p%40ss"));
}

TEST_CASE("A proxy that wants another sign-in is named, and its password is not shown") {
  struct Row {
    std::string user;
    const char* sentence;
  };
  const auto row =
      GENERATE(values<Row>({{"", "wants a sign-in (407)"}, {"anna:wr0ngword@", "does not accept"}}));
  const FaultProxy proxy(ConnectMode{.credentials = "anna:secret"});
  // An address without a password is no secret, and is shown as it stands in the configuration.
  const std::string reference = row.user.empty() ? "http://" + proxy.address() : "env://TEST_PROXY";
  Scene scene({}, network_shape());
  scene.stage.configure(
      {.entities = kOneEntity,
       .connection = scene.stage.connection_with("", "") + "proxy: \"" + reference + "\"\n"});
  const Outcome outcome =
      scene.stage.run({"sync"}, {.environment = {{"TEST_PROXY", "http://" + row.user + proxy.address()}}});
  INFO(outcome.describe());
  CHECK(outcome.exit_status == 2);
  CHECK(outcome.says("PB1214"));
  CHECK(outcome.says(row.sentence));
  CHECK(outcome.says(proxy.address()));
  CHECK_FALSE(outcome.says("wr0ngword"));
  CHECK(proxy.counters().tunnels == 0);
}

TEST_CASE("A proxy that is not there is named, and no_proxy goes around it") {
  Scene scene({}, network_shape());
  const std::string proxy = "proxy: \"http://127.0.0.1:1\"\n";
  scene.stage.configure({.entities = kOneEntity, .connection = scene.stage.connection_with("", "") + proxy});
  const Outcome outcome = scene.stage.run({"sync"});
  INFO(outcome.describe());
  CHECK(outcome.exit_status == 3);
  CHECK(outcome.says("The proxy http://127.0.0.1:1 refused the connection"));
  scene.stage.configure(
      {.connection = scene.stage.connection_with("", "") + proxy + "no_proxy: [ localhost ]\n"});
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
}

// --- servers that are not what they should be ---

TEST_CASE("A server of this machine is asked only when the connection allows it") {
  Scene scene({}, network_shape());
  scene.stage.configure(
      {.entities = kOneEntity, .connection = scene.stage.connection_with("allow_private", "false")});
  const Outcome outcome = scene.stage.run({"sync"});
  INFO(outcome.describe());
  CHECK(outcome.exit_status == 2);
  CHECK(outcome.says("PB1216"));
  CHECK(outcome.says("allow_private: true"));
  CHECK(scene.source.requests("") == 0);
}

TEST_CASE("A server that cannot prove who it is gets no request, and the reason is told") {
  struct Row {
    TlsFlaw flaw;
    const char* sentence;
  };
  const auto row = GENERATE(values<Row>({
      {TlsFlaw::expired, "its certificate has expired"},
      {TlsFlaw::not_yet_valid, "its certificate is not valid yet"},
      {TlsFlaw::wrong_name, "its certificate is for other.example, not for localhost"},
      {TlsFlaw::self_signed, "signed by no authority but by itself"},
      {TlsFlaw::unknown_authority, "an authority that this machine does not know"},
      {TlsFlaw::missing_intermediate, "leaves out the certificates in between"},
      {TlsFlaw::only_tls_1_0, "it offers no TLS 1.2 or newer"},
      {TlsFlaw::only_tls_1_1, "it offers no TLS 1.2 or newer"},
      {TlsFlaw::no_tls, "does not speak TLS"},
  }));
  INFO(row.sentence);
  Scene scene({}, network_shape());
  const TlsPeer peer(row.flaw);
  scene.stage.configure({.entities = kOneEntity, .connection = connection_to(peer)});
  const Outcome outcome = scene.stage.run({"sync"});
  INFO(outcome.describe());
  CHECK(outcome.exit_status == 3);
  CHECK(outcome.says("PB1213"));
  CHECK(outcome.says(peer.url()));
  CHECK(outcome.says(row.sentence));
  CHECK(peer.requests() == 0);
}

TEST_CASE("A server with a whole chain and TLS 1.2 or 1.3 is trusted and asked") {
  const auto flaw = GENERATE(TlsFlaw::none, TlsFlaw::only_tls_1_2, TlsFlaw::only_tls_1_3);
  Scene scene({}, network_shape());
  const TlsPeer peer(flaw);
  scene.stage.configure({.entities = kOneEntity, .connection = connection_to(peer)});
  const Outcome outcome = scene.stage.run({"sync"});
  INFO(outcome.describe());
  CHECK(outcome.says("PB1207"));  // what it answers is not Halo's
  CHECK_FALSE(outcome.says("PB1213"));
  CHECK(peer.requests() > 0);
}
