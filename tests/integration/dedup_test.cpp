// Duplicates with the real binary: planted at the source, found by syncs, scans and webhooks, decided by
// people and taken back, through a daemon too, and with the process killed in between.
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <csignal>
#include <numeric>

#include "tests/integration/served.h"

using namespace psabridge::integration;

namespace {

namespace json = boost::json;

constexpr const char* kPreloaded = PSABRIDGE_KILL_AT_LIBRARY;

/// Further keys of a pipeline that finds duplicates and routes.
constexpr const char* kDedup =
    "dedup:\n"
    "  client: [ identity, strong_id, { use: similar, merge: 0.995, review: 0.80 } ]\n"
    "  contact: [ identity, strong_id, { use: similar, merge: 0.995, review: 0.80 } ]\n"
    "  ticket: [ identity, near_ticket ]\n"
    "routing: [ client_team, { use: fallback, team: triage } ]\n";

/// The answer to a command with --json; it must not fail.
json::value ask(const Stage& stage, std::vector<std::string> arguments, const std::string& input = {}) {
  arguments.emplace_back("--json");
  const Outcome outcome = stage.run(arguments, {.input = input});
  INFO(outcome.describe());
  REQUIRE(outcome.exit_status == 0);
  return json::parse(outcome.out).at("data");
}

std::int64_t number(const json::value& value) { return value.to_number<std::int64_t>(); }

/// The id of the new row.
std::string plant(Source& source, const std::string& entity, const json::object& fields) {
  return std::to_string(
      source.mutate({{"entity", entity}, {"op", "create"}, {"count", 1}, {"fields", fields}}).front());
}

/// Everything that follows from records and from what people said, as text.
std::string derived(const Stage& stage) {
  const StoreFile store = stage.store();
  std::string text;
  for (const std::string table : {"psabridge_match", "psabridge_member", "psabridge_golden"})
    for (const auto& row : store.rows("SELECT * FROM " + table + " ORDER BY 1, 2, 3"))
      text = std::accumulate(row.begin(), row.end(), text + "\n" + table,
                             [](std::string all, const std::string& value) { return all + " " + value; });
  return text;
}

std::int64_t entity_of(const Stage& stage, const std::string& entity, const std::string& source_id) {
  return stage.store().number("SELECT entity_id FROM entity_of_" + entity + " WHERE source_id = '" +
                              source_id + "'");
}

bool one(const Stage& stage, const std::string& entity, const std::string& a, const std::string& b) {
  return entity_of(stage, entity, a) == entity_of(stage, entity, b);
}

/// A firm that is twice in Halo with a slip, another of its name in another town, a person twice, a ticket
/// sent twice.
struct Planted {
  explicit Planted(Source& source) {
    source.let_pass(3600);
    firm = plant(source, "client",
                 {{"name", "Tamarisk Ceramics Ltd"},
                  {"main_phonenumber", "+44 20 7946 0123"},
                  {"website", "https://www.tamarisk-ceramics.co.uk"},
                  {"domain", "tamarisk-ceramics.co.uk"}});
    firm_again = plant(source, "client",
                       {{"name", "Tamarisk Ceramic Limited"},
                        {"main_phonenumber", "020 7946 0123"},
                        {"website", "tamarisk-ceramics.co.uk"},
                        {"domain", "tamarisk-ceramics.co.uk"}});
    leeds = plant(source, "client",
                  {{"name", "Pomegranate Coffee Leeds"},
                   {"main_phonenumber", "+44 113 496 0222"},
                   {"website", "https://www.pomegranate-coffee.co.uk"},
                   {"main_delivery_address", "12 Briggate, Leeds, LS1 6ER"}});
    exeter = plant(source, "client",
                   {{"name", "Pomegranate Coffee Exeter"},
                    {"main_phonenumber", "+44 1392 496 333"},
                    {"website", "https://www.pomegranate-coffee.co.uk"},
                    {"main_delivery_address", "7 Cathedral Yard, Exeter, EX1 1HJ"}});
    const json::object person{{"name", "Persephone Quillfeather"},
                              {"firstname", "Persephone"},
                              {"surname", "Quillfeather"},
                              {"emailaddress", "persephone.quillfeather@tamarisk-ceramics.co.uk"},
                              {"client_id", std::stoll(firm)}};
    person_once = plant(source, "contact", person);
    person_again = plant(source, "contact", person);
    ticket = sent(source);
    source.let_pass(120);
    ticket_again = sent(source);
  }

  /// The ticket that the person sends by every way there is.
  std::string sent(Source& source) const {
    return plant(source, "ticket",
                 {{"summary", "The kiln controller shows error seventeen"},
                  {"client_id", std::stoll(firm)},
                  {"user_id", std::stoll(person_once)}});
  }

  /// One of the second record of the firm.
  std::string ticket_of_the_second(Source& source) const {
    return plant(source, "ticket",
                 {{"summary", "Glaze database is locked"}, {"client_id", std::stoll(firm_again)}});
  }

  std::string firm, firm_again, leeds, exeter, person_once, person_again, ticket, ticket_again;
};

/// A store with the planted duplicates found in it.
struct Found : Scene {
  Found() : Scene({.more = kDedup}), planted(source) { stage.sync(); }
  Planted planted;
};

/// The same in a tenant that lets its records be merged: the connection has the right, the pipeline `fields`.
struct Mergeable : Scene {
  explicit Mergeable(const std::string& fields = "[merges]") : Scene(writing(fields)), planted(source) {
    PipelineText text = writing(fields);
    text.connection = stage.connection_with(
        "auth", "{ grant: client_credentials, client_id: " + source.server().client().id +
                    ", client_secret: env://PSABRIDGE_TEST_SECRET, scopes: [\"read:tickets\", "
                    "\"read:customers\", \"read:assets\", \"edit:customers\"] }");
    stage.configure(text);
  }
  Planted planted;

 private:
  static PipelineText writing(const std::string& fields) {
    return {.more = kDedup + ("write_back: { fields: " + fields + " }\n")};
  }
};

std::string step_of(const json::value& decided) { return std::to_string(number(decided.at("step"))); }

}  // namespace

TEST_CASE("A sync finds what was planted, shows it, and explains it in weights that add up") {
  const Found scene;
  const Planted& planted = scene.planted;
  CHECK(one(scene.stage, "client", planted.firm, planted.firm_again));
  CHECK(one(scene.stage, "contact", planted.person_once, planted.person_again));
  CHECK(one(scene.stage, "ticket", planted.ticket, planted.ticket_again));
  CHECK_FALSE(one(scene.stage, "client", planted.leeds, planted.exeter));

  const json::value listed = ask(scene.stage, {"dedup", "list", "client"});
  CHECK(number(listed.at("total")) == 1);
  CHECK(listed.at("entities").at(0).at("records").as_array().size() == 2);
  const json::value shown = ask(scene.stage, {"dedup", "show", "client", planted.firm_again});
  CHECK(number(shown.at("entity_id")) == entity_of(scene.stage, "client", planted.firm));
  CHECK(shown.at("golden").at("domain").at("value") == "tamarisk-ceramics.co.uk");
  CHECK(shown.at("golden").at("name").at("others").as_array().size() == 1);
  CHECK(shown.at("followers").as_string().find("2 tickets") != std::string::npos);

  for (const auto& [a, b] :
       {std::pair(planted.firm, planted.firm_again), std::pair(planted.leeds, planted.exeter)}) {
    const json::value explained = ask(scene.stage, {"dedup", "explain", "client", a, b});
    INFO(json::serialize(explained));
    std::int64_t sum = 0;
    for (const json::value& reason : explained.at("reasons").as_array()) sum += number(reason.at("weight"));
    CHECK(sum == number(explained.at("weight").at("weight")));
    CHECK(explained.at("one_entity") == (a == planted.firm));
  }
  CHECK(scene.stage.run({"verify"}).exit_status == 0);
}

TEST_CASE("A plan and a sync say how many duplicates came, and the plan keeps none") {
  Found scene;
  scene.source.let_pass(60);
  plant(scene.source, "client",
        {{"name", "Tamarisk Ceramics"},
         {"main_phonenumber", "+44 20 7946 0123"},
         {"website", "https://www.tamarisk-ceramics.co.uk"},
         {"domain", "tamarisk-ceramics.co.uk"}});
  const std::string before = derived(scene.stage);
  const Outcome plan = scene.stage.run({"plan", "--entity", "client"});
  INFO(plan.describe());
  CHECK(plan.says("client: 1 of 1 new or changed records are duplicates"));
  CHECK(derived(scene.stage) == before);
  const Outcome synced = scene.stage.run({"sync", "--entity", "client"});
  INFO(synced.describe());
  CHECK(synced.says("client: 1 of 1 new or changed records are duplicates"));
  CHECK(derived(scene.stage) != before);
}

TEST_CASE("A dry run changes nothing that was found and says what the scan then does") {
  Scene scene;
  const Planted planted(scene.source);
  scene.stage.sync();
  scene.stage.configure({.more = kDedup});
  const std::string before = derived(scene.stage);
  CHECK(before.empty());

  const json::value dry = ask(scene.stage, {"dedup", "scan", "--dry-run"});
  CHECK(derived(scene.stage) == before);
  const json::value real = ask(scene.stage, {"dedup", "scan"});
  CHECK(derived(scene.stage) != before);
  for (const std::string entity : {"client", "contact", "ticket"}) {
    INFO(entity);
    const json::value &would = dry.at("entities").at(entity), &did = real.at("entities").at(entity);
    for (const char* figure :
         {"records", "entities_of_several", "duplicates", "reviews", "changed", "parted", "samples"})
      CHECK(would.at(figure) == did.at(figure));
    INFO(json::serialize(did));
    if (entity != "contact") CHECK(number(did.at("changed")) == 1);  // the seed has contacts of one name
  }
  const std::string scanned = derived(scene.stage);
  const json::value again = ask(scene.stage, {"dedup", "scan"});
  CHECK(number(again.at("entities").at("client").at("changed")) == 0);
  CHECK(derived(scene.stage) == scanned);

  scene.stage.configure(
      {.more = "dedup: { client: [ strong_id ] }\n"});  // by which the firm has nothing in common
  CHECK(number(ask(scene.stage, {"dedup", "scan", "--dry-run"}).at("entities").at("client").at("parted")) ==
        1);
  CHECK(one(scene.stage, "client", planted.firm, planted.firm_again));
  ask(scene.stage, {"dedup", "scan"});
  CHECK_FALSE(one(scene.stage, "client", planted.firm, planted.firm_again));
}

TEST_CASE("Every decision of a person can be taken back, and holds until then") {
  Found scene;
  const Planted& planted = scene.planted;
  const std::string before = derived(scene.stage);
  const auto decide = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "dedup");
    words.insert(words.end(), {"--by", "ada", "--note", "seen on the invoice"});
    return step_of(ask(scene.stage, words));
  };

  SECTION("merge") {
    const std::string step = decide({"merge", "client", planted.leeds, planted.exeter});
    CHECK(one(scene.stage, "client", planted.leeds, planted.exeter));
    ask(scene.stage, {"dedup", "scan"});
    CHECK(one(scene.stage, "client", planted.leeds, planted.exeter));
    decide({"undo", step});
    CHECK(derived(scene.stage) == before);
  }
  SECTION("not-same") {
    const std::string step = decide({"not-same", "client", planted.firm, planted.firm_again});
    CHECK_FALSE(one(scene.stage, "client", planted.firm, planted.firm_again));
    ask(scene.stage, {"dedup", "scan", "--rebuild"});
    scene.stage.sync({"--full"});
    CHECK_FALSE(one(scene.stage, "client", planted.firm, planted.firm_again));
    const Outcome refused = scene.stage.run({"dedup", "merge", "client", planted.firm, planted.firm_again});
    INFO(refused.describe());
    CHECK(refused.says("PB1702"));
    CHECK(refused.says("step " + step + " by ada"));
    const json::value explained =
        ask(scene.stage, {"dedup", "explain", "client", planted.firm, planted.firm_again});
    CHECK(explained.at("steps").at(0).at("note") == "seen on the invoice");
    decide({"undo", step});
    CHECK(derived(scene.stage) == before);
  }
  SECTION("split") {
    decide({"merge", "client", planted.firm, planted.leeds});
    const std::string three = derived(scene.stage);
    const std::string step = decide({"split", "client", planted.firm_again});
    CHECK(one(scene.stage, "client", planted.firm, planted.leeds));
    CHECK_FALSE(one(scene.stage, "client", planted.firm, planted.firm_again));
    scene.stage.sync({"--full"});
    CHECK_FALSE(one(scene.stage, "client", planted.firm, planted.firm_again));
    decide({"undo", step});
    CHECK(derived(scene.stage) == three);
  }
  SECTION("pin") {
    const auto name = [&] {
      const json::value shown = ask(scene.stage, {"dedup", "show", "client", planted.firm});
      return std::string(shown.at("golden").at("name").at("value").as_string());
    };
    decide({"pin", "client", "name", planted.firm_again});
    CHECK(name() == "Tamarisk Ceramic Limited");
    const std::string pinned = derived(scene.stage);
    const std::string step = decide({"pin", "client", "name", planted.firm});
    CHECK(name() == "Tamarisk Ceramics Ltd");
    decide({"undo", step});
    CHECK(derived(scene.stage) == pinned);
  }
  SECTION("an undo") {
    const std::string step = decide({"merge", "client", planted.leeds, planted.exeter});
    const std::string merged = derived(scene.stage);
    const std::string undone = decide({"undo", step});
    CHECK(derived(scene.stage) == before);
    decide({"undo", undone});
    CHECK(derived(scene.stage) == merged);
    const json::value log = ask(scene.stage, {"dedup", "log", "client"});
    CHECK(log.as_array().size() == 3);
    CHECK(log.at(0).at("action") == "undo");
    CHECK(log.at(0).at("by") == "ada");
  }
  CHECK(scene.stage.run({"verify"}).exit_status == 0);
}

TEST_CASE("A link of one client routes the tickets of those that are one with it") {
  Found scene;
  const Planted& planted = scene.planted;
  const std::string ticket = planted.ticket_of_the_second(scene.source);
  REQUIRE(scene.stage.run({"links", "add", planted.firm, "kilns"}).exit_status == 0);
  const auto team = [&] {
    scene.stage.sync({"--full"});
    return scene.stage.store().text("SELECT managed_team FROM ticket WHERE source_id = '" + ticket + "'");
  };
  CHECK(team() == "kilns");
  ask(scene.stage, {"dedup", "not-same", "client", planted.firm, planted.firm_again});
  CHECK(team() == "triage");
}

TEST_CASE("What waits for a person comes worthiest first, and can be accepted by its reason and taken back") {
  Scene scene({.more = "dedup: { client: [ { use: similar, merge: 0.99999, review: 0.5 } ] }\n"});
  const Planted planted(scene.source);
  const auto branch = [&](const std::string& town, const std::string& address) {
    return plant(scene.source, "client",
                 {{"name", "Quincunx Bakery " + town},
                  {"website", "https://www.quincunx-bakery.co.uk"},
                  {"main_delivery_address", address}});
  };
  const std::string hull = branch("Hull", "3 Whitefriargate, Hull, HU1 2ER");
  const std::string truro = branch("Truro", "9 Lemon Street, Truro, TR1 2LQ");
  for (int i = 0; i < 12; ++i)
    plant(scene.source, "ticket",
          {{"summary", "Oven " + std::to_string(i)}, {"client_id", std::stoll(hull)}});
  scene.stage.sync();

  const json::value found = ask(scene.stage, {"dedup", "review", "client", "--limit", "1000"});
  const json::array& pairs = found.at("pairs").as_array();
  INFO(json::serialize(found));
  const auto place_of = [&](const std::string& a) {
    return std::ranges::find_if(
               pairs,
               [&](const json::value& pair) {
                 return std::string_view(pair.at("a_label").as_string()).find("/" + a + ")") !=
                        std::string_view::npos;
               }) -
           pairs.begin();
  };
  REQUIRE(place_of(hull) < std::ssize(pairs));
  REQUIRE(place_of(planted.leeds) < std::ssize(pairs));
  CHECK(place_of(hull) < place_of(planted.leeds));  // about as likely, and twelve tickets hang on it
  CHECK(number(pairs[static_cast<std::size_t>(place_of(hull))].at("followers")) == 12);

  const std::string leading(pairs[static_cast<std::size_t>(place_of(hull))].at("leading").as_string());
  const std::vector<std::string> accept{"dedup", "review", "client", "--field", leading, "--accept"};
  std::vector<std::string> dry = accept;
  dry.emplace_back("--dry-run");
  ask(scene.stage, dry);
  CHECK_FALSE(one(scene.stage, "client", hull, truro));
  const std::string step = step_of(ask(scene.stage, accept));
  CHECK(one(scene.stage, "client", hull, truro));
  ask(scene.stage, {"dedup", "undo", step});
  CHECK_FALSE(one(scene.stage, "client", hull, truro));
}

TEST_CASE("A merge goes to Halo when each record that goes is confirmed, and the store follows") {
  Mergeable scene;
  const Planted& planted = scene.planted;
  const std::string ticket = planted.ticket_of_the_second(scene.source);
  scene.stage.sync();
  REQUIRE(scene.stage.run({"links", "add", planted.firm_again, "kilns"}).exit_status == 0);
  scene.source.reset_ledger();

  const Outcome shown = scene.stage.run({"dedup", "push", "client", planted.firm});
  CHECK(shown.says("Tamarisk Ceramic Limited"));
  CHECK(shown.says("1 ticket"));
  CHECK(shown.says("--confirm " + planted.firm_again));
  const Outcome other =
      scene.stage.run({"dedup", "push", "client", planted.firm, "--confirm", planted.leeds});
  CHECK(other.says("PB2311"));
  CHECK(scene.stage.run({"dedup", "push", "client", planted.leeds, "--confirm", planted.exeter})
            .says("PB1704"));
  CHECK(ask(scene.stage, {"outbox", "list"}).as_array().empty());

  ask(scene.stage,
      {"dedup", "push", "client", planted.firm, "--confirm", planted.firm_again, "--by", "anna"});
  const json::value dry = ask(scene.stage, {"outbox", "send", "--dry-run"}).at(0);
  CHECK(std::string(dry.at("calls").at(0).at("body").as_string()) ==
        R"([{"id":)" + planted.firm_again + R"(,"_merge_client_into":)" + planted.firm + "}]");
  CHECK(scene.source.posts("client") == 0);
  CHECK(number(ask(scene.stage, {"outbox", "send"}).at(0).at("confirmed")) == 1);
  CHECK(scene.source.posts("client") == 1);

  // Halo does not say of the ticket that it moved: the next sync reads everything again.
  scene.stage.sync();
  const StoreFile store = scene.stage.store();
  CHECK(store.text("SELECT client_id FROM ticket WHERE source_id = '" + ticket + "'") == planted.firm);
  CHECK(store.text("SELECT managed_team FROM ticket WHERE source_id = '" + ticket + "'") == "kilns");
  CHECK(store.number("SELECT count(*) FROM client WHERE source_id = '" + planted.firm_again +
                     "' AND deleted_at IS NOT NULL") == 1);
  CHECK(scene.stage.run({"dedup", "push", "client", planted.firm}).says("PB1704"));
  scene.stage.sync();  // once, and not for ever
  CHECK(store.number("SELECT read FROM psabridge_run_entity AS one WHERE entity = 'ticket' AND run = (SELECT "
                     "max(run) FROM psabridge_run_entity)") < 100);
}

TEST_CASE("A merge that was taken back before it was sent, or that Halo ignores, is not done and says so") {
  Mergeable scene;
  const Planted& planted = scene.planted;
  scene.stage.sync();
  ask(scene.stage, {"dedup", "push", "client", planted.firm, "--confirm", planted.firm_again});
  SECTION("taken back") {
    ask(scene.stage, {"dedup", "not-same", "client", planted.firm, planted.firm_again});
    scene.source.reset_ledger();
    CHECK(number(ask(scene.stage, {"outbox", "send"}).at(0).at("failed")) == 1);
    CHECK(scene.source.posts("client") == 0);
    CHECK(scene.stage.run({"outbox", "show", "1"}).says("are not one any more"));
  }
  SECTION("ignored") {
    scene.source.switch_faults({{"merge_ignored", true}});
    CHECK(number(ask(scene.stage, {"outbox", "send"}).at(0).at("failed")) == 1);
    CHECK(scene.stage.run({"outbox", "show", "1"}).says("is there as before"));
    CHECK(scene.stage.run({"doctor", "--check", "outbox"}).says("merge of client " + planted.firm_again));
  }
}

TEST_CASE("Without `merges`, and for what Halo cannot merge, a merge stays here") {
  const std::string fields = GENERATE("[]", "[team]", "[merges]");
  Mergeable scene(fields);
  const Planted& planted = scene.planted;
  scene.stage.sync();
  const Outcome refused = fields == "[merges]" ? scene.stage.run({"dedup", "push", "ticket", planted.ticket})
                                               : scene.stage.run({"dedup", "push", "client", planted.firm});
  CHECK(refused.exit_status != 0);
  CHECK(refused.says(fields == "[merges]" ? "PB2305" : "PB2301"));
}

TEST_CASE("The same firm in two tenants is one entity, and nothing is merged from one into the other") {
  Scene here, there;
  const auto connection = [](Scene& scene, const std::string& secret) {
    const sandbox::Sandbox& server = scene.source.server();
    return "{ connector: halo, url: \"" + server.url() +
           "\", tenant: sandbox, allow_private: true, tls: { ca_file: " + server.ca_file().string() +
           " }, auth: { grant: client_credentials, client_id: " + server.client().id +
           ", client_secret: env://" + secret + " } }\n";
  };
  const std::string pipeline =
      ", entities: { client: {} }, write_back: { fields: [merges] }, dedup: { client: [ strong_id, { use: "
      "similar, "
      "merge: 0.995, review: 0.80 } ] } }\n";
  write_text(here.stage.config(), "version: 1\nstore: sqlite:" + here.stage.database().string() +
                                      "\nconnections:\n  here: " + connection(here, "PSABRIDGE_TEST_SECRET") +
                                      "  there: " + connection(there, "PSABRIDGE_OTHER_SECRET") +
                                      "pipelines:\n  here: { connection: here" + pipeline +
                                      "  there: { connection: there" + pipeline);
  const json::object firm{{"name", "Tamarisk Ceramics Ltd"},
                          {"main_phonenumber", "+44 20 7946 0123"},
                          {"website", "https://www.tamarisk-ceramics.co.uk"},
                          {"domain", "tamarisk-ceramics.co.uk"}};
  const std::string id_here = "here/" + plant(here.source, "client", firm),
                    id_there = "there/" + plant(there.source, "client", firm);
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    const Outcome outcome = here.stage.run(
        arguments, {.environment = {{"PSABRIDGE_OTHER_SECRET", there.source.server().client().secret}}});
    INFO(outcome.describe());
    return json::parse(outcome.out);
  };
  REQUIRE(run({"sync"}).at("ok") == true);
  CHECK(run({"dedup", "explain", "client", id_here, id_there}).at("data").at("one_entity") == true);
  CHECK(run({"dedup", "show", "client", id_here}).at("data").at("records").as_array().size() == 2);
  CHECK(run({"dedup", "push", "client", id_here}).at("errors").at(0).at("code") == "PB1704");
}

TEST_CASE("check says whether a record exists before it is made") {
  const Found scene;
  const auto check = [&](const json::object& record) {
    return ask(scene.stage, {"dedup", "check", "client", "-"}, json::serialize(record));
  };
  const json::value exists = check({{"name", "TAMARISK CERAMICS LIMITED"},
                                    {"phone", "+442079460123"},
                                    {"domain", "tamarisk-ceramics.co.uk"}});
  INFO(json::serialize(exists));
  CHECK(exists.at("is") == "exists");
  CHECK(number(exists.at("likenesses").at(0).at("entity_id")) ==
        entity_of(scene.stage, "client", scene.planted.firm));
  const json::value likely = check({{"name", "Tamarisk Ceramics"}, {"phone", "+44 161 496 0999"}});
  INFO(json::serialize(likely));
  CHECK(likely.at("is") == "likely");
  CHECK(check({{"name", "Zephyrine Bookbinders"}, {"phone", "+44 117 496 0777"}}).at("is") == "new");

  const Outcome refused = scene.stage.run({"dedup", "check", "client", "-"}, {.input = R"({"nam": "x"})"});
  CHECK(refused.says("PB1601"));
  CHECK(refused.says("nam"));
}

TEST_CASE("A daemon joins what webhooks bring without a poll, and does the commands of others") {
  Scene scene;
  Served served(scene, "1h", kDedup);
  const Planted planted(scene.source);
  served.start_whole();
  const std::int64_t polls =
      scene.stage.store().number("SELECT count(*) FROM psabridge_run WHERE mode <> 'events'");
  const std::string by_webhook = planted.sent(scene.source);
  served.settle();
  CHECK(one(scene.stage, "ticket", planted.ticket, by_webhook));
  CHECK(scene.stage.store().number("SELECT count(*) FROM psabridge_run WHERE mode <> 'events'") == polls);

  const std::string before = derived(scene.stage);
  CHECK(number(ask(scene.stage, {"dedup", "list", "ticket"}).at("total")) == 1);
  CHECK(ask(scene.stage, {"dedup", "explain", "ticket", planted.ticket, by_webhook}).at("one_entity") ==
        true);
  const std::string step =
      step_of(ask(scene.stage, {"dedup", "merge", "client", planted.leeds, planted.exeter}));
  CHECK(one(scene.stage, "client", planted.leeds, planted.exeter));
  // Who decides is who called sudo to become the daemon's user.
  CHECK(scene.stage.run({"dedup", "undo", step}, {.environment = {{"SUDO_USER", "anna"}}}).exit_status == 0);
  CHECK(ask(scene.stage, {"dedup", "log", "client"}).at(0).at("by") == "anna");
  ask(scene.stage, {"dedup", "scan"});
  CHECK(derived(scene.stage) == before);
  const json::value checked = ask(
      scene.stage, {"dedup", "check", "client", "-"},
      R"({"name": "Tamarisk Ceramics Ltd", "phone": "+442079460123", "domain": "tamarisk-ceramics.co.uk"})");
  CHECK(checked.at("is") == "exists");
  CHECK(served.stop().exit_status == 0);
}

TEST_CASE("A scan killed at any durable step leaves a sound store, and the next one completes it") {
  const Found scene;
  const std::string before = derived(scene.stage);
  const auto scan = [&](long kill_at, const std::string& count) {
    return scene.stage.run({"dedup", "scan", "--rebuild"},
                           {.environment = {{"LD_PRELOAD", kPreloaded},
                                            {"PSABRIDGE_KILL_FOLDER", scene.stage.folder().string()},
                                            {"PSABRIDGE_KILL_COUNT", count},
                                            {"PSABRIDGE_KILL_AT", std::to_string(kill_at)}}});
  };
  const Folder folder;
  REQUIRE(scan(0, (folder / "count").string()).exit_status == 0);
  const long steps = std::atol(read_text(folder / "count").c_str());
  REQUIRE(steps > 10);
  constexpr long kKills = 12;
  for (long i = 0; i < kKills; ++i) {
    const long step = 1 + i * steps / kKills;
    INFO("killed at step " << step << " of " << steps);
    CHECK(scan(step, "").signal == SIGKILL);
    const Outcome verified = scene.stage.run({"verify"});
    INFO(verified.describe());
    CHECK(verified.exit_status == 0);
    ask(scene.stage, {"dedup", "scan"});
    CHECK(derived(scene.stage) == before);
  }
}
