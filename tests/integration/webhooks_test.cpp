// The webhook at the source, as commands set it up, look at it and take it away again.
#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>

#include "tests/integration/harness.h"

using namespace psabridge::integration;
namespace json = boost::json;

namespace {

/// The connection to the sandbox, with the right to manage webhooks; `webhook` is its section.
std::string connection_of(const Scene& scene, const std::string& webhook) {
  return scene.stage.connection_with(
             "auth", "{ grant: client_credentials, client_id: " + scene.source.server().client().id +
                         ", client_secret: env://PSABRIDGE_TEST_SECRET, scopes: [ all ] }") +
         "webhook: " + webhook + "\n";
}

/// At which nobody listens.
void add_address(const Scene& scene) {
  write_text(scene.stage.config(),
             read_text(scene.stage.config()) + "serve: { public_url: \"https://localhost:9\" }\n");
}

/// `more` are further keys of the pipeline.
void configure(Scene& scene, const std::string& webhook = "{ auth: hmac }", const std::string& more = {}) {
  scene.stage.configure({.more = more, .connection = connection_of(scene, webhook)});
  add_address(scene);
}

json::value data_of(const Outcome& outcome, int expected = 0) {
  INFO(outcome.describe());
  REQUIRE(outcome.exit_status == expected);
  return json::parse(outcome.out).at("data");
}

json::value answer(const Scene& scene, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "webhooks");
  arguments.emplace_back("--json");
  return data_of(scene.stage.run(arguments));
}

/// Numbers of the events of a webhook that a command showed.
std::set<std::string> numbers_of(const json::value& webhook) {
  std::set<std::string> numbers;
  for (const json::value& event : webhook.at("events").as_array())
    numbers.emplace(event.at("number").as_string());
  return numbers;
}

/// Health of every finding of a check: "webhook fail PB2107".
std::set<std::string> findings(const Scene& scene, const std::vector<std::string>& command) {
  const Outcome outcome = scene.stage.run(command);
  UNSCOPED_INFO(outcome.describe());
  std::set<std::string> lines;
  const json::value answer = json::parse(outcome.out);
  for (const json::value& finding : answer.at("data").at("findings").as_array()) {
    std::string line(finding.at("check").as_string());
    line.append(" ").append(finding.at("health").as_string());
    if (!finding.at("code").as_string().empty()) line.append(" ").append(finding.at("code").as_string());
    lines.insert(line);
  }
  return lines;
}
std::set<std::string> check(const Scene& scene) { return findings(scene, {"webhooks", "check", "--json"}); }

}  // namespace

TEST_CASE("A webhook is made with what the pipelines ask for, and made once") {
  Scene scene;
  configure(scene, "{ auth: hmac }", "webhooks: { numbers: { client.changed: \"2101\" } }");
  const json::value made = answer(scene, {"create"});
  CHECK(made.at("name").as_string() == "psabridge halo");
  CHECK(made.at("url").as_string() == "https://localhost:9/webhooks/halo");
  CHECK(numbers_of(made) == std::set<std::string>{"3", "61", "76", "39", "1072", "2101"});
  const json::array& unnumbered = made.at("unnumbered").as_array();
  CHECK(std::find(unnumbered.begin(), unnumbered.end(), "asset.changed (Asset Updated)") != unnumbered.end());

  const json::value again = answer(scene, {"create"});
  CHECK(again.at("id") == made.at("id"));
  CHECK(scene.source.webhooks().size() == 1);
  CHECK(numbers_of(again) == numbers_of(made));
}

TEST_CASE("Events that are asked for no more are taken away, and others added") {
  Scene scene;
  configure(scene);
  const json::value made = answer(scene, {"create"});
  configure(scene, "{ auth: hmac }", "webhooks: { events: [ ticket.created, ticket.deleted ] }");
  CHECK(check(scene).contains("events warn PB2108"));
  const json::value changed = answer(scene, {"create"});
  CHECK(changed.at("id") == made.at("id"));
  CHECK(numbers_of(changed) == std::set<std::string>{"3", "1072"});
  configure(scene);
  CHECK(check(scene).contains("events fail PB2108"));
}

TEST_CASE("Webhooks are listed, made anew and removed") {
  Scene scene;
  configure(scene);
  CHECK(answer(scene, {"list"}).as_array().empty());
  const json::value made = answer(scene, {"create"});
  const json::value listed = answer(scene, {"list"});
  REQUIRE(listed.as_array().size() == 1);
  CHECK(listed.at(0).at("ours").as_bool());
  CHECK(listed.at(0).at("active").as_bool());
  CHECK(listed.at(0).at("id") == made.at("id"));

  const json::value anew = answer(scene, {"recreate"});
  CHECK(anew.at("id") != made.at("id"));
  CHECK(json::serialize(anew.at("removed")) == "[" + json::serialize(made.at("id")) + "]");
  CHECK(answer(scene, {"list"}).as_array().size() == 1);

  CHECK(json::serialize(answer(scene, {"remove"}).at("removed")) ==
        "[" + json::serialize(anew.at("id")) + "]");
  CHECK(answer(scene, {"list"}).as_array().empty());
  CHECK(answer(scene, {"remove"}).at("removed").as_array().empty());
}

TEST_CASE("A secret is exchanged only when there is a webhook that can be told") {
  Scene scene;
  configure(scene);
  const Outcome none = scene.stage.run({"webhooks", "rotate"});
  CHECK(none.exit_status != 0);
  CHECK(none.says("PB2107"));
  answer(scene, {"create"});
  CHECK(answer(scene, {"rotate", "--overlap", "2h"}).at("old_until").is_string());
  const Outcome checked = scene.stage.run({"webhooks", "check"});
  CHECK(checked.says("The one before its rotation is taken until"));
  CHECK(scene.stage.run({"webhooks", "rotate", "--overlap", "soon"}).says("PB1601"));
}

TEST_CASE("A source that cannot be told the new secret leaves the old one in force, and says until when") {
  Scene scene;
  configure(scene);
  answer(scene, {"create"});
  // The first list is answered; saving is not.
  scene.source.switch_faults(
      {{"error_text", json::object{{"resource", "webhook"}, {"after", 2}, {"times", 0}}}});
  const Outcome failed = scene.stage.run({"webhooks", "rotate"});
  INFO(failed.describe());
  CHECK(failed.exit_status != 0);
  CHECK(failed.says("are taken until"));
  CHECK(failed.says("webhooks create"));
  scene.source.switch_faults_off();
  answer(scene, {"create"});
}

TEST_CASE("The secret in an address is never shown") {
  Scene scene;
  configure(scene, "{ auth: url, secret: env://PSABRIDGE_TEST_TOKEN }");
  const Surroundings surroundings{.environment = {{"PSABRIDGE_TEST_TOKEN", "0123456789abcdef-token"}}};
  for (const char* const verb : {"create", "list", "url", "check"}) {
    const Outcome outcome = scene.stage.run({"webhooks", verb}, surroundings);
    INFO(outcome.describe());
    CHECK(outcome.says("/webhooks/halo/[secret]") == (verb != std::string("check")));
    CHECK_FALSE(outcome.says("0123456789abcdef"));
  }
  const std::vector<json::object> there = scene.source.webhooks();
  REQUIRE(there.size() == 1);
}

TEST_CASE("A check finds what is missing, and nothing when all is well") {
  Scene scene;
  configure(scene);
  const auto before = check(scene);
  CHECK(before.contains("settings fail PB1010"));
  CHECK(before.contains("webhook skip"));
  const json::value made = answer(scene, {"create"});
  auto well = check(scene);
  CHECK(well.contains("settings pass"));
  CHECK(well.contains("webhook pass"));
  CHECK(well.contains("events pass"));
  CHECK(well.contains("deliveries skip"));  // no daemon
  CHECK(well.contains("address skip"));     // nobody listens there
  CHECK(well.contains("gaps pass"));

  configure(scene, "{ auth: basic }");
  CHECK(check(scene).contains("webhook fail PB2111"));
  configure(scene);
  answer(scene, {"remove"});
  CHECK(check(scene).contains("webhook fail PB2107"));
}

TEST_CASE("The doctor looks at the webhook of a connection that takes them") {
  Scene scene;
  configure(scene);
  const std::vector<std::string> doctor{"doctor", "--check", "webhook", "--json"};
  CHECK(findings(scene, doctor).contains("webhook fail PB1010"));
  answer(scene, {"create"});
  CHECK(findings(scene, doctor) == std::set<std::string>{"webhook pass"});
  answer(scene, {"remove"});
  CHECK(findings(scene, doctor).contains("webhook fail PB2107"));
  scene.stage.configure({});
  CHECK(findings(scene, doctor).empty());
}

TEST_CASE("What is missing is named before the source is asked") {
  Scene scene;
  const Outcome no_proof = scene.stage.run({"webhooks", "create"});
  CHECK(no_proof.says("PB2106"));
  CHECK(no_proof.says("webhook: { auth: hmac }"));
  scene.stage.configure({.connection = connection_of(scene, "{ auth: hmac }")});
  const Outcome no_address = scene.stage.run({"webhooks", "create"});
  CHECK(no_address.says("PB2106"));
  CHECK(no_address.says("serve.public_url"));
  CHECK(scene.source.requests("") == 0);
}

TEST_CASE("A test delivery needs a daemon that takes it") {
  Scene scene;
  configure(scene);
  answer(scene, {"create"});
  const Outcome outcome = scene.stage.run({"webhooks", "test"});
  INFO(outcome.describe());
  CHECK(outcome.says("PB2205"));
  CHECK(outcome.exit_status != 0);
}

TEST_CASE("A right that is missing is named") {
  Scene scene;
  scene.stage.configure({.connection = scene.stage.connection_with("", "") + "webhook: { auth: hmac }\n"});
  add_address(scene);
  const Outcome outcome = scene.stage.run({"webhooks", "create"});
  INFO(outcome.describe());
  CHECK(outcome.exit_status == 4);
  CHECK(outcome.says("PB1204"));
  CHECK(outcome.says("tick admin"));
}

TEST_CASE("Validation knows the events of the source") {
  Scene scene;
  const auto problems = [&](const std::string& webhooks) {
    configure(scene, "{ auth: hmac }", "webhooks: " + webhooks);
    return scene.stage.run({"validate"});
  };
  CHECK(problems("{ events: [ ticket.created ] }").exit_status == 0);
  const Outcome typo = problems("{ events: [ ticket.updatet ] }");
  CHECK(typo.says("PB2106"));
  CHECK(typo.says("ticket.updated"));
  CHECK(problems("{ numbers: { nothing.at_all: \"7\" } }").says("announces no \"nothing.at_all\""));
  CHECK(problems("{ events: [ client.changed ] }").says("number of client.changed"));
  CHECK(problems("{ events: [ client.changed ], numbers: { client.changed: \"2101\" } }").exit_status == 0);
  scene.stage.configure({.entities = "{ client: {} }",
                         .more = "webhooks: { events: [ ticket.created ] }",
                         .connection = connection_of(scene, "{ auth: hmac }")});
  CHECK(scene.stage.run({"validate"}).says("which the pipeline does not read"));
}
