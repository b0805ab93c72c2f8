// The routing rules: which team each gives a ticket to, what it says of it, and what holds whatever comes.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <optional>
#include <psabridge/json.hpp>
#include <psabridge/testkit.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace psabridge::test {
namespace {

using sdk::Failure;
using sdk::Outcome;
using testkit::Records;
using testkit::Situation;

/// Team and reason by ticket.
using Routes = std::map<std::size_t, std::pair<std::string, std::string>>;
/// Team by ticket.
using Choices = std::map<std::size_t, std::string>;

const std::vector<std::string> kRules = {"client_team", "fallback",    "least_loaded", "match",
                                         "on_hours",    "round_robin", "sticky"};

const testkit::Plugin& plugin(const std::string& rule) {
  static std::map<std::string, testkit::Plugin> loaded;
  const auto found = loaded.find(rule);
  if (found != loaded.end()) return found->second;
  return loaded.emplace(rule, testkit::Plugin(PSABRIDGE_PLUGIN_DIR "/routing_" + rule + ".so")).first->second;
}

/// An instance of a rule.
class Rule {
 public:
  explicit Rule(const std::string& role, std::string_view settings = "{}")
      : rule_(plugin(role).routing(role, settings, host_)) {}

  Routes routes(const Records& tickets, const Situation& situation) {
    Routes routes;
    for (const auto& [ticket, route] : rule_.decide(tickets, situation))
      routes[ticket] = {route.team, route.reason};
    return routes;
  }
  Choices choices(const Records& tickets, const Situation& situation) {
    Choices choices;
    for (const auto& [ticket, route] : routes(tickets, situation)) {
      CHECK(route.second.ends_with('.'));
      choices[ticket] = route.first;
    }
    return choices;
  }
  std::vector<std::string> warnings() const {
    std::vector<std::string> texts;
    texts.reserve(host_.log.size());
    for (const auto& [level, text] : host_.log) {
      CHECK(level == sdk::Level::warning);
      texts.push_back(text);
    }
    return texts;
  }

 private:
  testkit::FakeHost host_;
  testkit::RoutingRule rule_;
};

/// Tickets with the ids `first`, `first` + 1, ... and nothing else.
Records tickets(std::size_t count, std::size_t first = 1) {
  Records records("ticket", {"summary"});
  for (std::size_t i = 0; i < count; ++i) records.add(std::to_string(first + i), {});
  return records;
}

/// By Ann about two assets, on a Sunday at eight.
Records anns_ticket() {
  Records records("ticket", {"client_id", "contact_id", "contact_name", "asset_ids", "opened_at"});
  records.add("1", {sdk::Value::text("12"), sdk::Value::text("7"), sdk::Value::text("Ann Lee"),
                    sdk::Value::json(R"(["4","9"])"), sdk::Value::time("2026-03-01T08:00:00.000Z")});
  return records;
}

/// Three teams of the support, and one that has no parent.
std::vector<Situation::Team> teams(std::uint64_t field, std::uint64_t noc, std::uint64_t triage) {
  return {{.name = "field", .parent = "support", .open_tickets = field, .all_tickets = field},
          {.name = "noc", .parent = "support", .open_tickets = noc, .all_tickets = noc},
          {.name = "sales"},
          {.name = "triage", .parent = "support", .open_tickets = triage, .all_tickets = triage}};
}
Situation::Team& team(Situation& situation, std::string_view name) {
  return *std::ranges::find(situation.teams, name, &Situation::Team::name);
}

/// How many tickets each team has.
std::map<std::string, std::size_t> loads(const Choices& choices) {
  std::map<std::string, std::size_t> loads;
  for (const auto& [ticket, team] : choices) ++loads[team];
  return loads;
}
std::size_t largest_difference(const std::map<std::string, std::size_t>& loads) {
  std::vector<std::size_t> counts;
  counts.reserve(loads.size());
  for (const auto& [team, count] : loads) counts.push_back(count);
  return std::ranges::max(counts) - std::ranges::min(counts);
}

/// The situation after the rule's decisions were stored.
Situation after(Situation situation, const Choices& choices) {
  for (const auto& [ticket, name] : choices) {
    situation.present[ticket] = {.team = name, .by_this_rule = true};
    ++team(situation, name).open_tickets;
    ++team(situation, name).all_tickets;
  }
  return situation;
}

struct Case {
  std::string name, rule, settings;
  Situation situation;
  std::optional<std::pair<std::string, std::string>> decision;  ///< team and reason of Ann's ticket
};

void check_cases(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    INFO(c.rule << ": " << c.name);
    const Routes decided = Rule(c.rule, c.settings).routes(anns_ticket(), c.situation);
    CHECK(decided == (c.decision ? Routes{{0, *c.decision}} : Routes{}));
  }
}

}  // namespace

TEST_CASE("client_team, match and fallback send a ticket where they are told to") {
  check_cases({
      {"a link that fits",
       "client_team",
       "{}",
       {.linked = {{0, {"noc", "The link of client Acme is for incidents."}}}},
       {{"noc", "The link of client Acme is for incidents."}}},
      {"no link that fits, whatever the client is linked to otherwise",
       "client_team",
       "{}",
       {.links = {{"12", "noc"}}},
       {}},
      {"every ticket",
       "match",
       R"({"team": "noc"})",
       {},
       {{"noc", "The rule's conditions hold, so team \"noc\" takes it."}}},
      {"every ticket",
       "fallback",
       R"({"team": "triage"})",
       {},
       {{"triage", "No other rule decided, so the fallback team \"triage\" takes it."}}},
  });
}

TEST_CASE("on_hours asks for the working hours of its team alone") {
  const std::string opened = "It was opened at 2026-03-01T08:00:00.000Z, ";
  check_cases({
      {"within",
       "on_hours",
       R"({"team": "noc"})",
       {},
       {{"noc", opened + "within the working hours of team \"noc\"."}}},
      {"within, the others are at home",
       "on_hours",
       R"({"team": "noc", "otherwise": "night"})",
       {.off_work = {{0, "night"}}},
       {{"noc", opened + "within the working hours of team \"noc\"."}}},
      {"outside, and nobody else is named", "on_hours", R"({"team": "noc"})", {.off_work = {{0, "noc"}}}, {}},
      {"outside",
       "on_hours",
       R"({"team": "noc", "otherwise": "night"})",
       {.off_work = {{0, "noc"}, {0, "night"}}},
       {{"night", opened + "outside the working hours of team \"noc\", so team \"night\" takes it."}}},
  });
}

TEST_CASE("sticky follows another open ticket of the same contact or asset") {
  const std::string contact =
      "The newest other open ticket with the same contact (Ann Lee) is with team \"noc\".";
  const std::string asset =
      "The newest other open ticket with one of the same assets ([\"4\",\"9\"]) is with team \"field\".";
  const std::map<std::pair<std::size_t, std::string>, std::string> kin = {{{0, "contact_id"}, "noc"},
                                                                          {{0, "asset_ids"}, "field"}};
  Situation contact_team_pauses{.teams = teams(0, 0, 0), .kin = kin};
  team(contact_team_pauses, "noc").receives = false;
  check_cases({
      {"both, the contact counts first", "sticky", "{}", {.kin = kin}, {{"noc", contact}}},
      {"both, the asset counts first",
       "sticky",
       R"({"by": ["asset", "contact"]})",
       {.kin = kin},
       {{"field", asset}}},
      {"the asset alone is asked for", "sticky", R"({"by": ["asset"]})", {.kin = kin}, {{"field", asset}}},
      {"the contact alone is asked for, and has none",
       "sticky",
       R"({"by": ["contact"]})",
       {.kin = {{{0, "asset_ids"}, "field"}}},
       {}},
      {"a team that receives nothing", "sticky", "{}", contact_team_pauses, {{"field", asset}}},
      {"a team that is not declared any more",
       "sticky",
       "{}",
       {.teams = teams(0, 0, 0), .kin = {{{0, "contact_id"}, "gone"}}},
       {}},
      {"nothing in common", "sticky", "{}", {.teams = teams(0, 0, 0)}, {}},
  });
}

TEST_CASE("round_robin and least_loaded choose the team with the fewest tickets") {
  Situation counts{.teams = teams(3, 1, 2)};
  team(counts, "triage").open_tickets = 0;  // it closed what it got
  const Situation nobody_at_work{.teams = teams(3, 1, 2),
                                 .off_work = {{0, "field"}, {0, "noc"}, {0, "triage"}}};
  std::vector<Situation::Team> many;
  for (const char letter : std::string("abcdefg"))
    many.push_back({.name = std::string(1, letter), .parent = "support", .all_tickets = 4});
  check_cases({
      {"of those named",
       "round_robin",
       R"({"teams": ["triage", "field"]})",
       counts,
       {{"triage", R"(Team "triage" got the fewest tickets so far: "triage" 2, "field" 3.)"}}},
      {"of a group",
       "round_robin",
       R"({"group": "support"})",
       counts,
       {{"noc", R"(Team "noc" got the fewest tickets so far: "noc" 1, "triage" 2, "field" 3.)"}}},
      {"open ones",
       "least_loaded",
       R"({"group": "support"})",
       counts,
       {{"triage", R"(Team "triage" has the fewest open tickets: "triage" 0, "noc" 1, "field" 3.)"}}},
      {"equal ones by name",
       "round_robin",
       R"({"teams": ["triage", "noc", "field"]})",
       {.teams = teams(2, 2, 2)},
       {{"field", R"(Team "field" got the fewest tickets so far: "field" 2, "noc" 2, "triage" 2.)"}}},
      {"many",
       "round_robin",
       R"({"group": "support"})",
       {.teams = many},
       {{"a", R"(Team "a" got the fewest tickets so far: "a" 4, "b" 4, "c" 4, "d" 4, "e" 4 and 2 more.)"}}},
      {"at work",
       "least_loaded",
       R"({"group": "support", "at_work": true})",
       {.teams = teams(3, 1, 2), .off_work = {{0, "noc"}}},
       {{"triage",
         R"(Of the teams at work when it was opened, team "triage" has the fewest open tickets: "triage" 2, "field" 3.)"}}},
      {"not asked who is at work",
       "least_loaded",
       R"({"group": "support"})",
       {.teams = teams(3, 1, 2), .off_work = {{0, "noc"}}},
       {{"noc", R"(Team "noc" has the fewest open tickets: "noc" 1, "triage" 2, "field" 3.)"}}},
      {"nobody at work",
       "round_robin",
       R"({"teams": ["noc", "field"], "at_work": true})",
       nobody_at_work,
       {{"noc",
         R"(No team was at work when it was opened; of all, team "noc" got the fewest tickets so far: "noc" 1, "field" 3.)"}}},
      {"a ticket that the rule gave away before",
       "round_robin",
       R"({"group": "support", "at_work": true})",
       {.teams = teams(3, 1, 2), .present = {{0, {"field", true}}}, .off_work = {{0, "field"}}},
       {{"field", R"(The rule gave it to team "field" before.)"}}},
      {"a ticket that another rule gave away",
       "round_robin",
       R"({"group": "support"})",
       {.teams = teams(3, 1, 2), .present = {{0, {"field", false}}}},
       {{"noc", R"(Team "noc" got the fewest tickets so far: "noc" 1, "triage" 2, "field" 3.)"}}},
      {"a ticket whose team is not among the rule's any more",
       "round_robin",
       R"({"group": "support"})",
       {.teams = teams(3, 1, 2), .present = {{0, {"sales", true}}}},
       {{"noc", R"(Team "noc" got the fewest tickets so far: "noc" 1, "triage" 2, "field" 3.)"}}},
      {"a team that is not declared",
       "round_robin",
       R"({"teams": ["attic", "field"]})",
       {.teams = teams(3, 1, 2)},
       {{"field", R"(Team "field" got the fewest tickets so far: "field" 3.)"}}},
  });
}

TEST_CASE("a rule that spreads tickets spreads them evenly, in however many calls") {
  for (const std::string rule : {"round_robin", "least_loaded"}) {
    const Situation start{.teams = teams(0, 0, 0)};
    const Choices at_once = Rule(rule, R"({"group": "support"})").choices(tickets(1000), start);
    CHECK(at_once.size() == 1000);
    CHECK(loads(at_once).size() == 3);
    CHECK(largest_difference(loads(at_once)) <= 1);

    for (const std::size_t size : {1U, 7U, 250U}) {
      INFO(rule << " in calls of " << size);
      Rule one_by_one(rule, R"({"teams": ["triage", "noc", "field"]})");
      Situation now = start;
      Choices choices;
      for (std::size_t done = 0; done < 1000; done += size) {
        const Choices part = one_by_one.choices(tickets(std::min(size, 1000 - done), done + 1), now);
        for (const auto& [ticket, team] : part) choices[done + ticket] = team;
        now = after(now, part);
        now.present.clear();  // of the tickets of the next call
      }
      CHECK(choices == at_once);
    }
  }
}

TEST_CASE("a team that got fewer before catches up") {
  const Choices choices =
      Rule("least_loaded", R"({"group": "support"})").choices(tickets(100), {.teams = teams(50, 0, 10)});
  CHECK(loads(choices) == std::map<std::string, std::size_t>{{"field", 4}, {"noc", 53}, {"triage", 43}});
}

TEST_CASE("deciding again changes nothing") {
  for (const std::string rule : {"round_robin", "least_loaded"})
    for (const std::string settings :
         {R"({"group": "support"})", R"({"teams": ["noc", "triage"], "at_work": true})"}) {
      INFO(rule << " " << settings);
      Situation start{.teams = teams(40, 0, 7)};
      for (std::size_t ticket = 0; ticket < 300; ticket += 3) start.off_work.insert({ticket, "noc"});
      Rule used(rule, settings);
      const Choices first = used.choices(tickets(300), start);
      CHECK(used.choices(tickets(300), start) == first);
      CHECK(Rule(rule, settings).choices(tickets(300), start) == first);
      const Situation stored = after(start, first);
      CHECK(used.choices(tickets(300), stored) == first);

      Situation paused = stored;
      team(paused, "noc").receives = false;
      const Choices moved = used.choices(tickets(300), paused);
      for (const auto& [ticket, choice] : moved)
        CHECK((choice == first.at(ticket) || first.at(ticket) == "noc"));
      CHECK_FALSE(loads(moved).contains("noc"));
    }
}

TEST_CASE("a team that does not receive tickets is never chosen") {
  const std::vector<std::pair<std::string, std::string>> rules = {
      {"round_robin", R"({"group": "support"})"},
      {"least_loaded", R"({"teams": ["field", "noc", "triage"], "at_work": true})"},
      {"sticky", "{}"}};
  for (const auto& rule : rules)
    for (unsigned receiving = 0; receiving < 8; ++receiving) {
      INFO(rule.first << ", receiving " << receiving);
      Situation situation{.teams = teams(9, 0, 4), .off_work = {{1, "triage"}, {2, "field"}, {2, "noc"}}};
      const std::vector<std::string> names = {"field", "noc", "triage"};
      for (std::size_t i = 0; i < names.size(); ++i) {
        team(situation, names[i]).receives = (receiving >> i & 1U) != 0;
        situation.present[i] = {names[i], true};
        situation.kin[{i, "contact_id"}] = names[i];
        situation.kin[{i + 1, "asset_ids"}] = names[i];
      }
      const Choices choices = Rule(rule.first, rule.second).choices(tickets(20), situation);
      for (const auto& [ticket, choice] : choices) CHECK(team(situation, choice).receives);
      if (rule.first != "sticky") CHECK(choices.size() == (receiving == 0 ? 0 : 20));
    }
}

TEST_CASE("without declared teams the ticket's id chooses") {
  for (const std::string rule : {"round_robin", "least_loaded"}) {
    Rule spread(rule, R"({"teams": ["triage", "noc", "field"]})");
    const Choices at_once = spread.choices(tickets(1000), {});
    CHECK(at_once.size() == 1000);
    for (const auto& [team, count] : loads(at_once)) CHECK((count > 280 && count < 390));
    for (std::size_t i = 0; i < 1000; i += 37)
      CHECK(spread.choices(tickets(1, i + 1), {}) == Choices{{0, at_once.at(i)}});
    CHECK(spread.routes(tickets(1), {.present = {{0, {"noc", true}}}}) ==
          Routes{{0, {"noc", R"(The rule gave it to team "noc" before.)"}}});
    const auto [team, reason] = spread.routes(tickets(1), {}).at(0);
    CHECK(reason == "Team \"" + team +
                        "\" of 3 is chosen by the ticket's id: tickets are counted for declared teams only.");
    CHECK(spread.warnings().empty());
  }
}

TEST_CASE("a rule that has no team to choose says so once") {
  const std::vector<Situation::Team> paused = {{.name = "noc", .parent = "support", .receives = false}};
  struct {
    std::string settings;
    std::vector<Situation::Team> teams;
    std::string warning;
  } const cases[] = {
      {R"({"group": "support"})",
       {},
       "No team is declared, so that \"support\" is the parent of none: the rule decides nothing."},
      {R"({"group": "support"})", paused,
       "No team that receives tickets has the parent \"support\": the rule decides nothing."},
      {R"({"teams": ["noc", "gone"]})", paused,
       "None of the teams that share the tickets is declared and receives any: the rule decides nothing."}};
  for (const auto& c : cases) {
    INFO(c.warning);
    Rule rule("round_robin", c.settings);
    for (int call = 0; call < 3; ++call) CHECK(rule.choices(tickets(2), {.teams = c.teams}).empty());
    CHECK(rule.warnings() == std::vector{c.warning});
    CHECK(rule.choices(tickets(2), {.teams = teams(0, 0, 0)}).size() == 2);
    CHECK(rule.choices(tickets(2), {.teams = c.teams}).empty());
    CHECK(rule.warnings() == std::vector{c.warning, c.warning});
  }
}

TEST_CASE("no rule minds odd tickets") {
  const std::string huge(5'000'000, '7');
  Records odd("ticket", {"client_id", "contact_id", "contact_name", "asset_ids", "opened_at"});
  odd.add("", {});
  odd.add(huge, {sdk::Value::text(huge), sdk::Value::text(huge), sdk::Value::text(huge),
                 sdk::Value::json(huge), sdk::Value::null()});
  odd.add("3",
          {sdk::Value::integer(-1), sdk::Value::boolean(true), sdk::Value::null(),
           sdk::Value::text("no JSON"), sdk::Value::text("soon")},
          "null", "no JSON");
  Situation situation{.teams = teams(1, 2, 3)};
  for (std::size_t ticket = 0; ticket < odd.size(); ++ticket) {
    situation.linked[ticket] = {"noc", "The client is linked to it."};
    situation.kin[{ticket, "contact_id"}] = "noc";
  }
  const std::map<std::string, std::string> settings = {{"fallback", R"({"team": "noc"})"},
                                                       {"match", R"({"team": "noc"})"},
                                                       {"on_hours", R"({"team": "noc"})"},
                                                       {"least_loaded", R"({"teams": ["noc"]})"},
                                                       {"round_robin", R"({"group": "support"})"}};
  for (const std::string& name : kRules) {
    INFO(name);
    const auto given = settings.find(name);
    Rule rule(name, given == settings.end() ? "{}" : given->second);
    const Routes routes = rule.routes(odd, situation);
    CHECK(routes.size() == odd.size());
    for (const auto& [ticket, route] : routes) CHECK((!route.second.empty() && route.second.size() < 300));
    CHECK(rule.routes(Records("ticket", {}), situation).empty());
  }
}

TEST_CASE("settings that make no sense are refused with a sentence") {
  const std::pair<std::string, std::string> cases[] = {
      {"fallback", "{}"},
      {"match", R"({"team": ""})"},
      {"on_hours", R"({"otherwise": "noc"})"},
      {"sticky", R"({"by": ["site"]})"},
      {"round_robin", "{}"},
      {"round_robin", R"({"teams": []})"},
      {"least_loaded", R"({"teams": ["noc"], "group": "support"})"}};
  for (const auto& c : cases) {
    INFO(c.first << " " << c.second);
    try {
      const Rule rule(c.first, c.second);
      FAIL("it was created");
    } catch (const Failure& failure) {
      CHECK(failure.outcome() == Outcome::invalid);
      CHECK(std::string(failure.what()).ends_with('.'));
    }
  }
}

TEST_CASE("every setting of a rule is described, and no other is taken") {
  for (const std::string& name : kRules) {
    INFO(name);
    const psabridge_str text = plugin(name).role(PSABRIDGE_ROLE_ROUTING, name).settings_schema;
    const sdk::Json schema = sdk::Json::parse({text.data, text.size});
    CHECK_FALSE(schema["additionalProperties"].boolean(true));
    for (const auto& [setting, form] : schema["properties"].members()) {
      INFO(setting);
      CHECK_FALSE(form["description"].text().empty());
    }
  }
}

}  // namespace psabridge::test
