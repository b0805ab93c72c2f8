// What Super IT decides gets to Halo, once, and shows when it does not: the real binary against the sandbox.
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <csignal>

#include "tests/integration/served.h"

using namespace psabridge::integration;

namespace {

namespace json = boost::json;

constexpr const char* kPreloaded = PSABRIDGE_KILL_AT_LIBRARY;
constexpr const char* kWriteBack = "write_back: { fields: [team, agent, status, priority, notes] }\n";
constexpr const char* kTickets = "{ agent: {}, team: {}, ticket: { notes: true } }";

PipelineText writing(const std::string& more = kWriteBack) { return {.entities = kTickets, .more = more}; }

/// The answer to a command with --json; it must not fail.
json::value ask(const Stage& stage, std::vector<std::string> arguments) {
  arguments.emplace_back("--json");
  const Outcome outcome = stage.run(arguments);
  INFO(outcome.describe());
  REQUIRE(outcome.exit_status == 0);
  return json::parse(outcome.out).at("data");
}

std::string text(const json::value& value, std::string_view key) {
  const json::value& member = value.at(key);
  return member.is_string() ? std::string(member.get_string()) : json::serialize(member);
}

/// Changes of one state, newest first.
json::array changes(const Stage& stage, const std::string& state) {
  return ask(stage, {"outbox", "list", "--state", state}).as_array();
}

/// A scene with one synced open ticket.
struct Desk {
  explicit Desk(const std::string& more = kWriteBack) : scene(writing(more)) {
    ticket = std::to_string(scene.source
                                .mutate({{"entity", "ticket"},
                                         {"op", "create"},
                                         {"count", 1},
                                         {"fields", {{"summary", "The printer burns"}, {"agent_id", 2}}}})
                                .front());
    scene.stage.sync();
    scene.source.reset_ledger();
    team_before = column("team_name");
    for (const std::string& name : scene.stage.store().texts("SELECT name FROM team ORDER BY name"))
      if (name != team_before) (team.empty() ? team : third) = name;
    REQUIRE_FALSE(third.empty());
  }

  std::string column(const std::string& name) const {
    return scene.stage.store().text("SELECT " + name + " FROM ticket WHERE source_id = '" + ticket + "'");
  }
  json::value set(const std::string& change) {
    return ask(scene.stage, {"ticket", "set", ticket, change, "--by", "anna"});
  }
  json::value send() { return ask(scene.stage, {"outbox", "send"}).at(0); }
  std::size_t posts(const std::string& resource) { return scene.source.posts(resource); }
  /// Somebody changes the ticket in Halo.
  void change_in_halo(const json::object& fields) {
    scene.source.let_pass(60);
    scene.source.mutate(
        {{"entity", "ticket"}, {"op", "update"}, {"ids", {std::stoll(ticket)}}, {"fields", fields}});
  }

  Scene scene;
  std::string ticket, team_before, team, third;
};

}  // namespace

TEST_CASE("Without write_back nothing is ever written, and the commands say so") {
  Desk desk("guard: {}\n");
  const Outcome refused = desk.scene.stage.run({"ticket", "set", desk.ticket, "team=" + desk.team});
  CHECK(refused.exit_status != 0);
  CHECK(refused.says("PB2301"));
  CHECK(desk.scene.stage.run({"ticket", "note", desk.ticket, "x"}).says("PB2301"));
  CHECK(desk.scene.stage.run({"outbox", "send"}).says("PB2301"));
  CHECK(desk.scene.stage.run({"outbox", "list"}).says("Write-back to halo is off"));
  CHECK(desk.posts("tickets") + desk.posts("actions") == 0);
}

TEST_CASE("A change is written, confirmed by what Halo shows, and comes back without causing another") {
  Desk desk;
  desk.set("team=" + desk.team);
  desk.set("status=In Progress");
  desk.set("agent=3");
  CHECK(desk.posts("tickets") == 0);
  CHECK(text(desk.send(), "confirmed") == "3");
  CHECK(desk.posts("tickets") == 1);  // one row with all of it
  desk.scene.source.let_pass(60);
  desk.scene.stage.sync();
  CHECK(desk.column("team_name") == desk.team);
  CHECK(desk.column("agent_id") == "3");
  CHECK(desk.column("status_id") == "2");
  CHECK(text(desk.set("team=" + desk.team).at(0), "change") == "null");
  CHECK(changes(desk.scene.stage, "waiting").empty());
  CHECK(changes(desk.scene.stage, "confirmed").size() == 3);
  desk.send();
  CHECK(desk.posts("tickets") == 1);
}

TEST_CASE("A dry run shows each request and makes none that changes anything") {
  Desk desk;
  desk.set("team=" + desk.team);
  ask(desk.scene.stage, {"ticket", "note", desk.ticket, "Called back", "--private"});
  const json::value seen = ask(desk.scene.stage, {"outbox", "send", "--dry-run"}).at(0);
  REQUIRE(seen.at("calls").as_array().size() == 1);  // the note follows the team
  CHECK(text(seen.at("calls").at(0), "method") == "POST");
  CHECK(text(seen.at("calls").at(0), "url").ends_with("/api/Tickets"));
  const json::value body = json::parse(text(seen.at("calls").at(0), "body"));
  CHECK(text(body.at(0), "team") == desk.team);
  CHECK(desk.posts("tickets") + desk.posts("actions") == 0);
  CHECK(changes(desk.scene.stage, "waiting").size() == 2);
}

TEST_CASE("What somebody changed in Halo meanwhile is shown and not written over") {
  Desk desk;
  desk.set("team=" + desk.team);
  desk.change_in_halo({{"team", desk.third}});
  CHECK(text(desk.send(), "conflicts") == "1");
  CHECK(desk.posts("tickets") == 0);
  const json::array conflicts = changes(desk.scene.stage, "conflict");
  REQUIRE(conflicts.size() == 1);
  CHECK(text(conflicts[0], "shown") == desk.third);
  const Outcome doctor = desk.scene.stage.run({"doctor", "--check", "outbox"});
  CHECK(doctor.says("PB2303"));
  CHECK(doctor.says(desk.third));
  const std::string id = text(conflicts[0], "id");
  SECTION("ours wins") {
    ask(desk.scene.stage, {"outbox", "resolve", id, "--ours"});
    CHECK(text(desk.send(), "confirmed") == "1");
    desk.scene.source.let_pass(60);
    desk.scene.stage.sync();
    CHECK(desk.column("team_name") == desk.team);
  }
  SECTION("the source wins") {
    ask(desk.scene.stage, {"outbox", "resolve", id, "--source"});
    desk.send();
    CHECK(desk.posts("tickets") == 0);
    CHECK(changes(desk.scene.stage, "dropped").size() == 1);
  }
}

TEST_CASE("A policy decides conflicts of its field by itself") {
  for (const std::string policy : {"ours", "source"}) {
    INFO(policy);
    Desk desk("write_back: { fields: [team], conflicts: { team: " + policy + " } }\n");
    desk.set("team=" + desk.team);
    desk.change_in_halo({{"team", desk.third}});
    const json::value report = desk.send();
    CHECK(text(report, "conflicts") == "0");
    CHECK(text(report, "confirmed") == (policy == "ours" ? "1" : "0"));
    CHECK(text(report, "dropped") == (policy == "ours" ? "0" : "1"));
    CHECK(desk.posts("tickets") == (policy == "ours" ? 1 : 0));
  }
}

TEST_CASE("A note whose answer was lost is not written twice, and two notes of the same words are two") {
  Desk desk;
  ask(desk.scene.stage, {"ticket", "note", desk.ticket, "Called back"});
  desk.scene.source.switch_faults({{"reset_connection", {{"resource", "actions"}, {"times", 1}}}});
  const Outcome lost = desk.scene.stage.run({"outbox", "send"});
  CHECK(lost.exit_status != 0);
  CHECK(desk.posts("actions") == 1);
  desk.scene.source.switch_faults_off();
  const json::array waiting = changes(desk.scene.stage, "waiting");
  REQUIRE(waiting.size() == 1);
  ask(desk.scene.stage, {"outbox", "retry", text(waiting[0], "id")});
  CHECK(text(desk.send(), "confirmed") == "1");
  CHECK(desk.posts("actions") == 1);
  ask(desk.scene.stage, {"ticket", "note", desk.ticket, "Called back"});
  CHECK(text(desk.send(), "confirmed") == "1");
  CHECK(desk.posts("actions") == 2);
}

TEST_CASE("A source that is down keeps changes waiting, in order, and gets them when it is back") {
  Desk desk;
  desk.set("team=" + desk.team);
  ask(desk.scene.stage, {"ticket", "note", desk.ticket, "Moved"});
  desk.scene.source.switch_faults({{"html_503", {{"resource", "tickets"}, {"times", 0}}}});
  const Outcome down = desk.scene.stage.run({"outbox", "send"});
  CHECK(down.exit_status != 0);
  CHECK(changes(desk.scene.stage, "waiting").size() == 2);
  desk.scene.source.switch_faults_off();
  ask(desk.scene.stage, {"outbox", "retry", "1"});
  CHECK(text(desk.send(), "confirmed") == "2");
}

TEST_CASE("What Halo refuses is shown with its words, and can be tried again") {
  Desk desk;
  desk.change_in_halo({{"agent_id", 1}});
  desk.scene.source.switch_faults({{"unassigned_ticket_refuses_close", true}});
  desk.set("status=9");
  CHECK(text(desk.send(), "failed") == "1");
  const json::array failed = changes(desk.scene.stage, "failed");
  REQUIRE(failed.size() == 1);
  CHECK(text(failed[0], "code") == "PB2302");
  CHECK(text(failed[0], "reason").find("Please assign this Ticket") != std::string::npos);
  desk.scene.source.switch_faults_off();
  ask(desk.scene.stage, {"outbox", "retry", text(failed[0], "id")});
  CHECK(text(desk.send(), "confirmed") == "1");
}

TEST_CASE("A connection without the right to edit says which right is missing, and loses nothing") {
  Desk desk;
  desk.set("team=" + desk.team);
  PipelineText narrow = writing();
  narrow.connection = desk.scene.stage.connection_with(
      "auth",
      "{ grant: client_credentials, client_id: " + desk.scene.source.server().client().id +
          ", client_secret: env://PSABRIDGE_TEST_SECRET, scopes: [\"read:tickets\", \"read:customers\"] }");
  desk.scene.stage.configure(narrow);
  const Outcome refused = desk.scene.stage.run({"outbox", "send"});
  CHECK(refused.says("PB1204"));
  CHECK(refused.says("edit:tickets"));
  CHECK(changes(desk.scene.stage, "waiting").size() == 1);
  CHECK(desk.scene.stage.run({"doctor", "--check", "write-back"}).says("edit:tickets"));
}

TEST_CASE("Killed at any step of sending, a note is neither lost nor written twice") {
  const auto send_killed = [](Desk& desk, long kill_at, const std::string& count) {
    return desk.scene.stage.run(
        {"outbox", "send"}, {.environment = {{"LD_PRELOAD", kPreloaded},
                                             {"PSABRIDGE_KILL_FOLDER", desk.scene.stage.folder().string()},
                                             {"PSABRIDGE_KILL_COUNT", count},
                                             {"PSABRIDGE_KILL_AT", std::to_string(kill_at)}}});
  };
  Desk desk;
  const auto decide = [&](long step) {
    ask(desk.scene.stage, {"ticket", "note", desk.ticket, "Note " + std::to_string(step)});
    const std::string next = desk.column("status_id") == "1" ? "2" : "1";
    ask(desk.scene.stage, {"ticket", "set", desk.ticket, "status=" + next});
  };
  decide(0);
  const Folder folder;
  REQUIRE(send_killed(desk, 0, (folder / "count").string()).exit_status == 0);
  const long steps = std::atol(read_text(folder / "count").c_str());
  REQUIRE(steps > 10);
  std::size_t notes = 1;
  constexpr long kKills = 16;
  for (long i = 0; i < kKills; ++i) {
    const long step = 1 + i * steps / kKills;
    INFO("killed at step " << step << " of " << steps);
    desk.scene.source.let_pass(3600);
    desk.scene.stage.sync();
    decide(step);
    const Outcome killed = send_killed(desk, step, "");
    CHECK((killed.signal == SIGKILL || killed.exit_status == 0));
    ask(desk.scene.stage, {"outbox", "send"});
    CHECK(changes(desk.scene.stage, "waiting").empty());
    CHECK(changes(desk.scene.stage, "sent").empty());
    CHECK(changes(desk.scene.stage, "conflict").empty());
    CHECK(desk.posts("actions") == ++notes);
  }
}

TEST_CASE("The daemon sends by itself, and its own write that comes back by webhook changes nothing") {
  Scene scene(writing());
  Served served(scene, "1h", kWriteBack);
  served.start_whole();
  const std::string ticket =
      std::to_string(scene.source.mutate({{"entity", "ticket"}, {"op", "create"}, {"count", 1}}).front());
  served.settle();
  ask(scene.stage, {"ticket", "set", ticket, "status=2", "--by", "anna"});
  ask(scene.stage, {"ticket", "note", ticket, "Seen"});
  await("the changes", [&] { return changes(scene.stage, "confirmed").size() == 2; });
  served.settle();
  CHECK(changes(scene.stage, "waiting").empty());
  CHECK(scene.source.posts("tickets") == 1);
  CHECK(scene.source.posts("actions") == 1);
  CHECK(served.get("/metrics").text.find("psabridge_outbox_changes{state=\"confirmed\"} 2") !=
        std::string::npos);
  const Outcome ended = served.stop();
  INFO(ended.describe());
  CHECK(ended.exit_status == 0);
}
