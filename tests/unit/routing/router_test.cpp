// Where tickets go: real rules, asked by the router over a real store.
#include "core/routing/router.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <map>
#include <set>

#include "core/plugin/offline_host.h"
#include "tests/unit/routing/tickets.h"
#include "tests/unit/store/store_fixture.h"

namespace psabridge::routing {
namespace {

namespace json = boost::json;
using Catch::Matchers::ContainsSubstring;

const plugin::Registry& registry() {
  static const plugin::Registry* const loaded = [] {
    auto* const made = new plugin::Registry;
    for (const char* rule :
         {"client_team", "match", "fallback", "round_robin", "least_loaded", "sticky", "on_hours"})
      made->load_file(std::filesystem::path(PSABRIDGE_PLUGIN_DIR) / ("routing_" + std::string(rule) + ".so"));
    made->load_file(PSABRIDGE_KEYWORD_RULE);  // an integrator's own
    return made;
  }();
  return *loaded;
}

/// A store, rules, and tickets that go through both.
class Desk {
 public:
  explicit Desk(const std::string& rules) : store_(folder_) {
    store_->prepare(std::vector<EntitySchema>{kTicket, kClient, kContact, kAsset, kPriority});
    use(rules);
  }

  /// The rules are these from now on.
  void use(const std::string& rules) {
    router_ = std::make_unique<Router>(
        std::make_unique<RuleSet>(config::load_rules(rules, "rules.yaml"), kSchemas, registry(), host_),
        "acme", host_);
    rules_id_ = keep_rules(*router_, "main", store_.writer(), format_time(store_.clock.now()));
  }

  void team(const std::string& name, bool receives = true, const std::string& parent = {}) {
    store_->in_one(
        [&] { store_->teams().put({.name = name, .title = "", .parent = parent, .receives = receives}); });
  }
  void link(const std::string& client, const std::string& team) {
    store::Link made;
    made.connection = "acme";
    made.client = client;
    made.team = team;
    store_->in_one([&] { store_->teams().add_link(made); });
  }
  void store_client(const std::string& id, const std::string& name) {
    store_.commit(store::Page(kClient).add(id, "1", {{"name", text_value(name)}}));
  }

  /// The ticket is written as a run writes it; gives what was decided.
  RouteDecision write(const std::string& id, const json::object& fields) {
    Batch batch = batch_of({{id, fields}});
    batches_.push_back(std::move(batch));
    Batch& kept = batches_.back();
    router_->begin();
    store_->in_one([&] {
      router_->decide(kept, rules_id_, store_.writer(), {});
      store::Commit commit;
      commit.run = store_.run();
      commit.pipeline = "main";
      commit.batch = &kept;
      store_->commit({&commit, 1}, {});
    });
    return kept.verdicts.front().route;
  }

  Batch batch_of(const std::vector<std::pair<std::string, json::object>>& tickets) {
    Batch batch;
    batch.connection = "acme";
    batch.schema = &kTicket;
    for (const auto& [id, fields] : tickets) {
      json::object whole = fields;
      whole.emplace("summary", "printer on fire");
      Record record = records_.make(kTicket, id, whole);
      record.version = borrow(batch.arena->keep(std::to_string(++version_)));
      record.raw = borrow("{}");
      batch.records.push_back(record);
      Verdict& verdict = batch.verdicts.emplace_back();
      verdict.content_hash[0] = static_cast<std::uint8_t>(version_);
      verdict.packed_raw = "";
    }
    return batch;
  }

  std::string team_of(const std::string& ticket) {
    return store_->decisions().whereabouts("acme", ticket).team;
  }
  std::vector<store::Decision> history(const std::string& ticket) {
    return store_->decisions().find({.connection = "acme", .ticket = ticket});
  }

  store::OpenStore& store() { return store_; }
  Router& router() { return *router_; }

 private:
  store::TestFolder folder_;
  store::OpenStore store_;
  plugin::OfflineHost host_;
  std::unique_ptr<Router> router_;
  std::int64_t rules_id_ = 0;
  Records records_;
  std::deque<Batch> batches_;
  int version_ = 0;
};

constexpr const char* kOffice = R"(routing:
  - { use: match, name: urgent, when: { priority: P1 }, team: noc }
  - client_team
  - { use: match, name: acme, when: { client.name: { starts_with: Acme } }, team: field }
  - { use: fallback, team: triage }
)";

}  // namespace

TEST_CASE("the first rule that decides sends the ticket, and the store knows why") {
  Desk desk(kOffice);
  desk.link("7", "east");
  desk.store_client("8", "Acme Ltd");
  struct Case {
    json::object ticket;
    std::string team, rule, reason;
  };
  const std::vector<Case> cases{
      {{{"client_id", "7"}, {"priority_id", "1"}, {"priority_name", "P1"}}, "noc", "urgent", "conditions"},
      {{{"client_id", "7"}, {"priority_id", "3"}}, "east", "client_team", "7"},
      {{{"client_id", "8"}}, "field", "acme", "conditions"},
      {{{"client_id", "9"}}, "triage", "fallback", "fallback"},
      {{}, "triage", "fallback", "fallback"},
  };
  int id = 0;
  for (const Case& one : cases) {
    const std::string ticket = std::to_string(++id);
    INFO(json::serialize(one.ticket));
    const RouteDecision decision = desk.write(ticket, one.ticket);
    CHECK(decision.team == one.team);
    CHECK(decision.rule == one.rule);
    CHECK_THAT(std::string(decision.reason), ContainsSubstring(one.reason));
    CHECK(desk.team_of(ticket) == one.team);
    REQUIRE(desk.history(ticket).size() == 1);
    CHECK(desk.history(ticket).front().reason == decision.reason);
  }
  const json::value evidence = json::parse(desk.history("1").front().evidence);
  CHECK(json::serialize(evidence.at("conditions")).find("P1") != std::string::npos);
  CHECK(json::serialize(evidence.at("also")) == R"(["client_team","fallback"])");
}

TEST_CASE("the same ticket is decided the same, and only a change is kept") {
  Desk desk(kOffice);
  const json::object ticket{{"client_id", "9"}};
  desk.write("1", ticket);
  desk.write("1", ticket);
  CHECK(desk.history("1").size() == 1);
  desk.link("9", "east");
  CHECK(desk.write("1", ticket).team == "east");
  const auto history = desk.history("1");
  REQUIRE(history.size() == 2);
  CHECK(history[0].team == "east");
  CHECK(history[1].team == "triage");
}

TEST_CASE("a ticket that no rule decides has no team and says what to do") {
  Desk desk("routing: [ client_team ]");
  CHECK(desk.write("1", {{"client_id", "9"}}).team.empty());
  const auto troubled = desk.store()->decisions().find({.troubled = true, .latest = true});
  REQUIRE(troubled.size() == 1);
  CHECK(troubled[0].ticket == "1");
  CHECK_THAT(troubled[0].reason, ContainsSubstring("fallback"));
  desk.link("9", "east");
  desk.write("1", {{"client_id", "9"}});
  CHECK(desk.store()->decisions().find({.troubled = true, .latest = true}).empty());
}

TEST_CASE("a team that takes no tickets gets none: the next rule is asked, and the decision says so") {
  Desk desk(kOffice);
  desk.team("noc", false);
  desk.team("triage");
  const RouteDecision decision = desk.write("1", {{"priority_name", "P1"}, {"priority_id", "1"}});
  CHECK(decision.team == "triage");
  CHECK(decision.troubled);
  const json::value evidence = json::parse(decision.evidence);
  REQUIRE(evidence.at("passed_over").as_array().size() == 1);
  CHECK(evidence.at("passed_over").at(0).at("rule").as_string() == "urgent");
  CHECK(evidence.at("passed_over").at(0).at("team").as_string() == "noc");
  desk.link("9", "gone");  // a team that nobody declared
  CHECK(desk.write("2", {{"client_id", "9"}}).team == "triage");
}

TEST_CASE("a person's word holds until it is released, and counts against the rule that was wrong") {
  Desk desk(kOffice);
  desk.write("1", {{"client_id", "9"}});
  desk.store()->in_one([&] {
    desk.store()->decisions().assign({.connection = "acme",
                                      .ticket = "1",
                                      .team = "noc",
                                      .by = "ada",
                                      .at = "2026-03-01T09:00:00.000Z",
                                      .instead_of_team = "triage",
                                      .instead_of_rule = "fallback"});
  });
  CHECK(desk.write("1", {{"client_id", "9"}}).team == "noc");
  CHECK(desk.write("1", {{"client_id", "9"}, {"priority_id", "1"}}).rule == kByHand);
  const auto figures = desk.store()->decisions().accuracy(store::Decisions::By::rule, {});
  const auto fallback = std::ranges::find(figures, "fallback", &store::Accuracy::name);
  REQUIRE(fallback != figures.end());
  CHECK(fallback->decided == 1);
  CHECK(fallback->corrected == 1);
  desk.store()->in_one([&] {
    CHECK(desk.store()->decisions().release("acme", "1", "ada", "2026-03-01T10:00:00.000Z"));
    CHECK_FALSE(desk.store()->decisions().release("acme", "1", "ada", "2026-03-01T10:00:00.000Z"));
  });
  CHECK(desk.write("1", {{"client_id", "9"}}).team == "triage");
}

TEST_CASE("the load of teams follows their tickets") {
  Desk desk(kOffice);
  const auto load = [&](const std::string& team) {
    for (const store::Load& one : desk.store()->decisions().loads())
      if (one.team == team) return std::pair(one.open, one.all);
    return std::pair<std::uint64_t, std::uint64_t>(0, 0);
  };
  using Counts = std::pair<std::uint64_t, std::uint64_t>;
  for (int id = 1; id <= 3; ++id) desk.write(std::to_string(id), {{"closed", false}});
  CHECK(load("triage") == Counts(3, 3));
  desk.write("1", {{"closed", true}});
  CHECK(load("triage") == Counts(2, 3));
  desk.write("2", {{"closed", false}, {"priority_name", "P1"}, {"priority_id", "1"}});
  CHECK(load("triage") == Counts(1, 2));
  CHECK(load("noc") == Counts(1, 1));
  desk.store().commit(store::Page(kTicket).only_id("3", Fate::deleted, "99"));
  CHECK(load("triage") == Counts(0, 1));
}

TEST_CASE("tickets are shared out evenly over many transactions, and stay where they went") {
  for (const std::string rule : {"round_robin", "least_loaded"}) {
    Desk desk("routing: [ { use: " + rule + ", group: desk } ]");
    desk.team("desk", false);
    for (const char* team : {"a", "b", "c"}) desk.team(team, true, "desk");
    std::map<std::string, int> got;
    std::map<std::string, std::string> first;
    for (int id = 1; id <= 30; ++id) {
      const std::string team(desk.write(std::to_string(id), {{"closed", false}}).team);
      ++got[team];
      first[std::to_string(id)] = team;
    }
    INFO(rule);
    CHECK(got == std::map<std::string, int>{{"a", 10}, {"b", 10}, {"c", 10}});
    for (const auto& [id, team] : first)
      CHECK(desk.write(id, {{"closed", false}, {"summary", "changed"}}).team == team);
  }
}

TEST_CASE("sticky sends a ticket where another open one of its person or device is") {
  Desk desk(R"(routing:
  - { use: sticky }
  - { use: match, when: { priority: P1 }, team: noc }
  - { use: fallback, team: triage }
)");
  desk.write("1",
             {{"contact_id", "5"}, {"priority_id", "1"}, {"priority_name", "P1"}, {"asset_ids", {"77"}}});
  CHECK(desk.write("2", {{"contact_id", "5"}}).team == "noc");
  CHECK(desk.write("3", {{"contact_id", "6"}, {"asset_ids", {"70", "77"}}}).team == "noc");
  CHECK(desk.write("4", {{"contact_id", "6"}}).team == "noc");  // of ticket 3
  CHECK(desk.write("5", {{"contact_id", "8"}, {"asset_ids", {"7"}}}).team == "triage");
  for (const char* id : {"1", "2", "3", "4"}) desk.write(id, {{"contact_id", "5"}, {"closed", true}});
  CHECK(desk.write("6", {{"contact_id", "5"}}).team == "triage");
}

TEST_CASE("an integrator's own rule stands among ours, with conditions") {
  Desk desk(R"(routing:
  - { use: keyword, name: printers, when: { client: 7 }, word: fire, team: brigade }
  - { use: fallback, team: triage }
)");
  const RouteDecision decision = desk.write("1", {{"client_id", "7"}});
  CHECK(decision.team == "brigade");
  CHECK(decision.rule == "printers");
  CHECK(desk.write("2", {{"client_id", "8"}}).team == "triage");
  CHECK(desk.write("3", {{"client_id", "7"}, {"summary", "water"}}).team == "triage");
}

TEST_CASE("what every rule says of a ticket is told, whoever decides") {
  Desk desk(kOffice);
  desk.link("7", "east");
  const Batch batch =
      desk.batch_of({{"1", {{"client_id", "7"}, {"priority_id", "1"}, {"priority_name", "P1"}}}});
  const auto opinions = desk.router().opinions(batch, 0, desk.store().writer(), {});
  REQUIRE(opinions.size() == 4);
  CHECK(opinions[0].team == "noc");
  CHECK(opinions[1].team == "east");
  CHECK_FALSE(opinions[2].holds);
  CHECK(opinions[2].evidence.front().path == "client.name");
  CHECK(opinions[3].team == "triage");
  CHECK(desk.history("1").empty());
}

TEST_CASE("rules that can never be asked, and conditions that mean nothing, are refused with their place") {
  const auto problems = [](const std::string& rules) {
    return said(check_rules(config::load_rules(rules, "rules.yaml"), kSchemas, registry(), "routing"));
  };
  struct Case {
    std::string rules, place_and_code, part;
  };
  const std::vector<Case> cases{
      {"routing:\n  - { use: fallback, team: a }\n  - { use: fallback, team: b }\n", "3:5 PB2419", "line 2"},
      {"routing:\n  - { use: match, when: { priority: 1 }, team: a }\n"
       "  - { use: match, when: { priority: 1, closed: false }, team: b }\n",
       "3:5 PB2419", "never asked"},
      {"routing:\n  - { use: match, when: {}, team: a }\n", "2:25 PB2413", "when"},
      {"routing:\n  - { use: match, when: { prioritty: 1 }, team: a }\n", "PB2411", "priority"},
      {"routing:\n  - { use: match, when: { summary: { matches: \"(\" } }, team: a }\n", "PB2415", "matches"},
  };
  for (const Case& one : cases) {
    INFO(one.rules);
    const auto found = problems(one.rules);
    REQUIRE(found.size() == 1);
    CHECK_THAT(found.front(), ContainsSubstring(one.place_and_code) && ContainsSubstring(one.part));
  }
  CHECK(problems(kOffice).empty());
}

TEST_CASE("versions of the rules are kept, and the same rules are one version") {
  Desk desk(kOffice);
  const auto versions = [&] { return desk.store()->decisions().rule_versions("main"); };
  desk.use(kOffice);
  CHECK(versions().size() == 1);
  desk.use("routing: [ { use: fallback, team: triage } ]");
  desk.use(kOffice);
  REQUIRE(versions().size() == 3);
  CHECK(versions()[0].version == versions()[2].version);
  CHECK(versions()[0].version != versions()[1].version);
}

}  // namespace psabridge::routing
