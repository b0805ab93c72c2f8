// The life of a connection, as an admin lives through it: states, pauses, refused sign-ins, maintenance.
#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <csignal>
#include <thread>

#include "tests/integration/harness.h"

using namespace psabridge::integration;
namespace json = boost::json;

namespace {

constexpr std::chrono::milliseconds kGlance{5};  // between looks at a sync that is under way

/// One row of `connection list`.
json::object state_of(const Scene& scene) {
  const Outcome outcome = scene.stage.run({"connection", "list", "--json"});
  INFO(outcome.describe());
  REQUIRE(outcome.exit_status == 0);
  return json::parse(outcome.out).at("data").as_array().front().as_object();
}

std::string text(const json::object& object, const char* key) {
  return std::string(object.at(key).as_string());
}

std::size_t times(const std::string& in, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = in.find(what); at != std::string::npos; at = in.find(what, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("A connection is new, then connected, and says since when") {
  Scene scene;
  CHECK(text(state_of(scene), "state") == "new");
  scene.stage.sync();
  const json::object first = state_of(scene);
  CHECK(text(first, "state") == "connected");
  scene.stage.sync();
  CHECK(text(state_of(scene), "since") == text(first, "since"));
}

TEST_CASE("A missing right degrades the connection and names the entity") {
  Scene scene;
  scene.source.switch_faults({{"forbidden", true}});
  scene.stage.sync({}, 4);
  const json::object state = state_of(scene);
  CHECK(text(state, "state") == "degraded");
  CHECK(text(state, "code") == "PB1204");
  CHECK(text(state, "cause").starts_with("asset: "));
  scene.source.switch_faults_off();
  scene.stage.sync();
  CHECK(text(state_of(scene), "state") == "connected");
}

TEST_CASE("A server that cannot be reached makes the connection fail, and it recovers by itself") {
  Scene scene;
  scene.stage.configure({.connection = scene.stage.connection_with("url", "https://localhost:9")});
  scene.stage.sync({}, 3);
  CHECK(text(state_of(scene), "state") == "failed");
  scene.stage.configure({});
  scene.stage.sync();
  CHECK(text(state_of(scene), "state") == "connected");
}

TEST_CASE("A refused sign-in pauses the connection, raises one alert and keeps every cursor") {
  Scene scene({.more = "notify: [ log ]"});
  scene.stage.sync();
  scene.source.let_pass(7200);  // the token ends meanwhile
  scene.source.mutate({{"entity", "ticket"}, {"op", "update"}, {"count", 5}});
  scene.source.change_application({{"secret", "another-secret"}});

  const Outcome refused = scene.stage.sync({}, 4);
  CHECK(refused.says("PB1203"));
  CHECK(times(refused.err, "Sync of main") == 1);  // the alert
  CHECK(text(state_of(scene), "state") == "unauthorized");

  scene.source.reset_ledger();
  const Outcome waiting = scene.stage.sync({}, 4);
  CHECK(waiting.says("PB1907"));
  CHECK(times(waiting.err, "Sync of main") == 0);
  CHECK(scene.source.requests("") == 0);  // nothing is asked: it could lock the account

  const Outcome status = scene.stage.run({"status"});
  CHECK(status.says("connection unauthorized"));

  scene.source.change_application({{"secret", scene.source.server().client().secret}});
  const Outcome signed_in = scene.stage.run({"connection", "auth"});
  INFO(signed_in.describe());
  CHECK(signed_in.exit_status == 0);
  scene.source.reset_ledger();
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
  CHECK(scene.source.requests("tickets") < 10);  // from the cursor on, not everything again
}

TEST_CASE("A test that passes lets a connection go on that waited for a sign-in") {
  Scene scene;
  scene.source.change_application({{"active", false}});
  scene.stage.sync({}, 4);
  const Outcome still_wrong = scene.stage.run({"connection", "test"});
  CHECK(still_wrong.exit_status == 4);
  CHECK(text(state_of(scene), "state") == "unauthorized");
  scene.source.change_application({{"active", true}});
  CHECK(scene.stage.run({"connection", "test"}).exit_status == 0);
  scene.stage.sync();
}

TEST_CASE("A revoked token is no refused sign-in: another one is got and the read goes on") {
  Scene scene;
  scene.source.switch_faults({{"revoke_tokens", json::object{{"after", 5}, {"times", 1}}}});
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
  CHECK(text(state_of(scene), "state") == "connected");
}

TEST_CASE("A paused connection asks nothing, until it is resumed") {
  Scene scene;
  scene.stage.run({"connection", "pause", "--reason", "Halo is moved"});
  scene.source.reset_ledger();
  const Outcome paused = scene.stage.sync({}, 7);
  CHECK(paused.says("PB1906"));
  CHECK(paused.says("Halo is moved"));
  CHECK(scene.source.requests("") == 0);
  CHECK(text(state_of(scene), "state") == "paused");
  scene.stage.run({"connection", "resume"});
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
}

TEST_CASE("A pause stops a sync that is under way at a commit, and the next one goes on from there") {
  Scene scene;
  scene.source.switch_faults({{"slow_answer", json::object{{"times", 0}, {"value", 200}}}});
  Process sync = scene.stage.start({"sync"});
  while (!sync.ended() && scene.source.requests("tickets") == 0) std::this_thread::sleep_for(kGlance);
  scene.stage.run({"connection", "pause"});
  const Outcome stopped = sync.wait();
  INFO(stopped.describe());
  CHECK(stopped.exit_status == 7);
  CHECK(stopped.says("PB1906"));
  scene.source.switch_faults_off();
  scene.stage.run({"connection", "resume"});
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
}

TEST_CASE("A maintenance page of the source is told as maintenance") {
  Scene scene;
  scene.source.switch_faults({{"maintenance", json::object{{"resource", "*"}, {"times", 0}}}});
  const Outcome outcome = scene.stage.sync({}, 3);
  CHECK(outcome.says("PB1230"));
  CHECK(text(state_of(scene), "state") == "maintenance");
  scene.source.switch_faults_off();
  scene.stage.sync();
  CHECK(text(state_of(scene), "state") == "connected");
}

TEST_CASE("A sync that gives up while the source asks to wait leaves the connection rate limited") {
  Scene scene;
  scene.source.switch_faults({{"throttled_absurd", true}});
  Process sync = scene.stage.start({"sync"});
  while (!sync.ended() && sync.err().find("asks to slow down") == std::string::npos)
    std::this_thread::sleep_for(kGlance);
  sync.signal(SIGINT);
  sync.wait();
  CHECK(text(state_of(scene), "state") == "rate_limited");
  scene.stage.sync();
  CHECK(text(state_of(scene), "state") == "connected");
}

TEST_CASE("In a maintenance window of the configuration nothing is asked") {
  Scene scene;
  scene.stage.configure({.connection = scene.stage.connection_with("", "") +
                                       "maintenance: [ { from: \"00:00\", to: \"00:00\" } ]\n"});
  scene.source.reset_ledger();
  const Outcome outcome = scene.stage.sync({}, 3);
  CHECK(outcome.says("PB1908"));
  CHECK(scene.source.requests("") == 0);
  CHECK(text(state_of(scene), "state") == "maintenance");
}

TEST_CASE("A new secret takes the place of the old one only when it works") {
  Scene scene;
  const std::string secret = scene.source.server().client().secret;
  scene.stage.configure(
      {.connection = scene.stage.connection_with("auth", "{ client_id: " + scene.source.server().client().id +
                                                             ", client_secret: secret://halo }")});
  REQUIRE(scene.stage.run({"secrets", "set", "halo"}, {.input = secret}).exit_status == 0);
  scene.stage.sync();

  const Outcome wrong = scene.stage.run({"connection", "rotate-secret"}, {.input = "a-wrong-secret"});
  CHECK(wrong.exit_status == 4);
  CHECK_FALSE(wrong.says("a-wrong-secret"));
  scene.stage.sync();

  scene.source.change_application({{"secret", json::array{secret, "the-new-secret"}}});
  const Outcome right = scene.stage.run({"connection", "rotate-secret"}, {.input = "the-new-secret"});
  INFO(right.describe());
  CHECK(right.exit_status == 0);
  scene.source.change_application({{"secret", "the-new-secret"}});
  CHECK(scene.stage.run({"connection", "test"}).exit_status == 0);
  scene.stage.sync();
}
