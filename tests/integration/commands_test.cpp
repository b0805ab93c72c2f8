// Every command as an admin and a program use it: help, JSON, mistakes and their exit status.
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <set>
#include <sstream>

#include "tests/integration/harness.h"

using namespace psabridge::integration;

namespace {

namespace json = boost::json;

Outcome program(std::vector<std::string> arguments, const Surroundings& surroundings = {}) {
  arguments.insert(arguments.begin(), PSABRIDGE_PROGRAM);
  return run(arguments, surroundings);
}

std::vector<std::string> words(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> all;
  for (std::string word; stream >> word;) all.push_back(word);
  return all;
}

/// "runs list", "status", ...: every command that the reference page names.
std::vector<std::string> all_commands() {
  std::istringstream page(program({"docs", "commands"}).out);
  const std::string heading = "## psabridge ";
  std::vector<std::string> commands;
  for (std::string line; std::getline(page, line);)
    if (line.starts_with(heading)) commands.push_back(line.substr(heading.size()));
  return commands;
}

/// A scene whose store was filled once.
struct FilledScene : Scene {
  FilledScene() { stage.sync(); }
};

FilledScene& scene() {
  static FilledScene filled;
  return filled;
}

json::object answer_of(const Outcome& outcome) {
  INFO(outcome.describe());
  const auto value = json::parse(outcome.out);
  REQUIRE(value.is_object());
  for (const char* member : {"psabridge", "command", "ok", "data", "errors"})
    REQUIRE(value.as_object().contains(member));
  return value.as_object();
}

}  // namespace

TEST_CASE("Every command has a help text with an example") {
  const auto commands = all_commands();
  CHECK(commands.size() >= 25);
  for (const auto& command : commands) {
    auto arguments = words(command);
    arguments.push_back("--help");
    const auto outcome = program(arguments);
    INFO(outcome.describe());
    CHECK(outcome.exit_status == 0);
    CHECK(outcome.err.empty());
    CHECK(outcome.out.find("Example:\n  psabridge " + command) != std::string::npos);
  }
}

TEST_CASE("Every command refuses an option that it does not know") {
  for (const auto& command : all_commands()) {
    auto arguments = words(command);
    arguments.push_back("--no-such-option");
    const auto outcome = program(arguments);
    INFO(outcome.describe());
    CHECK(outcome.exit_status == 2);
    CHECK(outcome.out.empty());
    CHECK(outcome.err.find("PB1601") != std::string::npos);
  }
}

TEST_CASE("Every reading command answers in the one envelope") {
  for (const char* line :
       {"validate", "status", "runs list", "runs show 1", "records list ticket --limit 3",
        "records list client --search a", "records count", "records count ticket", "events list",
        "dead groups", "dead list", "holds list", "teams list", "links list", "plugins list",
        "plugins describe halo", "explain PB1203", "explain --all", "version"}) {
    auto arguments = words(line);
    arguments.push_back("--json");
    const auto outcome = scene().stage.run(arguments);
    const auto answer = answer_of(outcome);
    INFO(outcome.describe());
    CHECK(outcome.exit_status == 0);
    CHECK(answer.at("ok") == true);
    CHECK_FALSE(answer.at("data").is_null());
    CHECK(answer.at("errors").as_array().empty());
    CHECK(std::string(line).starts_with(std::string_view(answer.at("command").as_string())));
  }
}

TEST_CASE("Every reading command answers people in plain text without colours") {
  for (const char* line : {"validate", "status", "runs list", "runs show 1", "records list ticket",
                           "records count", "events list", "dead groups", "dead list", "holds list",
                           "links list", "plugins list", "explain PB1203", "version"}) {
    const auto outcome = scene().stage.run(words(line));
    INFO(outcome.describe());
    CHECK(outcome.exit_status == 0);
    CHECK(outcome.out.ends_with('\n'));
    CHECK(outcome.out.find('\x1b') == std::string::npos);
    CHECK(outcome.err.empty());
  }
}

TEST_CASE("Mistakes exit as documented and say what to do, in JSON too") {
  struct Case {
    const char* line;
    int status;
    const char* code;
  };
  for (const auto& [line, status, code] : {
           Case{"stauts", 2, "PB1601"},
           Case{"runs", 2, "PB1601"},
           Case{"runs show 4711", 2, "PB1602"},
           Case{"runs list --pipeline nobody", 2, "PB1602"},
           Case{"status nobody", 2, "PB1602"},
           Case{"records list tiket", 2, "PB1602"},
           Case{"records list ticket --client Nobody", 2, "PB1602"},
           Case{"records list ticket --where closed", 2, "PB1601"},
           Case{"records list ticket --fields nonsense", 2, "PB1602"},
           Case{"records show ticket 99999999", 2, "PB1602"},
           Case{"dead show 4711", 2, "PB1602"},
           Case{"dead replay", 2, "PB1601"},
           Case{"dead replay x7", 2, "PB1601"},
           Case{"dead show e4711", 2, "PB1602"},
           Case{"events show 4711", 2, "PB1602"},
           Case{"events hold", 2, "PB1601"},
           Case{"events list --since yesterday", 2, "PB1601"},
           Case{"events release --state done", 2, "PB1601"},
           Case{"dead discard 4711", 2, "PB1602"},
           Case{"holds approve 4711", 2, "PB1602"},
           Case{"links add Nobody noc", 2, "PB1602"},
           Case{"links remove Nobody", 2, "PB1602"},
           Case{"plugins describe nobody", 2, "PB1602"},
           Case{"plugins scan /no/such/folder", 2, "PB1601"},
           Case{"explain PB9999", 2, "PB1601"},
           Case{"explain", 2, "PB1601"},
       }) {
    const auto spoken = scene().stage.run(words(line));
    INFO(spoken.describe());
    CHECK(spoken.exit_status == status);
    CHECK(spoken.out.empty());
    CHECK(spoken.err.find(code) != std::string::npos);
    CHECK(spoken.err.find("what to do: ") != std::string::npos);
    auto arguments = words(line);
    arguments.push_back("--json");
    const auto written = scene().stage.run(arguments);
    const auto answer = answer_of(written);
    CHECK(written.exit_status == status);
    CHECK(answer.at("ok") == false);
    CHECK(answer.at("errors").at(0).at("code") == code);
  }
}

TEST_CASE("A client is linked and unlinked by name") {
  const auto clients = answer_of(scene().stage.run({"records", "list", "client", "--limit", "1", "--json"}));
  const auto& client = clients.at("data").at("records").at(0).as_object();
  const std::string name(client.at("name").as_string()), id(client.at("source_id").as_string());
  CHECK(scene().stage.run({"links", "add", name, "noc"}).exit_status == 0);
  const auto links = answer_of(scene().stage.run({"links", "list", "--json"}));
  REQUIRE(links.at("data").as_array().size() == 1);
  CHECK(links.at("data").at(0).at("client").as_string() == id);
  CHECK(links.at("data").at(0).at("name").as_string() == name);
  CHECK(links.at("data").at(0).at("team") == "noc");
  CHECK(scene().stage.run({"links", "remove", name}).exit_status == 0);
  CHECK(answer_of(scene().stage.run({"links", "list", "--json"})).at("data").as_array().empty());
}

TEST_CASE("A dead letter is listed, shown, retried when the source is mended, and closed by that") {
  Scene own;
  const auto id =
      std::to_string(own.source.mutate({{"entity", "client"}, {"fields", {{"name", nullptr}}}}).front());
  own.stage.sync({}, 5);
  const auto letters = answer_of(own.stage.run({"dead", "list", "--json"}));
  REQUIRE(letters.at("data").as_array().size() == 1);
  const auto& letter = letters.at("data").at(0).as_object();
  CHECK(letter.at("entity") == "client");
  CHECK(letter.at("source_id").as_string() == id);
  CHECK(letter.at("code") == "PB1402");
  const auto number = std::to_string(letter.at("id").as_int64());
  CHECK(own.stage.run({"dead", "show", number}).says("PB1402"));
  CHECK(own.stage.run({"status"}).says("psabridge dead list"));
  CHECK(own.stage.run({"dead", "replay", number}).exit_status == 5);
  own.source.mutate(
      {{"entity", "client"}, {"ids", json::array{std::stoll(id)}}, {"fields", {{"name", "Mended Ltd"}}}});
  CHECK(own.stage.run({"dead", "replay", "--all"}).exit_status == 0);
  CHECK(own.stage.run({"records", "show", "client", id}).says("Mended Ltd"));
  CHECK(answer_of(own.stage.run({"dead", "list", "--json"})).at("data").as_array().empty());
}

TEST_CASE("A dead letter that nobody needs is discarded") {
  Scene own;
  own.source.mutate({{"entity", "client"}, {"fields", {{"name", nullptr}}}});
  own.stage.sync({}, 5);
  CHECK(own.stage.run({"dead", "discard", "--all"}).exit_status == 0);
  CHECK(answer_of(own.stage.run({"dead", "list", "--json"})).at("data").as_array().empty());
  CHECK(answer_of(own.stage.run({"dead", "list", "--state", "discarded", "--json"}))
            .at("data")
            .as_array()
            .size() == 1);
}

TEST_CASE("A list goes on where the page before it ended") {
  std::set<std::string> seen;
  std::string after = "0";
  for (bool more = true; more;) {
    const auto page = answer_of(
        scene().stage.run({"records", "list", "ticket", "--limit", "7", "--after", after, "--json"}));
    for (const auto& record : page.at("data").at("records").as_array())
      CHECK(seen.insert(std::string(record.at("source_id").as_string())).second);
    more = page.at("data").at("next").is_string();
    if (more) after = page.at("data").at("next").as_string().c_str();
  }
  const auto counted = answer_of(scene().stage.run({"records", "count", "ticket", "--json"}));
  CHECK(seen.size() == counted.at("data").at("ticket").to_number<std::size_t>());
}

TEST_CASE("Status and explain load no plugin") {
  const Folder junk;
  write_text(junk / "junk.so", "no library");
  for (const char* line : {"status", "explain PB1203"}) {
    auto arguments = words(line);
    arguments.insert(arguments.end(), {"--plugins", junk.path().string()});
    CHECK(scene().stage.run(arguments).err.empty());
  }
  CHECK(scene().stage.run({"plugins", "list", "--plugins", junk.path().string()}).err.find("junk.so") !=
        std::string::npos);
}

TEST_CASE("init writes a configuration that is valid, and replaces none unless told so") {
  const Folder folder;
  const auto file = (folder / "psabridge.yaml").string();
  const std::vector<std::string> init = {
      "init",     "--config", file,          "--url",          "https://acme.halopsa.com",
      "--tenant", "acme",     "--client-id", "a \"quoted\" id"};
  CHECK(program(init).exit_status == 0);
  const auto written = read_text(file);
  CHECK(program({"validate", "--config", file}).exit_status == 0);
  const auto refused = program({"init", "--config", file});
  CHECK(refused.exit_status == 7);
  CHECK(refused.err.find("--force") != std::string::npos);
  CHECK(read_text(file) == written);
  CHECK(program({"init", "--force", "--config", file}).exit_status == 0);
  CHECK(read_text(file) != written);
  CHECK(program({"validate", "--config", file}).exit_status == 0);
}

TEST_CASE("Every problem of a configuration is told at once, with its place") {
  const Folder folder;
  write_text(
      folder / "bad.yaml",
      "version: 1\nstoer: x\nconnections: { a: { connector: halo, urll: https://a.b } }\npipelines: []\n");
  const auto outcome = program({"validate", "--json", "--config", (folder / "bad.yaml").string()});
  const auto answer = answer_of(outcome);
  CHECK(outcome.exit_status == 2);
  CHECK(answer.at("errors").as_array().size() >= 2);
  CHECK(answer.at("errors").at(0).at("line") == 2);
  CHECK(answer.at("errors").at(0).at("column") == 1);
}

TEST_CASE("The configuration may be named by the environment") {
  const auto outcome =
      program({"status", "--json"}, {.environment = {{"PSABRIDGE_CONFIG", scene().stage.config().string()}}});
  CHECK(outcome.exit_status == 0);
}

TEST_CASE("The reference pages are those that the program prints") {
  const std::filesystem::path reference = PSABRIDGE_REFERENCE_FOLDER;
  for (const char* page : {"errors", "commands"}) {
    INFO(page << " differs: ./run docs writes it again");
    CHECK(program({"docs", page}).out == read_text(reference / (std::string(page) + ".md")));
  }
}

TEST_CASE("A full standard output is an error, not a silent loss") {
  const auto outcome = run({"/bin/sh", "-c", std::string(PSABRIDGE_PROGRAM) + " explain --all >/dev/full"});
  CHECK(outcome.exit_status == 3);
  CHECK(outcome.err.find("PB1603") != std::string::npos);
}
