// Which teams take tickets, who is above whom, and what is wrong with the declaration.
#include "core/routing/roster.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "core/base/error.h"

namespace psabridge::routing {
namespace {

using Catch::Matchers::ContainsSubstring;
using Names = std::vector<std::string_view>;

store::Team team(std::string name, std::string parent = {}, bool receives = true) {
  return {.name = std::move(name), .title = {}, .parent = std::move(parent), .receives = receives};
}

/// service > (desk > (night, vip), field), and lab, which receives nothing.
Roster some() {
  return Roster({team("vip", "desk"), team("service", "", false), team("desk", "service"),
                 team("night", "desk"), team("field", "service"), team("lab", "service", false)});
}

TEST_CASE("without declared teams every name takes tickets") {
  const Roster none({});
  CHECK(none.standing("noc") == Standing::takes);
  CHECK_THAT(none.why("noc"), ContainsSubstring("No team is declared"));
  CHECK(none.at_work("noc", {}));
  CHECK(none.parent("noc").empty());
  CHECK(none.group("noc").empty());
  CHECK(none.flaws().empty());
}

TEST_CASE("with declared teams only those that receive take tickets") {
  const Roster roster = some();
  struct Case {
    const char *team, *why;
    Standing standing;
  };
  for (const Case& one :
       {Case{"desk", "takes tickets", Standing::takes},
        Case{"lab", "does not receive", Standing::does_not_receive},
        Case{"service", "does not receive", Standing::does_not_receive},
        Case{"dessk", "no team \"dessk\". Did you mean \"desk\"?", Standing::unknown},
        Case{"Desk", "no team", Standing::unknown}, Case{"", "no team", Standing::unknown}}) {
    INFO(one.team);
    CHECK(roster.standing(one.team) == one.standing);
    CHECK_THAT(roster.why(one.team), ContainsSubstring(one.why));
  }
}

TEST_CASE("a group is everybody below who receives, by name") {
  const Roster roster = some();
  CHECK(roster.group("service") == Names{"desk", "field", "night", "vip"});
  CHECK(roster.group("desk") == Names{"night", "vip"});
  CHECK(roster.group("vip").empty());
  CHECK(roster.children("service") == Names{"desk", "field", "lab"});
  CHECK(roster.children("").empty());
  CHECK(roster.parent("vip") == "desk");
}

TEST_CASE("circles of parents and parents that do not exist are flaws, and hang nothing") {
  struct Case {
    const char* name;
    std::vector<store::Team> teams;
    std::vector<std::string> codes;
    const char* fact;
  };
  const Case cases[] = {
      {"itself", {team("a", "a")}, {"PB1822"}, "\"a\" is below \"a\""},
      {"three",
       {team("b", "c"), team("a", "b"), team("c", "a")},
       {"PB1822"},
       "\"a\" is below \"b\" is below \"c\" is below \"a\""},
      {"one outside", {team("x", "a"), team("a", "b"), team("b", "a")}, {"PB1822"}, "\"a\" is below"},
      {"two circles", {team("a", "a"), team("b", "b")}, {"PB1822", "PB1822"}, "\"a\""},
      {"no such parent", {team("a", "boss")}, {"PB1823"}, "\"boss\", which does not exist"},
      {"well", {team("a", "b"), team("b")}, {}, ""}};
  for (const Case& one : cases) {
    INFO(one.name);
    const Roster roster(one.teams);
    std::vector<std::string> codes;
    for (const TeamFlaw& flaw : roster.flaws()) codes.push_back(flaw.code);
    CHECK(codes == one.codes);
    if (!roster.flaws().empty()) CHECK_THAT(roster.flaws().front().fact, ContainsSubstring(one.fact));
    for (const store::Team& each : roster.teams()) CHECK(roster.group(each.name).size() < one.teams.size());
  }
}

TEST_CASE("a team is at work within any part of its hours") {
  store::Team desk = team("desk"), bad = team("bad");
  desk.hours = "mon-fri 08:00-17:00; sat,sun 09:00-12:00";
  desk.zone = "Europe/London";
  bad.hours = "always";
  const Roster roster({desk, bad, team("all")});
  struct Case {
    const char* at;
    bool at_work;
  };
  for (const Case& one : {Case{"2026-03-02T08:00:00Z", true},  // a Monday
                          Case{"2026-03-02T17:00:00Z", false}, Case{"2026-03-07T08:30:00Z", false},
                          Case{"2026-03-07T09:00:00Z", true}, Case{"2026-07-06T07:00:00Z", true},  // summer
                          Case{"2026-07-06T16:30:00Z", false}}) {
    INFO(one.at);
    CHECK(roster.at_work("desk", *parse_time(one.at)) == one.at_work);
    CHECK(roster.at_work("all", *parse_time(one.at)));
    CHECK(roster.at_work("bad", *parse_time(one.at)));
  }
  REQUIRE(roster.flaws().size() == 1);
  CHECK(roster.flaws().front().team == "bad");
  CHECK(roster.flaws().front().code == "PB1828");
}

TEST_CASE("what are no working hours is refused with the part that is wrong") {
  struct Case {
    const char *hours, *zone, *says;
  };
  for (const Case& one :
       {Case{"mon-fri", "", "a span of hours"}, Case{"", "", "a span"},
        Case{"mon-fry 08:00-17:00", "", "\"fry\""}, Case{"mon 8-17", "", "a span"},
        Case{"mon 08:00-25:00", "", "\"25:00\""}, Case{"mon 08:00-17:00; sat", "", "a span"},
        Case{"mon 08:00-17:00", "Europe/Lodnon", "Europe/London"}, Case{"mon- 08:00-17:00", "", "\"\""}}) {
    INFO(one.hours);
    CHECK_THROWS_WITH(TeamHours::parse(one.hours, one.zone),
                      ContainsSubstring("PB1828") && ContainsSubstring(one.says));
  }
  CHECK_NOTHROW(TeamHours::parse("FRI-mon 22:00-06:00 ; 12:00-12:30;", ""));
}

}  // namespace
}  // namespace psabridge::routing
