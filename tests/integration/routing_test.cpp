// Routing with the real binary: every symptom of tickets at the wrong team, or at none, is caused, and the
// command that an admin would ask names it; rules are tried, changed and taken back; people decide otherwise;
// values that a map does not list are counted.
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <csignal>

#include "tests/integration/served.h"

using namespace psabridge::integration;

namespace {

namespace json = boost::json;

constexpr const char* kOffice =
    "routing:\n"
    "  - { use: match, name: urgent, when: { priority: Critical }, team: noc }\n"
    "  - client_team\n"
    "  - { use: fallback, team: triage }\n";

constexpr const char* kCritical =
    "priority_id = (SELECT source_id FROM priority WHERE name = 'Critical' AND deleted_at IS NULL)";

/// The answer to a command with --json, which must end with `expected`.
json::value ask(const Stage& stage, std::vector<std::string> arguments, int expected = 0,
                const std::string& input = {}) {
  arguments.emplace_back("--json");
  const Outcome outcome = stage.run(arguments, {.input = input});
  INFO(outcome.describe());
  REQUIRE(outcome.exit_status == expected);
  return json::parse(outcome.out).at("data");
}

/// A finding of `doctor --json` that is not well, by check; empty when there is none.
std::string doctor_says(const Stage& stage, const std::string& check) {
  const Outcome outcome = stage.run({"doctor", "--json"});
  INFO(outcome.describe());
  const json::value answer = json::parse(outcome.out);
  std::string found;
  for (const json::value& finding : answer.at("data").at("findings").as_array())
    if (finding.at("check").as_string() == check && finding.at("health").as_string() != "pass")
      found += std::string(finding.at("code").as_string()) + " " +
               std::string(finding.at("fact").as_string()) + "\n";
  return found;
}

std::string text(const json::value& value) { return std::string(value.as_string()); }

std::string team_of(const Stage& stage, const std::string& ticket) {
  return stage.store().text("SELECT managed_team FROM ticket WHERE source_id = '" + ticket + "'");
}

/// An open ticket of the seed.
std::string some_ticket(const Stage& stage, const std::string& where = "1") {
  return stage.store().text("SELECT source_id FROM ticket WHERE closed = 0 AND " + where + " LIMIT 1");
}

std::string rules_file(const Stage& stage, const std::string& rules) {
  const std::string file = (stage.folder() / "new.yaml").string();
  write_text(file, rules);
  return file;
}

}  // namespace

TEST_CASE("A ticket at a team that nobody expected: explain names the rule and what it found") {
  Scene scene({.more = kOffice});
  scene.stage.sync();
  const std::string ticket = some_ticket(scene.stage, kCritical);
  const json::value why = ask(scene.stage, {"route", "explain", ticket});
  CHECK(text(why.at("team")) == "noc");
  CHECK(text(why.at("rule")) == "urgent");
  CHECK(text(why.at("rules").at(0).at("conditions").at(0).at("field")) == "priority");
  CHECK(text(why.at("rules").at(0).at("conditions").at(0).at("found")).find("Critical") != std::string::npos);
  CHECK(text(why.at("rules").at(2).at("team")) == "triage");  // what it would have been
  CHECK(why.at("history").as_array().size() == 1);
  const Outcome told = scene.stage.run({"route", "explain", ticket});
  CHECK(told.says("DECIDES: noc"));
}

TEST_CASE("A ticket that no rule decides is stored, told of by the sync, and found by log and doctor") {
  Scene scene({.more = "routing: [ client_team ]\n"});
  const Outcome synced = scene.stage.run({"sync"});
  CHECK(synced.says("PB2401"));
  CHECK(scene.stage.store().number("SELECT count(*) FROM ticket WHERE managed_team IS NOT NULL") == 0);
  CHECK(scene.stage.store().number("SELECT count(*) FROM ticket") > 0);
  const json::value log = ask(scene.stage, {"route", "log", "--trouble", "--limit", "5"});
  REQUIRE(log.as_array().size() == 5);
  CHECK(text(log.at(0).at("reason")).find("fallback") != std::string::npos);
  CHECK(doctor_says(scene.stage, "routing").find("PB2401") != std::string::npos);

  scene.stage.configure({.more = kOffice});
  ask(scene.stage, {"route", "apply", "--all"});
  CHECK(scene.stage.store().number("SELECT count(*) FROM ticket WHERE managed_team IS NULL") == 0);
  CHECK(ask(scene.stage, {"route", "log", "--trouble"}).as_array().empty());
  CHECK(doctor_says(scene.stage, "routing").empty());
}

TEST_CASE("A rule that names a team which takes no tickets is passed over, and says so") {
  Scene scene({.more = kOffice});
  ask(scene.stage, {"sync", "--entity", "client"});
  ask(scene.stage, {"teams", "add", "triage"});
  ask(scene.stage, {"teams", "add", "noc", "--no-receive"});
  const Outcome synced = scene.stage.run({"sync"});
  CHECK(synced.says("PB2401"));
  CHECK(scene.stage.store().texts("SELECT managed_team FROM ticket") == std::set<std::string>{"triage"});
  const std::string ticket = some_ticket(scene.stage, kCritical);
  const json::value why = ask(scene.stage, {"route", "explain", ticket});
  CHECK(text(why.at("rules").at(0).at("team")) == "noc");
  CHECK(text(why.at("rules").at(0).at("obstacle")).find("noc") != std::string::npos);
  CHECK(doctor_says(scene.stage, "routing").find("PB2401") != std::string::npos);
}

TEST_CASE("What a person decides stays through syncs and events, counts, and is given back to the rules") {
  Scene scene({.more = kOffice});
  scene.stage.sync();
  const std::string ticket = some_ticket(scene.stage, "NOT " + std::string(kCritical));
  const json::value given =
      ask(scene.stage, {"route", "assign", ticket, "field", "--by", "ada", "--note", "their office"});
  CHECK(text(given.at("instead_of_rule")) == "fallback");
  scene.source.let_pass(3600);
  scene.source.mutate({{"entity", "ticket"},
                       {"op", "update"},
                       {"ids", {std::stoll(ticket)}},
                       {"fields", {{"summary", "still broken"}}}});
  scene.stage.sync();
  CHECK(team_of(scene.stage, ticket) == "field");
  scene.stage.sync({"--full"});
  CHECK(team_of(scene.stage, ticket) == "field");
  bool counted = false;
  const json::value stats = ask(scene.stage, {"route", "stats"});
  for (const json::value& rule : stats.at("figures").as_array())
    if (text(rule.at("name")) == "fallback") counted = rule.at("corrected").to_number<int>() == 1;
  CHECK(counted);
  const json::value why = ask(scene.stage, {"route", "explain", ticket});
  CHECK(text(why.at("by_hand")) == "field");
  CHECK(text(why.at("assignments").at(0).at("note")) == "their office");
  CHECK(text(ask(scene.stage, {"route", "release", ticket}).at("team")) == "triage");
  CHECK(scene.stage.run({"route", "assign", "no-such-ticket", "noc"}).says("PB1602"));
}

TEST_CASE("Rules are tried on past tickets, planned, applied, and taken back, and nothing moves before") {
  Scene scene({.more = kOffice});
  scene.stage.sync();
  const std::string before = scene.stage.store().text(
      "SELECT group_concat(source_id || managed_team) FROM (SELECT * FROM ticket ORDER BY id)");
  const std::string rules = rules_file(scene.stage, "routing: [ { use: fallback, team: everybody } ]\n");
  const json::value tried = ask(scene.stage, {"route", "backtest", "--rules", rules}, 6);
  CHECK(tried.at("moved").to_number<int>() == scene.stage.store().number("SELECT count(*) FROM ticket"));
  CHECK(text(tried.at("samples").at(0).at("to")) == "everybody");
  CHECK(ask(scene.stage, {"route", "plan"}).at("moved").to_number<int>() == 0);

  const std::string old_version = text(ask(scene.stage, {"route", "versions"}).at(0).at("version"));
  scene.stage.configure({.more =
                             "routing: [ { use: fallback, team: everybody } ]\nshadow: [ client_team, { use: "
                             "fallback, team: triage } ]\n"});
  CHECK(scene.stage.run({"plan"}).says("routing rules have changed"));
  const json::value planned = ask(scene.stage, {"route", "plan"}, 6);
  const auto open = scene.stage.store().number("SELECT count(*) FROM ticket WHERE closed = 0");
  CHECK(planned.at("moved").to_number<int>() == open);
  CHECK(scene.stage.store().text(
            "SELECT group_concat(source_id || managed_team) FROM (SELECT * FROM ticket ORDER BY id)") ==
        before);
  CHECK(ask(scene.stage, {"route", "apply"}).at("moved").to_number<int>() == open);
  CHECK(scene.stage.store().number("SELECT count(*) FROM ticket WHERE managed_team = 'everybody'") == open);
  CHECK(ask(scene.stage, {"route", "apply"}).at("moved").to_number<int>() == 0);
  CHECK(ask(scene.stage, {"route", "shadow"}, 6).at("moved").to_number<int>() == open);

  ask(scene.stage, {"route", "rollback", old_version});
  ask(scene.stage, {"route", "apply"});
  CHECK(scene.stage.store().text(
            "SELECT group_concat(source_id || managed_team) FROM (SELECT * FROM ticket ORDER BY id)") ==
        before);
  CHECK(ask(scene.stage, {"route", "versions"}).as_array().size() == 3);
  CHECK(scene.stage.run({"route", "rollback", "0000000000000000"}).says("PB2404"));
}

TEST_CASE("A ticket that need not exist is tested, and nothing of it is saved") {
  Scene scene({.more = kOffice});
  scene.stage.sync();
  const auto tickets = scene.stage.store().number("SELECT count(*) FROM ticket");
  CHECK(text(ask(scene.stage, {"route", "test", "priority_name=Critical", "priority_id=999"}).at("team")) ==
        "noc");
  CHECK(text(ask(scene.stage, {"route", "test", "--json-file", "-"}, 0, R"({"summary":"x","closed":false})")
                 .at("team")) == "triage");
  const std::string critical = some_ticket(scene.stage, kCritical);
  CHECK(text(ask(scene.stage, {"route", "test", "--from-source", critical}).at("team")) == "noc");
  CHECK(scene.stage.run({"route", "test", "--from-source", "99999999"}).says("PB1602"));
  CHECK(scene.stage.run({"route", "test", "sumary=x"}).says("summary"));
  CHECK(scene.stage.run({"route", "test"}).says("PB1601"));
  CHECK(scene.stage.store().number("SELECT count(*) FROM ticket") == tickets);
}

TEST_CASE("Rules with mistakes are refused with their place, and change nothing") {
  Scene scene({.more = kOffice});
  scene.stage.sync();
  struct Case {
    std::string rules, code;
  };
  const std::vector<Case> cases{
      {"  - { use: fallback, team: a }\n  - { use: fallback, team: b }\n", "PB2419"},
      {"  - { use: match, when: {}, team: a }\n", "PB2413"},
      {"  - { use: match, when: { prioritty: 1 }, team: a }\n", "PB2411"},
      {"  - { use: match, when: { closed: { above: 3 } }, team: a }\n", "PB2412"},
      {"  - { use: match, when: { summary: { mathces: x } }, team: a }\n", "PB2414"},
      {"  - { use: match, when: { summary: { matches: \"((a{1,1000}){1,1000}){1,1000}\" } }, team: a }\n",
       "PB2415"},
      {"  - { use: match, name: x, team: a, when: { closed: true } }\n  - { use: match, name: x, team: b }\n",
       "PB1004"},
      {"  - { use: match, when: { closed: true } }\n", "PB1007"},
      {"  - { use: mtach, team: a }\n", "PB1050"},
      {"  - { use: round_robin, teams: [ a ], group: b }\n", "PB10"},
  };
  for (const Case& one : cases) {
    INFO(one.rules);
    scene.stage.configure({.more = "routing:\n" + one.rules});
    const Outcome outcome = scene.stage.run({"validate"});
    INFO(outcome.describe());
    CHECK(outcome.exit_status == 2);
    CHECK(outcome.says(one.code));
    CHECK(outcome.says("psabridge.yaml:"));
  }
}

TEST_CASE("A daemon routes what webhooks bring, and a file with a mistake leaves the old rules in force") {
  Scene scene;
  Served served(scene, "1h", kOffice);
  served.start_whole();
  const auto tickets = [&] { return scene.stage.store().number("SELECT count(*) FROM ticket"); };
  const auto nowhere = [&] {
    return scene.stage.store().number("SELECT count(*) FROM ticket WHERE managed_team IS NULL");
  };
  const auto before = tickets();
  change_some(scene.source);
  served.settle();
  CHECK(tickets() == before + 3);
  CHECK(nowhere() == 0);

  const std::string whole = read_text(scene.stage.config());
  write_text(scene.stage.config(), whole + "\n  - { use: match, when: { pri");  // half-written
  served.process().signal(SIGHUP);
  await("the refusal of the new file",
        [&] { return served.process().err().find("the old one stays in force") != std::string::npos; });
  write_text(scene.stage.config(), whole);
  change_some(scene.source);
  served.settle();
  CHECK(tickets() == before + 6);
  CHECK(nowhere() == 0);
  const std::string ticket = some_ticket(scene.stage);
  CHECK(text(ask(scene.stage, {"route", "assign", ticket, "field"}).at("team")) == "field");  // by the daemon
  CHECK(team_of(scene.stage, ticket) == "field");
  served.stop();
}

TEST_CASE("Values that a map does not list are kept, replaced, held or left out, and counted") {
  struct Case {
    std::string policy;
    std::string high;  // what becomes of the value that is not listed; "-": not stored
  };
  for (const Case& one :
       {Case{"keep", "2"}, Case{"default", "normal"}, Case{"hold", "-"}, Case{"reject", "-"}}) {
    INFO(one.policy);
    const std::string map =
        "map:\n  ticket:\n    severity: { from: customfields.CFSeverity, values: { \"1\": critical"
        "%s }, default: normal, unmapped: " +
        one.policy + " }\n";
    const auto with = [&](const std::string& more) {
      std::string text = map;
      return text.replace(text.find("%s"), 2, more);
    };
    Scene scene({.more = with("")});
    ask(scene.stage, {"sync"}, one.policy == "hold" ? 5 : 0);
    const std::string stored =
        "SELECT count(*) FROM ticket WHERE json_extract(custom, '$.CFSeverity') = 'High'";
    CHECK((scene.stage.store().number(stored) == 0) == (one.high == "-"));
    if (one.high != "-")
      CHECK(scene.stage.store().texts(
                "SELECT severity FROM ticket WHERE json_extract(custom, '$.CFSeverity') = "
                "'High'") == std::set<std::string>{one.high});
    std::int64_t times = 0;
    const json::value values = ask(scene.stage, {"values", "list", "--unmapped"});
    for (const json::value& value : values.as_array())
      if (text(value.at("value")) == "2") {
        times = value.at("times").to_number<std::int64_t>();
        CHECK(text(value.at("policy")) == one.policy);
        CHECK_FALSE(text(value.at("sample")).empty());
        CHECK_FALSE(text(value.at("first_at")).empty());
      }
    CHECK(times >= 1);
    CHECK(doctor_says(scene.stage, "values").find("PB1407") != std::string::npos);

    scene.stage.configure({.more = with(", \"2\": high, \"3\": medium, \"4\": low, \"0\": none")});
    ask(scene.stage, {"sync"});
    CHECK(scene.stage.store().texts(
              "SELECT severity FROM ticket WHERE json_extract(custom, '$.CFSeverity') = 'High'") ==
          std::set<std::string>{"high"});
  }
}
