// Managed teams and links with the real binary: declared, imported, guessed, reported, and what is wrong with
// them found by `links report` and `doctor`; through a daemon too.
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>

#include "tests/integration/served.h"

using namespace psabridge::integration;

namespace {

namespace json = boost::json;

/// One deleted client of a few is much.
constexpr const char* kRouting =
    "routing: [ client_team, { use: fallback, team: triage } ]\n"
    "guard: { delete_share: 50%, delete_count: 500 }\n";

json::value answer_of(const Outcome& outcome) {
  INFO(outcome.describe());
  return json::parse(outcome.out).at("data");
}

/// The answer to a command with --json; it must not fail.
json::value ask(const Stage& stage, std::vector<std::string> arguments, const std::string& input = {}) {
  arguments.emplace_back("--json");
  const Outcome outcome = stage.run(arguments, {.input = input});
  INFO(outcome.describe());
  REQUIRE(outcome.exit_status == 0);
  return answer_of(outcome);
}

/// The command must be refused with this code, and say so in words.
void refuse(const Stage& stage, const std::vector<std::string>& arguments, const std::string& code,
            const std::string& says) {
  const Outcome outcome = stage.run(arguments);
  INFO(outcome.describe());
  CHECK(outcome.exit_status != 0);
  CHECK(outcome.says(code));
  CHECK(outcome.says(says));
}

std::string plant(Source& source, const std::string& entity, const json::object& fields) {
  return std::to_string(
      source.mutate({{"entity", entity}, {"op", "create"}, {"count", 1}, {"fields", fields}}).front());
}

/// Firms that nobody mistakes for those of the seed.
struct Planted {
  explicit Planted(Source& source) {
    const auto firm = [&](const char* name, const char* domain) {
      return plant(source, "client",
                   {{"name", name}, {"domain", domain}, {"website", std::string("https://") + domain}});
    };
    source.let_pass(3600);
    acme = firm("Quillfeather Ceramics Ltd", "quillfeather-ceramics.co.uk");
    acme_group = firm("Quillfeather Ceramics Holdings", "quillfeather-group.co.uk");
    borealis = firm("Borealis Bookbinders", "borealis-books.co.uk");
    ticket = plant(source, "ticket", {{"summary", "The kiln is cold"}, {"client_id", std::stoll(acme)}});
  }
  std::string acme, acme_group, borealis, ticket;
};

struct Synced : Scene {
  Synced() : Scene({.more = kRouting}), planted(source) { stage.sync(); }
  Planted planted;
};

/// The finding of a code and client; null when there is none.
const json::object* flaw_of(const json::value& report, std::string_view code, std::string_view client) {
  for (const json::value& flaw : report.at(0).at("flaws").as_array())
    if (flaw.at("code").as_string() == code && flaw.at("client").as_string() == client)
      return &flaw.as_object();
  return nullptr;
}

json::value report_of(const Stage& stage) {
  const Outcome outcome = stage.run({"links", "report", "--json"});
  INFO(outcome.describe());
  CHECK(outcome.exit_status == 6);
  return answer_of(outcome);
}

}  // namespace

TEST_CASE("Teams are declared, changed and removed, and what makes no sense is refused") {
  const Synced scene;
  const Stage& stage = scene.stage;
  CHECK(ask(stage, {"teams", "list"}).as_array().empty());
  ask(stage, {"links", "add", scene.planted.acme, "kilns"});  // as long as no team is declared
  const json::value service =
      ask(stage, {"teams", "add", "service", "--no-receive", "--title", "Service", "--manages", "halo"});
  CHECK(service.at("undeclared") == json::array{"kilns"});
  CHECK(service.at("manages") == json::array{"halo"});
  const json::value kilns = ask(stage, {"teams", "add", "kilns", "--parent", "service", "--hours",
                                        "mon-fri 08:00-17:00", "--zone", "Europe/London"});
  CHECK(kilns.at("undeclared").as_array().empty());

  refuse(stage, {"teams", "add", "Kilns"}, "PB1831", "\"kilns\"");
  refuse(stage, {"teams", "add", "x", "--parent", "servce"}, "PB1823", "servce");
  refuse(stage, {"teams", "add", "x", "--hours", "always"}, "PB1828", "always");
  refuse(stage, {"teams", "add", "x", "--hours", "mon 08:00-17:00", "--zone", "Europe/Lodnon"}, "PB1828",
         "Europe/London");
  refuse(stage, {"teams", "add", "x", "--manages", "hallo"}, "PB1602", "halo");
  refuse(stage, {"teams", "set", "service", "--parent", "kilns"}, "PB1822", "in a circle");
  refuse(stage, {"teams", "show", "kiln"}, "PB1823", "Did you mean \"kilns\"?");
  refuse(stage, {"teams", "remove", "service"}, "PB1832", "the teams below it kilns");
  refuse(stage, {"teams", "remove", "kilns"}, "PB1832", "links 1");
  refuse(stage, {"links", "add", scene.planted.borealis, "kiln"}, "PB1821", "Did you mean \"kilns\"?");
  refuse(stage, {"links", "add", scene.planted.borealis, "service"}, "PB1834", "does not receive");

  CHECK(ask(stage, {"teams", "set", "kilns", "--parent", "", "--hours", ""}).at("parent").is_null());
  CHECK(ask(stage, {"teams", "set", "kilns", "--title", "Kilns"}).at("title") == "Kilns");
  ask(stage, {"teams", "remove", "service"});
  const json::value left = ask(stage, {"teams", "remove", "kilns", "--force"}).at("left");
  CHECK(left == json::array{"links 1"});
  CHECK(ask(stage, {"teams", "list"}).as_array().empty());

  ask(stage, {"teams", "add", "triage"});
  refuse(stage, {"teams", "remove", "triage"}, "PB1832", "the rule fallback");
}

TEST_CASE("Agents are put into teams and taken out by name or number") {
  const Synced scene;
  const Stage& stage = scene.stage;
  ask(stage, {"teams", "add", "noc"});
  const auto agents = scene.stage.store().rows("SELECT source_id, name FROM agent ORDER BY id LIMIT 2");
  const json::value both =
      ask(stage, {"teams", "members", "noc", "add", agents.at(0).at(0), agents.at(1).at(0)});
  CHECK(both.at("members").as_array().size() == 2);
  CHECK(ask(stage, {"teams", "members", "noc", "add", agents.at(0).at(0)}).at("members").as_array().size() ==
        2);
  const json::value one = ask(stage, {"teams", "members", "noc", "remove", agents.at(0).at(0)});
  REQUIRE(one.at("members").as_array().size() == 1);
  CHECK(one.at("members").at(0).at("agent").as_string() == agents.at(1).at(0));
  CHECK(one.at("members").at(0).at("name").as_string() == agents.at(1).at(1));
  refuse(stage, {"teams", "members", "noc", "remove", agents.at(0).at(0)}, "PB1602", "no member");
  refuse(stage, {"teams", "members", "noc", "add", "Nobody at all"}, "PB1602", "Nobody at all");
  CHECK(stage.run({"teams", "show", "noc"}).says(agents.at(1).at(1)));
}

TEST_CASE("A client may have a link without limits and others beside it") {
  const Synced scene;
  const Stage& stage = scene.stage;
  const std::string& acme = scene.planted.acme;
  ask(stage, {"links", "add", "QUILLFEATHER ceramics ltd", "kilns"});
  const std::string priority = stage.store().text("SELECT name FROM priority ORDER BY id LIMIT 1");
  const json::value night =
      ask(stage, {"links", "add", acme, "night", "--priorities", priority, "--since", "2026-01-01"});
  CHECK(night.at("priorities") == json::array{priority});
  CHECK(night.at("since") == "2026-01-01T00:00:00.000Z");
  CHECK(ask(stage, {"links", "list", "--client", acme}).as_array().size() == 2);
  ask(stage, {"links", "add", acme, "field"});  // in the place of the one without limits
  const json::value links = ask(stage, {"links", "list", "--client", acme});
  REQUIRE(links.as_array().size() == 2);
  CHECK(links.at(0).at("team") == "field");
  CHECK(ask(stage, {"links", "list", "--team", "night"}).as_array().size() == 1);

  refuse(stage, {"links", "remove", acme}, "PB1835", "link 2");
  refuse(stage, {"links", "remove", "--link", "77"}, "PB1602", "link 77");
  refuse(stage, {"links", "remove", scene.planted.borealis}, "PB1602", "linked to no team");
  refuse(stage, {"links", "add", acme, "x", "--priorities", "Kritikal"}, "PB1833", "Kritikal");
  refuse(stage, {"links", "add", acme, "x", "--since", "soon"}, "PB1601", "soon");
  refuse(stage, {"links", "add", acme, "x", "--since", "2026-02-01", "--until", "2026-01-01"}, "PB1601",
         "before it begins");

  ask(stage, {"links", "deactivate", acme, "--team", "field"});
  CHECK(ask(stage, {"links", "list", "--inactive"}).as_array().size() == 1);
  const auto team = [&] {
    stage.sync({"--full"});
    return stage.store().text("SELECT managed_team FROM ticket WHERE source_id = '" + scene.planted.ticket +
                              "'");
  };
  CHECK(team() == "triage");
  ask(stage, {"links", "activate", "--link", "1"});
  CHECK(team() == "field");
  ask(stage, {"links", "remove", "--link", "1", "--link", "2"});
  CHECK(ask(stage, {"links", "list"}).as_array().empty());
}

TEST_CASE("A CSV file of links is taken whole or not at all, after a preview of each line") {
  const Synced scene;
  const Stage& stage = scene.stage;
  const Planted& planted = scene.planted;
  ask(stage, {"teams", "add", "kilns"});
  ask(stage, {"teams", "add", "books"});
  ask(stage, {"links", "add", planted.acme, "kilns"});
  const std::string good =
      "\xEF\xBB\xBF"
      "client;team\r\n" +
      planted.acme + ";kilns\r\n" + planted.acme_group + ";kilns\r\n\"Borealis Bookbinders\";books\r\n";
  const json::value dry = ask(stage, {"links", "import", "-", "--dry-run"}, good);
  CHECK(dry.at("applied") == false);
  CHECK(dry.at("new") == 2);
  CHECK(dry.at("same") == 1);
  CHECK(ask(stage, {"links", "list"}).as_array().size() == 1);
  CHECK(ask(stage, {"links", "import", "-"}, good).at("applied") == true);
  CHECK(ask(stage, {"links", "list"}).as_array().size() == 3);
  const json::value again = ask(stage, {"links", "import", "-"}, good);
  CHECK(again.at("same") == 3);

  const json::value moved =
      ask(stage, {"links", "import", "-"}, "client,team,active\n" + planted.borealis + ",kilns,no\n");
  CHECK(moved.at("lines").at(0).at("what") == "team books becomes kilns, switched off");

  const std::string bad = "client,team\n" + planted.borealis + ",books\nQuilfeather Ceramics Ltd,kilns\n" +
                          planted.acme + ",kiln\n" + planted.borealis + ",kilns\n";
  const Outcome refused = stage.run({"links", "import", "-"}, {.input = bad});
  INFO(refused.describe());
  CHECK(refused.exit_status == 2);
  CHECK(refused.says("line 3: Quilfeather Ceramics Ltd -> kilns: cannot be used"));
  CHECK(refused.says("Did you mean \"Quillfeather Ceramics Ltd\"?"));
  CHECK(refused.says("Did you mean \"kilns\"?"));
  CHECK(refused.says("Line 2 is about the same link"));
  CHECK(refused.says("Nothing was written"));
  CHECK(ask(stage, {"links", "list", "--team", "books"}).as_array().empty());

  for (const auto& [text, code] :
       {std::pair("client,team\n\"x", "PB1829"), std::pair("client,teem\nx,y\n", "PB1830"),
        std::pair("client\nx\n", "PB1830"), std::pair("", "PB1829"),
        std::pair("client,team\nZ\xFCrich,kilns\n", "PB1829")}) {
    const Outcome outcome = stage.run({"links", "import", "-"}, {.input = text});
    INFO(outcome.describe());
    CHECK(outcome.exit_status == 2);
    CHECK(outcome.says(code));
  }
}

TEST_CASE("What is exported is imported as it was") {
  const Synced scene;
  const Stage& stage = scene.stage;
  const std::string priority = stage.store().text("SELECT name FROM priority ORDER BY id LIMIT 1");
  ask(stage, {"links", "add", scene.planted.acme, "kilns"});
  ask(stage,
      {"links", "add", scene.planted.acme, "night", "--priorities", priority, "--until", "2030-01-01"});
  ask(stage, {"links", "deactivate", scene.planted.acme, "--team", "night"});
  const std::string file = (stage.folder() / "links.csv").string();
  ask(stage, {"links", "export", file});
  CHECK(stage.run({"links", "export"}).out == read_text(file));
  CHECK(ask(stage, {"links", "import", file}).at("same") == 2);
  ask(stage, {"links", "remove", "--link", "1", "--link", "2"});
  CHECK(ask(stage, {"links", "import", file}).at("new") == 2);
  CHECK(stage.run({"links", "export"}).out == read_text(file));
}

TEST_CASE("Clients are linked by a guess only when it is sure and clear, and only when asked") {
  const Synced scene;
  const Stage& stage = scene.stage;
  ask(stage, {"links", "add", scene.planted.acme, "kilns"});
  const auto proposal = [&](const json::value& answer) {
    for (const json::value& each : answer.at("proposals").as_array())
      if (each.at("client").as_string() == scene.planted.acme_group) return each;
    return json::value();
  };
  const json::value guess = ask(stage, {"links", "auto"});
  CHECK(proposal(guess).at("team") == "kilns");
  CHECK(proposal(guess).at("score").as_double() >= 0.9);
  CHECK(proposal(guess).at("why").as_string().find("quillfeather ceramics") != std::string::npos);
  CHECK(ask(stage, {"links", "list"}).as_array().size() == 1);
  CHECK(proposal(ask(stage, {"links", "auto", "--apply", "--min-score", "0.99"})).at("linked") == false);
  CHECK(proposal(ask(stage, {"links", "auto", "--apply"})).at("linked") == true);
  const json::value links = ask(stage, {"links", "list", "--client", scene.planted.acme_group});
  CHECK(links.at(0).at("origin") == "auto");
  CHECK(proposal(ask(stage, {"links", "auto"})).is_null());
}

TEST_CASE("links report and doctor name what is wrong with links and teams") {
  Synced scene;
  const Stage& stage = scene.stage;
  const Planted& planted = scene.planted;
  ask(stage, {"links", "add", planted.acme, "kilns"});
  ask(stage, {"links", "add", planted.borealis, "books"});
  ask(stage, {"links", "add", planted.acme_group, "lab"});
  ask(stage, {"teams", "add", "kilns"});
  ask(stage, {"teams", "add", "lab", "--no-receive"});
  scene.source.let_pass(60);
  scene.source.mutate(
      {{"entity", "client"}, {"op", "delete"}, {"ids", json::array{std::stoll(planted.borealis)}}});
  stage.sync({"--full"});

  const json::value report = report_of(stage);
  CHECK(report.at(0).at("last_sync").is_string());
  CHECK(flaw_of(report, "PB1826", planted.borealis));
  CHECK(flaw_of(report, "PB1834", planted.acme_group));
  CHECK_FALSE(flaw_of(report, "PB1824", planted.acme));
  const auto open = stage.store().rows(
      "SELECT client_id, count(*) FROM ticket WHERE deleted_at IS NULL AND coalesce(closed, 0) = 0"
      " AND client_id IS NOT NULL AND client_id <> '" +
      planted.acme + "' GROUP BY client_id ORDER BY 2 DESC LIMIT 1");
  const json::object* const busiest = flaw_of(report, "PB1824", open.at(0).at(0));
  REQUIRE(busiest);
  CHECK(std::to_string(busiest->at("open_tickets").to_number<std::int64_t>()) == open.at(0).at(1));
  const Outcome text = stage.run({"links", "report"});
  INFO(text.describe());
  CHECK(text.exit_status == 6);
  CHECK(text.says("Client in no link"));
  CHECK(text.says("does not receive tickets"));

  ask(stage, {"teams", "set", "lab", "--receive"});
  ask(stage, {"teams", "remove", "kilns", "--force"});
  CHECK(flaw_of(report_of(stage), "PB1821", planted.acme));
  const Outcome doctor = stage.run({"doctor", "--check", "links", "--check", "teams"});
  INFO(doctor.describe());
  CHECK(doctor.exit_status != 0);
  CHECK(doctor.says("PB1821"));
  CHECK(doctor.says("PB1824"));
  CHECK(doctor.says("links report"));
}

TEST_CASE("Teams and links are changed through a daemon that holds the store") {
  Scene scene;
  Served served(scene, "1h", kRouting);
  const Planted planted(scene.source);
  served.start_whole();
  ask(scene.stage, {"teams", "add", "kilns"});
  CHECK(ask(scene.stage, {"links", "import", "-"}, "client,team\n" + planted.acme + ",kilns\n").at("new") ==
        1);
  ask(scene.stage, {"links", "auto", "--apply"});
  CHECK(ask(scene.stage, {"links", "list"}).as_array().size() == 2);
  ask(scene.stage, {"links", "remove", planted.acme});
  refuse(scene.stage, {"teams", "remove", "kilns"}, "PB1832", "links");
  CHECK(served.stop().exit_status == 0);
}
