// The sign-in of psabridge at an OAuth server that others wrote.
#include <Poco/Exception.h>

#include <catch2/catch_test_macros.hpp>

#include "tests/integration/harness.h"
#include "tests/oauth/browser.h"
#include "tests/oauth/oauth_server.h"

using namespace psabridge::integration;

namespace {

/// psabridge between a sandbox for the API and the server of others for the sign-in.
struct Meeting {
  Scene scene;
  OAuthServer server{scene.tls_folder.path()};
  Browser browser{server.ca_file()};

  /// `auth` is the YAML of the connection's sign-in.
  void connect(const std::string& auth) {
    scene.stage.configure({.entities = "{ team: {} }",
                           .connection = scene.stage.connection_with("auth", "{ " + auth + " }") +
                                         "auth_url: " + server.url() + "\n"});
  }
};

constexpr const char* kClient = "client_id: psabridge, client_secret: env://PSABRIDGE_TEST_SECRET";

}  // namespace

TEST_CASE("A person signs in with a browser at a server that others wrote, and the tokens are kept") {
  Meeting meeting;
  meeting.connect("grant: authorization_code, " + std::string(kClient) +
                  ", redirect_uri: 'http://127.0.0.1:" + std::to_string(free_port()) + "/callback'");
  Process process = meeting.scene.stage.start({"connection", "auth", "halo"});
  const Page sent = meeting.browser.open(address_to_open(process));
  REQUIRE(sent.status == 302);
  CHECK(meeting.browser.open(sent.location).status == 200);
  const Outcome outcome = process.wait();
  INFO(outcome.describe());
  CHECK(outcome.exit_status == 0);
  CHECK(outcome.says("Signed in to halo."));

  // The sandbox does not know the tokens of a stranger: psabridge brings the one it got, renews it once by
  // its refresh token, and then says that the API refuses.
  const Outcome refused = meeting.scene.stage.run({"sync"});
  INFO(refused.describe());
  CHECK(refused.exit_status == 4);
  CHECK_FALSE(refused.says("PB1902"));
  CHECK_FALSE(refused.says("PB1903"));
}

TEST_CASE("A client signs in with its secret at a server that others wrote") {
  Meeting meeting;
  meeting.connect("grant: client_credentials, " + std::string(kClient));
  const Outcome outcome = meeting.scene.stage.run({"connection", "auth", "halo"});
  INFO(outcome.describe());
  CHECK(outcome.exit_status == 0);
  CHECK(outcome.says("Signed in to halo."));
}
