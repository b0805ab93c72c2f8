#include "core/routing/reachability.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/routing/tickets.h"

namespace psabridge::routing {
namespace {

std::vector<Unreachable> found_in(const std::vector<std::string>& texts, const std::vector<bool>& decide) {
  Vocabulary vocabulary(kSchemas);
  std::vector<Condition> rules;
  for (const std::string& text : texts)
    rules.push_back(text.empty() ? Condition() : compiled(text, vocabulary));
  return unreachable(rules, decide, vocabulary);
}

TEST_CASE("a rule is unreachable when an earlier condition follows from its own") {
  struct Case {
    std::string earlier, later;
    bool unreachable;
  };
  for (const Case& c : {
           Case{"", "{priority: 1}", true},
           Case{"", "", true},
           Case{"{priority: 1}", "", false},
           Case{"{priority: 1}", "{priority: 1}", true},
           Case{"{priority: Urgent}", "{priority_id: URGENT}", true},
           Case{"{priority: 1}", "{priority: Urgent}", false},  // names may move to another id
           Case{"{priority: [1, 2, 3]}", "{priority: [3, 1], client: 4}", true},
           Case{"{priority: [3, 1]}", "{priority: [1, 2, 3]}", false},
           Case{"{priority: 1, client: 4}", "{priority: 1}", false},
           Case{"{client: {starts_with: ac}}", "{client: [ACME, \"acorn ltd\"]}", true},
           Case{"{client: {starts_with: ac}}", "{client: [ACME, zeta]}", false},
           Case{"{client: {glob: \"a*\"}}", "{client: ACME}", true},
           Case{"{client: {matches: acme}}", "{client: acme}", false},  // ACME also passes the later one
           Case{"{child_count: {above: 2}}", "{child_count: [3, 4]}", true},
           Case{"{child_count: {above: 2}}", "{child_count: [2, 3]}", false},
           Case{"{child_count: {above: 2}}", "{child_count: {at_least: 3}}", true},
           Case{"{child_count: {above: 2}}", "{child_count: {at_least: 2}}", false},
           Case{"{child_count: {at_least: 2}}", "{child_count: {above: 2, below: 9}}", true},
           Case{"{child_count: {at_least: 2, below: 5}}", "{child_count: {above: 2}}", false},
           Case{"{opened_at: {within: 2h}}", "{opened_at: {within: 1h}}", true},
           Case{"{opened_at: {within: 1h}}", "{opened_at: {within: 2h}}", false},
           Case{"{opened_at: {after: 2h}}", "{opened_at: {after: 2026-01-01}}", false},  // now moves
           Case{"{opened_at: {after: 2h}}", "{opened_at: \"2026-01-01\"}", false},
           Case{"{opened_at: {after: 2025-01-01}}", "{opened_at: \"2026-01-01\"}", true},
           Case{"{summary: {contains: [vpn, mail]}}", "{summary: {contains: [\"VPN down\"]}}", true},
           Case{"{summary: {contains: vpn}}", "{summary: {starts_with: \"the vpn\"}}", true},
           Case{"{summary: {starts_with: vpn}}", "{summary: {contains: vpn}}", false},
           Case{"{summary: {starts_with: vpn}}", "{summary: {starts_with: \"vpn down\"}}", true},
           Case{"{summary: {ends_with: vpn}}", "{summary: {ends_with: \"the vpn\"}}", true},
           Case{"{summary: {matches: [a, b]}}", "{summary: {matches: b}}", true},
           Case{"{summary: {matches: a}}", "{summary: {matches: b}}", false},
           Case{"{summary: {exists: true}}", "{summary: {contains: x}}", true},
           Case{"{summary: {exists: true}}", "{summary: {exists: false}}", false},
           Case{"{contact: {exists: true}}", "{contact: Zoe}", false},  // a name without a record
           Case{"{details: {contains: x}}", "{summary: {contains: x}}", false},
           Case{"{priority: {not: [1, 2]}}", "{priority: {not: [1, 2, 3]}}", true},
           Case{"{priority: {not: [1, 2, 3]}}", "{priority: {not: [1, 2]}}", false},
           Case{"{not: {priority: 1, client: 2}}", "{not: {priority: 1}}", true},
           Case{"{not: {priority: 1}}", "{not: {priority: 1, client: 2}}", false},
           Case{"{any: [{priority: 1}, {client: 2}]}", "{client: 2, closed: true}", true},
           Case{"{any: [{priority: 1}, {client: 2}]}", "{any: [{client: 2}, {priority: 1}]}", true},
           Case{"{any: [{priority: 1}, {client: 2}]}", "{any: [{client: 2}, {priority: 3}]}", false},
           Case{"{priority: [1, 2]}", "{any: [{priority: 1, closed: true}, {priority: 2}]}", true},
           Case{"{all: [{priority: 1}, {all: [{closed: true}]}]}", "{closed: true, priority: 1}", true},
           Case{"{now: {during: {from: 08:00, to: 17:00}}}",
                "{now: {during: {from: 08:00, to: 17:00, zone: UTC}}}", true},
           Case{"{now: {during: {from: 08:00, to: 17:00}}}", "{now: {during: {from: 08:00, to: 16:00}}}",
                false},
       }) {
    CAPTURE(c.earlier, c.later);
    CHECK(found_in({c.earlier, c.later}, {true, true}).empty() != c.unreachable);
    CHECK(found_in({c.earlier, c.later}, {false, true}).empty());
  }
}

TEST_CASE("the first rule that decides is named, and the rules come in order") {
  const auto found =
      found_in({"{priority: [1, 2]}", "{client: 7}", "{priority: 2, client: 7}", "", "{closed: true}"},
               {true, true, true, true, true});
  REQUIRE(found.size() == 2);
  CHECK(found[0].rule == 2);
  CHECK(found[0].earlier == 0);
  CHECK(found[1].rule == 4);
  CHECK(found[1].earlier == 3);
}

}  // namespace
}  // namespace psabridge::routing
