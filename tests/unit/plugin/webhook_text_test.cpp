#include "core/plugin/webhook_text.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <psabridge/webhook.hpp>

#include "core/plugin/json_node.h"

namespace psabridge::plugin {
namespace {

std::string misfit_of(const std::function<void()>& read) {
  try {
    read();
  } catch (const Misfit& found) {
    return found.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("what is wanted reaches an author as it was meant, whatever bytes it has") {
  const WantedWebhook wanted{.id = "1",
                             .name = "a\"b\\c\n\t\xc3\xa4",
                             .url = "https://x",
                             .auth = "hmac",
                             .user = "u",
                             .header = "h",
                             .digest = "hex",
                             .prefix = "sha256=",
                             .secret = "secret://s",
                             .events = {{"k", "1", "T"}, {"", "2", ""}}};
  const sdk::WantedWebhook seen = sdk::detail::wanted_in(sdk::Json::parse(text_of(wanted)));
  CHECK(seen.name == wanted.name);
  CHECK(seen.id + seen.url + seen.auth + seen.user == "1https://xhmacu");
  CHECK(seen.header + seen.digest + seen.prefix + seen.secret == "hhexsha256=secret://s");
  REQUIRE(seen.events.size() == 2);
  CHECK(seen.events[0].kind + seen.events[0].number + seen.events[0].title == "k1T");
}

TEST_CASE("members that a newer plugin adds are no trouble, and those that it leaves out are empty") {
  const Webhook webhook =
      read_webhook(R"({"id": "1", "colour": "red", "events": [{"number": "3", "since": 5}]})");
  CHECK(webhook.id == "1");
  CHECK_FALSE(webhook.active);
  CHECK(webhook.events.at(0).number == "3");
  CHECK(webhook.events.at(0).kind.empty());
  CHECK(read_deliveries(R"([{"at": "2026-03-01T08:00:00Z"}])").at(0).status == 0);
  CHECK(read_webhooks("[]").empty());
}

TEST_CASE("what is not of the form is told by its place") {
  struct Case {
    std::string text, place;
  };
  const Case c =
      GENERATE(Case{"", "is not JSON"}, Case{"{}", "must be an array"}, Case{"[7]", "/0 must be an object"},
               Case{R"([{"id": "1"}, {"name": "x"}])", "/1/id is missing"},
               Case{R"([{"id": "1", "active": "yes"}])", "/0/active must be true or false"},
               Case{R"([{"id": "1", "events": {}}])", "/0/events must be an array"},
               Case{R"([{"id": "1", "events": [7]}])", "/0/events/0 must be an object"});
  INFO(c.text);
  CHECK(misfit_of([&] { read_webhooks(c.text); }).find(c.place) != std::string::npos);
}

TEST_CASE("a line of the log has a time and a whole number") {
  CHECK(misfit_of([] { read_deliveries(R"([{"at": "soon"}])"); }) == "/0/at is no time");
  CHECK(misfit_of([] { read_deliveries(R"([{"at": "2026-03-01T08:00:00Z", "status": 1.5}])"); }) ==
        "/0/status must be a whole number");
}

}  // namespace psabridge::plugin
