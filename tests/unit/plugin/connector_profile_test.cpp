#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/plugin/roles.h"

namespace psabridge::plugin {

TEST_CASE("a connector's description is read in its short and long forms") {
  const ConnectorProfile profile = parse_connector_profile(R"({
    "no_time_until": "1980-01-01T00:00:00.000Z",
    "entities": {"ticket": {"deltas": true, "sweep": true, "get": true, "parent": "client", "scope": "read:tickets",
      "map": {"summary": "subject", "category": ["category_1", "category1"],
              "agent": {"from": ["agent.id"], "none": ["-1"], "values": {"1": "2"}, "each": "id"}},
      "custom": [{"from": "customfields", "name": "name", "value": "value", "display": "display"}]}},
    "events": {"ticket.updated": {"entity": "ticket", "number": "61", "title": "Ticket updated"},
               "ticket.moved": {"entity": "ticket", "title": "Ticket moved"}}})");
  CHECK(profile.no_time_until == "1980-01-01T00:00:00.000Z");
  const SourceEntity& ticket = profile.entities.at("ticket");
  CHECK((ticket.deltas && ticket.sweep && ticket.get));
  CHECK(ticket.parent == "client");
  CHECK(ticket.scope == "read:tickets");
  CHECK(ticket.map.at("summary").from == std::vector<std::string>{"subject"});
  CHECK(ticket.map.at("category").from == std::vector<std::string>{"category_1", "category1"});
  CHECK(ticket.map.at("agent").none == std::vector<std::string>{"-1"});
  CHECK(ticket.map.at("agent").values.at("1") == "2");
  CHECK(ticket.map.at("agent").each == "id");
  CHECK(ticket.custom.at(0).display == "display");
  CHECK(profile.events.at("ticket.updated").entity == "ticket");
  CHECK(profile.events.at("ticket.updated").number == "61");
  CHECK(profile.events.at("ticket.updated").title == "Ticket updated");
  CHECK(profile.events.at("ticket.moved").number.empty());
}

TEST_CASE("a description that is not of the form is refused by its place") {
  struct Case {
    std::string text, place;
  };
  const std::vector<Case> cases{
      {"{", "is not JSON"},
      {"[]", "must be an object"},
      {"{}", "/entities is missing"},
      {R"({"entities": {}, "extra": 1})", "/extra is not known"},
      {R"({"entities": {"ticket": {}}})", "/entities/ticket/map is missing"},
      {R"({"entities": {"ticket": {"map": {"a": "b"}, "deltas": 1}}})",
       "/entities/ticket/deltas must be true or false"},
      {R"({"entities": {"ticket": {"map": {"a": 1}}}})", "/entities/ticket/map/a must be a string"},
      {R"({"entities": {"ticket": {"map": {"a": []}}}})", "/entities/ticket/map/a names no source path"},
      {R"({"entities": {"ticket": {"map": {"a": {"form": ["b"]}}}}})",
       "/entities/ticket/map/a/form is not known"},
      {R"({"entities": {"ticket": {"map": {"a": {"from": ["b"], "values": {"1": 2}}}}}})",
       "/map/a/values/1 must be a string"},
      {R"({"entities": {"ticket": {"map": {"a": "b"}, "custom": [{"from": "x"}]}}})",
       "/custom/0/name is missing"},
      {R"({"entities": {"ticket": {"map": {"a": "b"}}}, "events": []})", "/events must be an object"},
      {R"({"entities": {"ticket": {"map": {"a": "b"}}}, "events": {"e": {"title": "E"}}})",
       "/events/e/entity is missing"},
      {R"({"entities": {"ticket": {"map": {"a": "b"}}}, "events": {"e": {"entity": "ticket"}}})",
       "/events/e/title is missing"},
      {R"({"entities": {"ticket": {"map": {"a": "b"}}}, "events": {"e": {"entity": "note", "title": "E"}}})",
       "/events/e/entity names \"note\", which is none of /entities"},
      {R"({"entities": {"ticket": {"map": {"a": "b"}}}, "events": {"e": {"entity": "ticket", "title": "E", "number": 5}}})",
       "/events/e/number must be a string"},
  };
  for (const Case& wrong : cases) {
    INFO(wrong.text);
    try {
      parse_connector_profile(wrong.text);
      FAIL("was read");
    } catch (const Error& error) {
      CHECK(error.code() == "PB1104");
      INFO(error.what());
      CHECK(error.message().find(wrong.place) != std::string::npos);
    }
  }
}

}  // namespace psabridge::plugin
