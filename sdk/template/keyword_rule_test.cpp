// Usage: keyword_rule_test PLUGIN.so
#include <cstdio>
#include <cstdlib>
#include <psabridge/testkit.hpp>

namespace {

using namespace psabridge;

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "failed: %s\n", what);
  std::exit(1);
}

}  // namespace

int main(int, char** arguments) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(arguments[1]);
  auto rule = plugin.routing("keyword", R"({"word": "printer", "team": "field"})", host);

  testkit::Records tickets("ticket", {"summary"});
  tickets.add("1", {sdk::Value::text("The printer is on fire")});
  tickets.add("2", {sdk::Value::text("Cannot read my mail")});
  tickets.add("3", {sdk::Value::null()});
  const auto routes = rule.decide(tickets);

  check(routes.size() == 1, "one ticket is routed");
  check(routes.at(0).team == "field", "it goes to the team of the settings");
  check(routes.at(0).reason.find("printer") != std::string::npos, "the reason names the word");

  testkit::Situation at_night;
  at_night.off_work.insert({0, "field"});
  check(rule.decide(tickets, at_night).empty(), "outside the team's working hours the next rule is asked");
}
