// Signing in to the sandbox, which is as strict as a server can be: with a browser, with rotation of refresh
// tokens, with an API key; and what psabridge says when consent ends.
#include <boost/json/array.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <csignal>

#include "tests/integration/harness.h"
#include "tests/oauth/browser.h"

using namespace psabridge::integration;

namespace {

namespace json = boost::json;

constexpr std::int64_t kTokenLife = 3601;  // seconds, and one more
constexpr const char* kSecret = "client_secret: env://PSABRIDGE_TEST_SECRET";

/// A sandbox, a connection to it that signs in as a person, and that person's browser.
struct Meeting {
  Scene scene;
  Browser browser{scene.source.server().ca_file()};
  std::string redirect_uri = "http://127.0.0.1:" + std::to_string(free_port()) + "/callback";

  explicit Meeting(const std::string& secret = kSecret) {
    set({{"grant", "authorization_code"}, {"redirect_uris", json::array{redirect_uri}}});
    connect("grant: authorization_code, redirect_uri: '" + redirect_uri + "'" +
            (secret.empty() ? "" : ", " + secret));
  }

  /// Settings of Halo's API application.
  void set(const json::object& settings) { scene.source.change_application(settings); }
  void connect(const std::string& auth) {
    const std::string client = "client_id: " + scene.source.server().client().id;
    scene.stage.configure(
        {.connection = scene.stage.connection_with("auth", "{ " + client + ", " + auth + " }")});
  }

  /// `connection auth`, with the browser going wherever it is sent; an error page ends the attempt.
  Outcome sign_in() {
    Process process = scene.stage.start({"connection", "auth", "halo"});
    const Page sent = browser.open(address_to_open(process));
    if (sent.location.empty()) {
      process.signal(SIGINT);
    } else {
      browser.open(sent.location);
    }
    return process.wait();
  }
  void require_sign_in() {
    const Outcome outcome = sign_in();
    INFO(outcome.describe());
    REQUIRE(outcome.exit_status == 0);
  }
  Outcome run(const std::vector<std::string>& arguments, int expected) {
    Outcome outcome = scene.stage.run(arguments);
    INFO(outcome.describe());
    CHECK(outcome.exit_status == expected);
    return outcome;
  }
};

}  // namespace

// --- with a browser ---

TEST_CASE("A person signs in once, and syncs renew the tokens for as long as they run") {
  Meeting meeting;
  meeting.require_sign_in();
  for (int hour = 0; hour < 3; ++hour) {
    meeting.scene.stage.sync();
    CHECK(meeting.scene.stage.differences() == "");
    meeting.scene.source.let_pass(kTokenLife);
  }
  CHECK(meeting.scene.source.requests("authorize") == 1);
  CHECK(meeting.scene.source.requests("token") == 3);  // one code and two renewals
}

TEST_CASE("A public client needs no secret") {
  Meeting meeting("");
  meeting.set({{"secret", nullptr}});
  meeting.require_sign_in();
  meeting.scene.stage.sync();
  meeting.scene.source.let_pass(kTokenLife);
  meeting.scene.stage.sync();
}

TEST_CASE("A server may keep the refresh token") {
  Meeting meeting;
  meeting.scene.source.switch_faults({{"refresh_keeps_token", true}});
  meeting.require_sign_in();
  for (int hour = 0; hour < 3; ++hour) {
    meeting.scene.stage.sync();
    meeting.scene.source.let_pass(kTokenLife);
  }
}

TEST_CASE("What the server refuses in the browser is said with its own word and what to do") {
  struct Row {
    const char* name;
    json::object settings;
    const char* says;
  };
  const auto row = GENERATE(values<Row>({
      {"the person refuses", {{"consent", "deny"}}, "access_denied"},
      {"a disabled agent", {{"agent", {{"disabled", true}}}}, "access_denied"},
      {"a scope too many", {{"scopes", {"read:tickets"}}}, "invalid_scope"},
      {"another method", {{"grant", "client_credentials"}}, "unauthorized_client"},
  }));
  INFO(row.name);
  Meeting meeting;
  meeting.set(row.settings);
  const Outcome outcome = meeting.sign_in();
  INFO(outcome.describe());
  CHECK(outcome.exit_status == 4);
  CHECK(outcome.says("PB1904"));
  CHECK(outcome.says(row.says));
}

TEST_CASE("A redirect URI that differs by a slash leaves the browser on Halo's error page") {
  Meeting meeting;
  meeting.set({{"redirect_uris", json::array{meeting.redirect_uri + "/"}}});
  Process process = meeting.scene.stage.start({"connection", "auth", "halo"});
  const Page page = meeting.browser.open(address_to_open(process));
  CHECK(page.status == 400);
  CHECK(page.text.find("redirect_uri") != std::string::npos);
  process.signal(SIGINT);
  const Outcome given_up = process.wait();
  CHECK(given_up.says("PB1410"));
  CHECK(given_up.says(meeting.redirect_uri));
}

TEST_CASE("An answer with another state is neither taken nor the end of the sign-in") {
  Meeting meeting;
  Process process = meeting.scene.stage.start({"connection", "auth", "halo"});
  const Page sent = meeting.browser.open(address_to_open(process));
  CHECK(meeting.browser.open(meeting.redirect_uri + "?code=stolen&state=guessed").status == 400);
  CHECK(meeting.scene.source.requests("token") == 0);
  CHECK(meeting.browser.open(sent.location).status == 200);
  const Outcome outcome = process.wait();
  INFO(outcome.describe());
  CHECK(outcome.exit_status == 0);
}

TEST_CASE("The browser is told when the server gives no token for its code") {
  Meeting meeting;
  Process process = meeting.scene.stage.start({"connection", "auth", "halo"});
  const Page sent = meeting.browser.open(address_to_open(process));
  meeting.set({{"secret", "another-secret"}});
  const Page shown = meeting.browser.open(sent.location);
  CHECK(shown.status >= 400);
  const Outcome outcome = process.wait();
  INFO(outcome.describe());
  CHECK(outcome.exit_status == 4);
  CHECK(outcome.says("PB1203"));
}

TEST_CASE("Before the first sign-in a sync says what to do and asks the source nothing") {
  Meeting meeting;
  const Outcome outcome = meeting.run({"sync"}, 4);
  CHECK(outcome.says("PB1902"));
  CHECK(outcome.says("connection auth"));
  CHECK(meeting.scene.source.requests("token") == 0);
}

// --- when consent ends ---

TEST_CASE("Consent that ended pauses the connection, and a new sign-in goes on where it stopped") {
  struct Row {
    const char* name;
    json::object faults;
    bool withdrawn;
    std::int64_t passes;
  };
  const auto row = GENERATE(values<Row>({
      {"withdrawn by somebody", {}, true, 0},
      {"a renewal whose answer was lost, at a strict server",
       {{"refresh_answer_lost", true}},
       false,
       kTokenLife},
      {"not used for too long", {}, false, 15 * 24 * 3600},
  }));
  INFO(row.name);
  Meeting meeting;
  meeting.require_sign_in();
  meeting.scene.stage.sync();
  meeting.scene.source.mutate({{"entity", "ticket"}, {"op", "update"}, {"count", 3}});
  meeting.scene.source.let_pass(row.passes);
  meeting.scene.source.switch_faults(row.faults);
  if (row.withdrawn) meeting.scene.source.revoke_consent();

  const Outcome ended = meeting.run({"sync"}, 4);
  CHECK(ended.says("PB1903"));
  CHECK(meeting.run({"connection", "show", "halo"}, 0).says("unauthorized"));
  meeting.scene.source.reset_ledger();
  CHECK(meeting.run({"sync"}, 4).says("PB1907"));
  CHECK(meeting.scene.source.requests("") == 0);

  meeting.require_sign_in();
  CHECK(meeting.run({"connection", "show", "halo"}, 0).says("connected"));
  meeting.scene.stage.sync();
  CHECK(meeting.scene.stage.differences() == "");
}

// --- without a browser ---

TEST_CASE("An API key needs no sign-in, and is refused when it is wrong") {
  Meeting meeting;
  meeting.set({{"grant", "api_key"}, {"api_key", "sandbox-secret"}});  // what the variable of the tests holds
  meeting.connect("grant: api_key, api_key: env://PSABRIDGE_TEST_SECRET");
  meeting.scene.stage.sync();
  CHECK(meeting.scene.stage.differences() == "");
  CHECK(meeting.scene.source.requests("token") == 0);
  meeting.set({{"api_key", "another"}});
  CHECK(meeting.run({"sync"}, 4).says("PB1203"));
}

TEST_CASE("A secret is exchanged without an interruption while both are good") {
  Meeting meeting;
  meeting.set({{"grant", "client_credentials"}, {"secret", {"new-secret", "sandbox-secret"}}});
  meeting.connect("grant: client_credentials, " + std::string(kSecret));
  meeting.scene.stage.sync();
  meeting.set({{"secret", "new-secret"}});
  meeting.scene.source.let_pass(kTokenLife);
  CHECK(meeting.run({"sync"}, 4).says("invalid_client"));
  Outcome mended = meeting.scene.stage.run({"connection", "auth", "halo"},
                                           {.environment = {{"PSABRIDGE_TEST_SECRET", "new-secret"}}});
  INFO(mended.describe());
  CHECK(mended.exit_status == 0);
  meeting.scene.stage.sync();
}
