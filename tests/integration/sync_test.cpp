// Whole syncs of a Halo tenant: what arrives, what a quiet one costs, what filters and options choose, and
// what holds it back.
#include <algorithm>
#include <boost/json/array.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <chrono>
#include <csignal>
#include <regex>
#include <thread>

#include "tests/integration/harness.h"

using namespace psabridge::integration;

namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds kGlance{2};  // between looks at a sync that is under way

std::set<std::string> ids_of(const Truth& truth) {
  std::set<std::string> ids;
  for (const auto& [id, row] : truth) ids.insert(id);
  return ids;
}

std::set<std::string> texts(const std::vector<std::int64_t>& ids) {
  std::set<std::string> all;
  for (const std::int64_t id : ids) all.insert(std::to_string(id));
  return all;
}

json::array array_of(const Truth& truth, std::size_t first, std::size_t count) {
  json::array ids;
  for (const auto& [id, row] : truth) {
    if (first > 0)
      --first;
    else if (ids.size() < count)
      ids.push_back(std::stoll(id));
  }
  return ids;
}

/// Makes each read of a ticket's notes take a while, so that a sync is surely under way when the test acts.
json::object slow_notes() {
  return {{"slow_answer", {{"resource", "actions"}, {"times", 0}, {"value", 30}}}};
}

/// Waits until a sync reads notes: the tickets before them are stored by then.
void await_notes(Process& process, Source& source) {
  while (source.requests("actions") < 3) {
    REQUIRE_FALSE(process.ended());
    std::this_thread::sleep_for(kGlance);
  }
}

std::string plan_hash(const Outcome& plan) {
  std::smatch found;
  const std::string text = plan.out + plan.err;
  REQUIRE(std::regex_search(text, found, std::regex("[0-9a-f]{32}")));
  return found.str();
}

std::int64_t deleted_in_store(const Stage& stage, const std::string& entity) {
  return stage.store().number("SELECT count(*) FROM " + entity + " WHERE deleted_at IS NOT NULL");
}

}  // namespace

// --- what arrives, and what it costs ---

TEST_CASE("A first sync stores every record of every entity, and the store obeys its rules") {
  Scene scene;
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
  for (const std::string entity : {"client", "site", "contact", "agent", "team", "ticket", "note", "asset"}) {
    INFO(entity);
    CHECK(scene.stage.store().live(entity) == ids_of(scene.source.truth(entity)));
    CHECK_FALSE(scene.stage.store().live(entity).empty());
  }
  const Outcome verified = scene.stage.run({"verify"});
  INFO(verified.describe());
  CHECK(verified.exit_status == 0);
}

TEST_CASE("A sync of an unchanged source asks once per entity and writes nothing but its line in the log") {
  Scene scene;
  scene.stage.sync();
  const std::string before = scene.stage.store().dump();
  scene.source.reset_ledger();
  scene.stage.sync();
  CHECK(scene.stage.store().dump() == before);
  for (const char* resource : {"client", "site", "users", "tickets", "asset", "agent", "team"}) {
    INFO(resource);
    CHECK(scene.source.requests(resource) == 1);
  }
  CHECK(scene.source.requests("actions") == 0);
  CHECK(scene.stage.store().number("SELECT count(*) FROM psabridge_run") == 2);
}

TEST_CASE("A full read asks for no more than its pages and two") {
  Scene scene;
  scene.stage.sync();
  const auto shape = small_shape();
  const auto pages = [](std::int64_t rows, std::int64_t limit) { return (rows + limit - 1) / limit; };
  CHECK(scene.source.requests("tickets") <= pages(shape.tickets, 100) + 2);
  CHECK(scene.source.requests("asset") <= pages(shape.assets, 50) + 2);
  CHECK(scene.source.requests("client") <= pages(shape.clients, 100) + 2);
}

TEST_CASE("Changed tickets cost a request per hundred, and the notes of just those") {
  Scene scene;
  scene.stage.sync();
  const std::int64_t changed = GENERATE(1, 90, 130);
  scene.source.let_pass(3600);
  const auto ids = scene.source.mutate(
      {{"entity", "ticket"}, {"op", "update"}, {"count", changed}, {"fields", {{"summary", "Changed"}}}});
  scene.source.reset_ledger();
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
  CHECK(scene.source.requests("tickets") == (changed + 99) / 100);
  std::set<std::string> asked;
  for (const std::string& query : scene.source.queries("actions")) {
    std::smatch found;
    if (std::regex_search(query, found, std::regex("ticket_id=([0-9]+)"))) asked.insert(found[1]);
  }
  CHECK(asked == texts(ids));
  CHECK(scene.source.requests("actions") == changed);
}

TEST_CASE("Changes of every kind arrive with the next sync") {
  Scene scene;
  scene.stage.sync();
  scene.source.let_pass(3600);
  const auto updated = scene.source.mutate(
      {{"entity", "ticket"}, {"op", "update"}, {"fields", {{"summary", "The printer burns"}}}});
  const auto created = scene.source.mutate({{"entity", "ticket"}, {"op", "create"}, {"count", 3}});
  scene.source.mutate({{"entity", "ticket"}, {"op", "close"}, {"count", 2}});
  scene.source.mutate({{"entity", "ticket"}, {"op", "reopen"}, {"count", 2}});
  scene.source.mutate({{"entity", "note"}, {"op", "create"}, {"count", 4}});
  scene.source.mutate({{"entity", "note"}, {"op", "delete"}, {"count", 1}});
  scene.source.mutate({{"entity", "client"}, {"op", "create"}});
  scene.source.mutate({{"entity", "site"}, {"op", "create"}});
  scene.source.mutate(
      {{"entity", "contact"}, {"op", "update"}, {"count", 2}, {"fields", {{"inactive", true}}}});
  scene.source.mutate({{"entity", "asset"}, {"op", "touch"}, {"count", 5}});
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
  CHECK(scene.stage.differences_from_fresh_store() == "");
  const StoreFile store = scene.stage.store();
  CHECK(store.text("SELECT summary FROM ticket WHERE source_id = '" + std::to_string(updated.front()) +
                   "'") == "The printer burns");
  CHECK(std::ranges::includes(store.live("ticket"), texts(created)));
}

TEST_CASE("Tickets are read open first, or closed first, as the pipeline says") {
  const bool open_first = GENERATE(true, false);
  Scene scene(
      {.entities = open_first ? "{ ticket: { open_first: true } }" : "{ ticket: { open_first: false } }"});
  scene.stage.sync();
  CHECK(scene.source.queries("tickets").front().find(open_first ? "open_only=true" : "closed_only=true") !=
        std::string::npos);
  CHECK(scene.stage.differences() == "");
}

// --- deletions ---

TEST_CASE("Records that are gone from the source are found by a full sync and marked as deleted") {
  Scene scene;
  scene.stage.sync();
  scene.source.mutate({{"entity", "ticket"}, {"op", "delete"}, {"count", 4}});
  scene.source.mutate({{"entity", "asset"}, {"op", "delete"}, {"count", 2}});
  scene.source.mutate({{"entity", "contact"}, {"op", "delete"}, {"count", 1}});
  scene.stage.sync({"--full"});
  CHECK(scene.stage.store().live("ticket") == ids_of(scene.source.truth("ticket")));
  CHECK(scene.stage.store().live("asset") == ids_of(scene.source.truth("asset")));
  CHECK(scene.stage.store().live("contact") == ids_of(scene.source.truth("contact")));
  CHECK(deleted_in_store(scene.stage, "ticket") == 4);
  CHECK(deleted_in_store(scene.stage, "note") > 0);
  CHECK(
      scene.stage.store().number("SELECT count(*) FROM note JOIN ticket ON ticket.source_id = note.ticket_id"
                                 " WHERE note.deleted_at IS NULL AND ticket.deleted_at IS NOT NULL") == 0);
  CHECK(scene.stage.differences() == "");

  scene.source.mutate({{"entity", "ticket"}, {"op", "restore"}, {"count", 4}});
  scene.stage.sync();
  CHECK(scene.stage.store().live("ticket") == ids_of(scene.source.truth("ticket")));
  CHECK(deleted_in_store(scene.stage, "ticket") == 0);
}

TEST_CASE("The guard holds a mass delete until it is approved") {
  Scene scene({.more = "guard: { delete_share: 5%, delete_count: 500 }"});
  scene.stage.sync();
  const Truth before = scene.source.truth("ticket");
  scene.source.mutate({{"entity", "ticket"}, {"op", "delete"}, {"ids", array_of(before, 10, 60)}});
  const Outcome held = scene.stage.sync({"--full"}, 5);
  CHECK(held.says("PB1501"));
  CHECK(scene.stage.store().live("ticket") == ids_of(before));

  const std::string id = scene.stage.store().text("SELECT id FROM psabridge_hold WHERE state = 'waiting'");
  const Outcome listed = scene.stage.run({"holds", "list"});
  CHECK(listed.exit_status == 0);
  CHECK(listed.says("ticket"));
  REQUIRE(scene.stage.run({"holds", "approve", id}).exit_status == 0);
  scene.stage.sync({"--full"});
  CHECK(scene.stage.store().live("ticket") == ids_of(scene.source.truth("ticket")));
  CHECK(scene.stage.store().number("SELECT count(*) FROM psabridge_hold WHERE state = 'waiting'") == 0);
}

// --- filters and options ---

namespace {

/// A filter, and the records that it lets through, said in SQL over an unfiltered store. "$" stands for what
/// `value` selects.
struct FilterCase {
  const char* entities;
  const char* entity;
  const char* value;
  const char* condition;
};

std::string with_value(std::string text, const std::string& value) {
  for (auto at = text.find('$'); at != std::string::npos; at = text.find('$', at + value.size()))
    text.replace(at, 1, value);
  return text;
}

std::string selection(const FilterCase& row, const std::string& value) {
  return "SELECT source_id FROM " + std::string(row.entity) + " WHERE deleted_at IS NULL AND (" +
         with_value(row.condition, value) + ")";
}

}  // namespace

TEST_CASE("Filters let through exactly the records that they name") {
  const auto row = GENERATE(values<FilterCase>({
      {"{ client: { active: true } }", "client", "SELECT ''", "inactive IS NOT 1"},
      {"{ contact: { active: false } }", "contact", "SELECT ''", "inactive = 1"},
      {"{ client: { clients: [\"$\"] } }", "client", "SELECT name FROM client LIMIT 1 OFFSET 3",
       "name = '$'"},
      {"{ site: { clients: [$] } }", "site",
       "SELECT client_id FROM site WHERE client_id IS NOT NULL LIMIT 1 OFFSET 2", "client_id = '$'"},
      {"{ contact: { sites: [$] } }", "contact",
       "SELECT site_id FROM contact WHERE site_id IS NOT NULL LIMIT 1 OFFSET 5", "site_id = '$'"},
      {"{ asset: { types: [\"$\"] } }", "asset", "SELECT asset_type_name FROM asset LIMIT 1",
       "asset_type_name = '$'"},
      {"{ asset: { statuses: [\"$\"] } }", "asset", "SELECT status_name FROM asset LIMIT 1",
       "status_name = '$'"},
      {"{ asset: { active: true, clients: [$] } }", "asset",
       "SELECT client_id FROM asset WHERE client_id IS NOT NULL LIMIT 1",
       "inactive IS NOT 1 AND client_id = '$'"},
      {"{ ticket: { open: true } }", "ticket", "SELECT ''", "closed = 0"},
      {"{ ticket: { open: false } }", "ticket", "SELECT ''", "closed = 1"},
      {"{ ticket: { since: \"$\" } }", "ticket",
       "SELECT source_updated_at FROM ticket WHERE closed = 1 ORDER BY 1 LIMIT 1 OFFSET 60",
       "closed = 0 OR source_updated_at >= '$'"},
      {"{ ticket: { until: \"$\" } }", "ticket", "SELECT opened_at FROM ticket ORDER BY 1 LIMIT 1 OFFSET 100",
       "opened_at <= '$'"},
      {"{ ticket: { statuses: [\"$\"] } }", "ticket",
       "SELECT name FROM status WHERE source_id IN (SELECT status_id FROM ticket) LIMIT 1",
       "status_id = (SELECT source_id FROM status WHERE name = '$')"},
      {"{ ticket: { teams: [\"$\"] } }", "ticket",
       "SELECT team_name FROM ticket WHERE team_name IS NOT NULL LIMIT 1", "team_name = '$'"},
      {"{ ticket: { types: [\"$\"] } }", "ticket",
       "SELECT name FROM ticket_type WHERE source_id IN (SELECT ticket_type_id FROM ticket) LIMIT 1",
       "ticket_type_id = (SELECT source_id FROM ticket_type WHERE name = '$')"},
      {"{ ticket: { sites: [$], open: true } }", "ticket",
       "SELECT site_id FROM ticket WHERE closed = 0 AND site_id IS NOT NULL LIMIT 1",
       "closed = 0 AND site_id = '$'"},
  }));
  Scene scene;
  scene.stage.sync();
  REQUIRE(scene.stage.differences() == "");
  const StoreFile whole = scene.stage.store();
  const std::string value = whole.text(row.value);
  const auto expected = whole.texts(selection(row, value));
  INFO(with_value(row.entities, value));
  REQUIRE_FALSE(expected.empty());
  REQUIRE(expected.size() < whole.live(row.entity).size());

  const Stage filtered(scene.source, {.entities = with_value(row.entities, value)});
  filtered.sync();
  CHECK(filtered.store().live(row.entity) == expected);
}

TEST_CASE("A filter that names nothing is refused by name") {
  Scene scene({.entities = "{ ticket: { teams: [\"No such team\"] } }"});
  const Outcome outcome = scene.stage.sync({}, 2);
  CHECK(outcome.says("PB1055"));
  CHECK(outcome.says("No such team"));
}

TEST_CASE("A sync with --entity reads that entity and what it needs, and no other") {
  Scene scene;
  scene.stage.sync({"--entity", "asset"});
  CHECK(scene.stage.store().live("asset") == ids_of(scene.source.truth("asset")));
  CHECK(scene.source.requests("tickets") == 0);
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
}

TEST_CASE("With --client and --since a run is narrowed and moves no cursor") {
  Scene scene;
  scene.stage.sync();
  const StoreFile whole = scene.stage.store();
  const std::string client = whole.text("SELECT client_id FROM ticket WHERE client_id IS NOT NULL LIMIT 1");
  const std::string since = whole.text("SELECT source_updated_at FROM ticket ORDER BY 1 LIMIT 1 OFFSET 150");
  const Stage narrowed(scene.source);

  SECTION("one client") {
    narrowed.sync({"--client", client, "--entity", "ticket"});
    CHECK(narrowed.store().live("ticket") ==
          whole.texts("SELECT source_id FROM ticket WHERE client_id = '" + client + "'"));
  }
  SECTION("since a time") {
    narrowed.sync({"--since", since, "--entity", "ticket"});
    CHECK(narrowed.store().live("ticket") ==
          whole.texts("SELECT source_id FROM ticket WHERE source_updated_at >= '" + since + "'"));
  }
  CHECK(narrowed.store().number(
            "SELECT count(*) FROM psabridge_position WHERE entity = 'ticket' AND cursor <> ''") == 0);
  narrowed.sync();
  CHECK(narrowed.differences() == "");
}

TEST_CASE("plan and --dry-run show what would change and change not one byte") {
  Scene scene;
  scene.stage.sync();
  scene.source.let_pass(3600);
  scene.source.mutate({{"entity", "ticket"}, {"op", "create"}, {"count", 7}});
  const std::string before = read_text(scene.stage.database());
  const std::vector<std::string> command =
      GENERATE(values<std::vector<std::string>>({{"plan"}, {"sync", "--dry-run"}}));
  const Outcome outcome = scene.stage.run(command);
  INFO(outcome.describe());
  CHECK((outcome.exit_status == 0 || outcome.exit_status == 6));
  CHECK(outcome.says("7"));
  CHECK(outcome.says("ticket"));
  CHECK(read_text(scene.stage.database()) == before);
  CHECK_FALSE(std::filesystem::exists(scene.stage.database().string() + "-wal"));
}

TEST_CASE("A plan's hash applies what was shown, and is refused once the source moved") {
  Scene scene;
  scene.stage.sync();
  scene.source.let_pass(3600);
  scene.source.mutate({{"entity", "ticket"}, {"op", "create"}, {"count", 3}});
  const std::string hash = plan_hash(scene.stage.run({"plan"}));

  SECTION("applied") {
    scene.stage.sync({"--plan", hash});
    CHECK(scene.stage.differences() == "");
  }
  SECTION("refused") {
    scene.source.mutate({{"entity", "ticket"}, {"op", "create"}});
    const std::string before = scene.stage.store().dump();
    const Outcome refused = scene.stage.sync({"--plan", hash}, 7);
    CHECK(refused.says("PB1502"));
    CHECK(scene.stage.store().dump() == before);
    scene.stage.sync();
    CHECK(scene.stage.differences() == "");
  }
}

// --- several syncs, and stopped ones ---

TEST_CASE("Of two syncs at once the second is told who writes, and the first is not disturbed") {
  Scene scene;
  scene.source.switch_faults(slow_notes());
  Process first = scene.stage.start({"sync"});
  await_notes(first, scene.source);
  const Outcome second = scene.stage.sync({}, 7);
  CHECK(second.says("PB1302"));
  CHECK(second.says(std::to_string(first.id())));
  scene.source.switch_faults_off();
  const Outcome ended = first.wait();
  INFO(ended.describe());
  CHECK(ended.exit_status == 0);
  CHECK(scene.stage.differences() == "");
}

TEST_CASE("A stopped sync keeps what it committed, and the next one goes on from there") {
  const auto [signal, status] = GENERATE(table<int, int>({{SIGINT, 130}, {SIGTERM, 143}}));
  Scene scene;
  scene.source.switch_faults(slow_notes());
  Process process = scene.stage.start({"sync"});
  await_notes(process, scene.source);
  process.signal(signal);
  const Outcome stopped = process.wait();
  INFO(stopped.describe());
  CHECK(stopped.exit_status == status);
  CHECK(scene.stage.store().text("SELECT state FROM psabridge_run") == "stopped");
  CHECK(scene.stage.store().live("client") == ids_of(scene.source.truth("client")));

  scene.source.switch_faults_off();
  scene.source.reset_ledger();
  scene.stage.sync();
  CHECK(scene.source.requests("tickets") == 1);  // what was read before is not read again
  CHECK(scene.stage.differences() == "");
}

// --- routing and mapping ---

TEST_CASE("A ticket goes to the team of its client's link, and to the fallback team otherwise") {
  Scene scene({.more = "routing:\n  - client_team\n  - { use: fallback, team: triage }"});
  scene.stage.sync();
  CHECK(scene.stage.store().texts("SELECT managed_team FROM ticket") == std::set<std::string>{"triage"});
  const std::string client =
      scene.stage.store().text("SELECT client_id FROM ticket WHERE client_id IS NOT NULL LIMIT 1");
  const Outcome linked = scene.stage.run({"links", "add", client, "noc"});
  INFO(linked.describe());
  REQUIRE(linked.exit_status == 0);
  scene.stage.sync({"--full"});
  const StoreFile store = scene.stage.store();
  const auto tickets = [&](const std::string& where) {
    return store.texts("SELECT source_id FROM ticket WHERE " + where);
  };
  CHECK(tickets("managed_team = 'noc'") == tickets("client_id = '" + client + "'"));
  CHECK(tickets("managed_team = 'triage'") == tickets("client_id IS NOT '" + client + "'"));
  CHECK(tickets("routed_by IS NULL OR routed_reason IS NULL").empty());
}

TEST_CASE("A custom field is mapped to a canonical one, value by value") {
  Scene scene({.more = "map:\n  ticket:\n    severity: { from: customfields.CFSeverity, values: { \"1\": "
                       "critical, \"2\": high } }"});
  scene.stage.sync();
  const StoreFile store = scene.stage.store();
  std::map<std::string, std::set<std::string>> severities;
  for (const auto& row : store.rows("SELECT json_extract(custom, '$.CFSeverity'), severity FROM ticket"))
    severities[row.at(0)].insert(row.at(1));
  // `custom` shows what people see; the map works on the value behind it.
  CHECK(severities["Critical"] == std::set<std::string>{"critical"});
  CHECK(severities["High"] == std::set<std::string>{"high"});
  CHECK(severities["Medium"] == std::set<std::string>{"3"});
}
