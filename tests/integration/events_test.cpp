// Events and dead letters from the command line, without a daemon: the test writes the journal that a daemon
// would have left.
#include <sqlite3.h>

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <future>
#include <sstream>

#include "core/store/journal.h"
#include "tests/integration/harness.h"

using namespace psabridge::integration;

namespace {

namespace json = boost::json;
namespace store = psabridge::store;
using store::EventId;
using store::EventState;

/// The journal of a stage, open as long as this object lives: no command can decide meanwhile.
class OpenJournal {
 public:
  explicit OpenJournal(const Stage& stage)
      : journal_("sqlite:" + stage.database().string(), psabridge::system_clock()) {}

  EventId accept(const std::string& body) {
    std::promise<EventId> promise;
    REQUIRE(journal_.accept({"halo", "", body, "192.0.2.7"},
                            [&](const store::Acceptance& acceptance, const std::exception_ptr& error) {
                              error ? promise.set_exception(error) : promise.set_value(acceptance.event);
                            }));
    return promise.get_future().get();
  }
  /// An event that was understood.
  EventId about(const std::string& entity, const std::string& source_id, const std::string& body) {
    const EventId id = accept(body);
    const store::Decoding decoding{id, {{body, entity + ".updated", entity, source_id, "", "", body}}};
    journal_.decoded({&decoding, 1});
    return id;
  }
  void settle(const store::Settlement& settlement) { journal_.settle({&settlement, 1}); }

 private:
  store::Journal journal_;
};

json::value data_of(const Outcome& outcome) {
  INFO(outcome.describe());
  const auto value = json::parse(outcome.out);
  REQUIRE(value.at("ok") == true);
  return value.at("data");
}

/// The answer to a command with --json; it must not fail.
json::value ask(const Stage& stage, std::vector<std::string> arguments) {
  arguments.emplace_back("--json");
  return data_of(stage.run(arguments));
}

/// "1 3": the numbers of the events that a list shows.
std::string listed(const Stage& stage, std::vector<std::string> filters) {
  filters.insert(filters.begin(), {"events", "list"});
  std::string ids;
  const json::value answer = ask(stage, filters);
  for (const auto& event : answer.at("events").as_array())
    ids += (ids.empty() ? "" : " ") + std::to_string(event.at("id").as_int64());
  return ids;
}

/// "e2 1": the letters that a list shows.
std::string letters(const Stage& stage, std::vector<std::string> filters) {
  filters.insert(filters.begin(), {"dead", "list"});
  std::string numbers;
  const json::value listed = ask(stage, filters);
  for (const auto& letter : listed.as_array())
    numbers += (numbers.empty() ? "" : " ") + std::string(letter.at("letter").as_string());
  return numbers;
}

std::string state_of(const Stage& stage, EventId id) {
  const json::value answer = ask(stage, {"events", "show", std::to_string(id)});
  return std::string(answer.at("event").at("state").as_string());
}

std::vector<json::value> lines_of(const Outcome& outcome) {
  INFO(outcome.describe());
  REQUIRE(outcome.exit_status == 0);
  std::vector<json::value> lines;
  std::istringstream text(outcome.out);
  for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
  return lines;
}

/// Three tickets' events: ready, done, dead; and a delivery that was not read yet.
struct FourEvents : Scene {
  FourEvents() {
    OpenJournal journal(stage);
    ready = journal.about("ticket", "1001", R"({"id":1001,"summary":"Needle"})");
    done = journal.about("ticket", "1002", R"({"id":1002})");
    journal.settle({.id = done, .state = EventState::done, .effect = "updated"});
    dead = journal.about("client", "12", R"({"id":12})");
    journal.settle(
        {.id = dead, .state = EventState::dead, .code = "PB1203", .reason = "status 500 after 9 tries"});
    unread = journal.accept("no \x1b[31mJSON");
  }
  EventId ready = 0, done = 0, dead = 0, unread = 0;
};

}  // namespace

TEST_CASE("Events are listed by what is known of them, newest first, page by page") {
  const FourEvents scene;
  const auto& stage = scene.stage;
  CHECK(listed(stage, {}) == "4 3 2 1");
  CHECK(listed(stage, {"1", "3"}) == "3 1");
  CHECK(listed(stage, {"--entity", "ticket"}) == "2 1");
  CHECK(listed(stage, {"--object", "1002"}) == "2");
  CHECK(listed(stage, {"--kind", "client.updated"}) == "3");
  CHECK(listed(stage, {"--state", "dead", "--state", "done"}) == "3 2");
  CHECK(listed(stage, {"--code", "PB1203"}) == "3");
  CHECK(listed(stage, {"--search", "needle"}) == "1");
  CHECK(listed(stage, {"--connection", "other"}).empty());
  CHECK(listed(stage, {"--since", "1h"}) == "4 3 2 1");
  CHECK(listed(stage, {"--until", "1h"}).empty());
  const auto page = ask(stage, {"events", "list", "--limit", "2"});
  CHECK(page.at("events").as_array().size() == 2);
  CHECK(listed(stage, {"--before", std::to_string(page.at("next").as_int64())}) == "2 1");
  CHECK(stage.run({"events", "list", "--limit", "2"}).says("more: add --before 3"));
}

TEST_CASE("An event is shown with its way and its body, and nothing in it reaches the terminal raw") {
  const FourEvents scene;
  const auto shown = scene.stage.run({"events", "show", std::to_string(scene.dead)});
  CHECK(shown.says("client 12"));
  CHECK(shown.says("status 500 after 9 tries"));
  CHECK(shown.says("psabridge records show client 12 --connection halo"));
  CHECK(shown.says("{\n  \"id\": 12\n}"));
  CHECK_FALSE(scene.stage.run({"events", "show", std::to_string(scene.unread)}).says("\x1b"));
  const auto data = ask(scene.stage, {"events", "show", std::to_string(scene.dead)});
  CHECK(data.at("event").at("body") == R"({"id":12})");
  CHECK(data.at("steps").as_array().size() == 1);
  CHECK(data.at("changes").as_array().empty());
}

TEST_CASE("Events are exported with their bodies, a line each, all of them unless told otherwise") {
  const FourEvents scene;
  const auto lines = lines_of(scene.stage.run({"events", "export"}));
  REQUIRE(lines.size() == 4);
  CHECK(lines.at(3).at("id") == scene.ready);
  CHECK(lines.at(3).at("body") == R"({"id":1001,"summary":"Needle"})");
  CHECK(lines_of(scene.stage.run({"events", "export", "--limit", "1"})).at(0).at("id") == scene.unread);
  const auto with_answer = lines_of(scene.stage.run({"events", "export", "--entity", "ticket", "--json"}));
  REQUIRE(with_answer.size() == 3);
  CHECK(with_answer.back().at("data").at("events") == 2);
}

TEST_CASE("Events are held, released and skipped, after a look at how many it would be") {
  const FourEvents scene;
  const auto& stage = scene.stage;
  CHECK(ask(stage, {"events", "hold", "--entity", "ticket", "--dry-run"}).at("events") == 1);
  CHECK(state_of(stage, scene.ready) == "ready");
  CHECK(ask(stage, {"events", "hold", "--entity", "ticket", "--reason", "Halo is moved"}).at("events") == 1);
  CHECK(state_of(stage, scene.ready) == "held");
  CHECK(state_of(stage, scene.done) == "done");
  CHECK(stage.run({"events", "show", std::to_string(scene.ready)}).says("Halo is moved"));
  CHECK(stage.run({"events", "release", "1", "2"}).says("1 stay as they are"));
  CHECK(state_of(stage, scene.ready) == "ready");
  CHECK(ask(stage, {"events", "skip", "1"}).at("events") == 1);
  CHECK(state_of(stage, scene.ready) == "skipped");
}

TEST_CASE("A decision waits for whoever writes to the journal") {
  const FourEvents scene;
  const OpenJournal held(scene.stage);
  CHECK(scene.stage.run({"events", "hold", "1"}).exit_status == 7);
  CHECK(scene.stage.run({"events", "list"}).exit_status == 0);
}

TEST_CASE("A dry run of a replay tells what a read would change, and changes nothing") {
  Scene scene;
  scene.stage.sync();
  const auto tickets =
      scene.source.mutate({{"entity", "ticket"}, {"count", 1}, {"fields", {{"summary", "New words"}}}});
  const auto changed = std::to_string(tickets.front());
  EventId event = 0;
  {
    OpenJournal journal(scene.stage);
    event = journal.about("ticket", changed, "{}");
    journal.settle({.id = event, .state = EventState::done, .effect = "unchanged"});
    journal.settle({.id = journal.about("ticket", "99999999", "gone"), .state = EventState::done});
  }
  const auto before = scene.stage.store().dump();
  const auto preview = ask(scene.stage, {"events", "replay", "--state", "done", "--dry-run"});
  CHECK(preview.at("events") == 2);
  CHECK(preview.at("object_count") == 2);
  CHECK(preview.at("requests") == 2);
  for (const auto& object : preview.at("objects").as_array())
    CHECK(object.at("stored") == (object.at("source_id").as_string() == changed ? "stored" : "not stored"));
  REQUIRE(preview.at("effects").as_array().size() == 2);
  for (const auto& effect : preview.at("effects").as_array())
    CHECK(effect.at("effect") == (effect.at("source_id").as_string() == changed ? "updated" : "unchanged"));
  CHECK(scene.stage.store().dump() == before);
  CHECK(state_of(scene.stage, event) == "done");
  CHECK(ask(scene.stage, {"events", "replay", "--object", changed}).at("events") == 1);
  CHECK(state_of(scene.stage, event) == "ready");
}

TEST_CASE("Records and events that died are listed, grouped, replayed and discarded together") {
  Scene scene;
  const auto id =
      std::to_string(scene.source.mutate({{"entity", "client"}, {"fields", {{"name", nullptr}}}}).front());
  scene.stage.sync({}, 5);
  {
    OpenJournal journal(scene.stage);
    for (const char* number : {"1", "2", "3"})
      journal.settle({.id = journal.about("ticket", number, number),
                      .state = EventState::dead,
                      .code = "PB1203",
                      .reason = std::string("status 50") + number});
  }
  const auto& stage = scene.stage;
  CHECK(letters(stage, {}) == "e3 e2 e1 1");
  CHECK(letters(stage, {"--kind", "record"}) == "1");
  CHECK(letters(stage, {"--code", "PB1203", "--search", "502"}) == "e2");
  CHECK(letters(stage, {"--entity", "client"}) == "1");
  CHECK(stage.run({"dead", "show", "e2"}).says("status 502"));

  const auto groups = ask(stage, {"dead", "groups"});
  REQUIRE(groups.as_array().size() == 2);
  CHECK(groups.at(0).at("count") == 3);
  CHECK(groups.at(0).at("newest") == "e3");
  CHECK(groups.at(1).at("newest") == "1");
  CHECK_FALSE(groups.at(1).at("remedy").as_string().empty());

  const auto trial = ask(stage, {"dead", "replay", "1", "e1", "--dry-run"});
  CHECK(trial.at("records").at(0).at("effect") == "dead");
  CHECK(trial.at("records").at(0).at("code") == "PB1402");
  CHECK(trial.at("events").at("events") == 1);
  scene.source.mutate(
      {{"entity", "client"}, {"ids", json::array{std::stoll(id)}}, {"fields", {{"name", "Mended"}}}});
  CHECK(ask(stage, {"dead", "replay", "1", "--dry-run"}).at("records").at(0).at("effect") == "created");
  CHECK(letters(stage, {}) == "e3 e2 e1 1");

  const auto replayed = ask(stage, {"dead", "replay", "1", "e1"});
  CHECK(replayed.at("closed") == 1);
  CHECK(replayed.at("events") == 1);
  CHECK(letters(stage, {}) == "e3 e2");
  CHECK(state_of(stage, 1) == "ready");

  CHECK(ask(stage, {"dead", "discard", "--search", "503", "--dry-run"}).at("discarded") == 1);
  CHECK(letters(stage, {}) == "e3 e2");
  CHECK(ask(stage, {"dead", "discard", "--search", "503"}).at("discarded") == 1);
  CHECK(letters(stage, {}) == "e2");
  CHECK(letters(stage, {"--state", "discarded"}) == "e3");
}

TEST_CASE("verify looks at the journal, too") {
  FourEvents scene;
  scene.stage.sync();
  CHECK(scene.stage.run({"verify"}).exit_status == 0);
  sqlite3* file = nullptr;
  CHECK(sqlite3_open((scene.stage.database().string() + ".events").c_str(), &file) == SQLITE_OK);
  CHECK(sqlite3_exec(file, "DELETE FROM body WHERE id = 2", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(file);
  const auto outcome = scene.stage.run({"verify", "--json"});
  CHECK(outcome.exit_status == 8);
  CHECK(json::parse(outcome.out).at("data").at("findings").at(0).at("check") == "journal");
}
