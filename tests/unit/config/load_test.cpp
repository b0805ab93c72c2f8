#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/config/config.h"
#include "tests/unit/config/samples.h"
#include "tests/unit/config/temporary_folder.h"

using namespace psabridge::config;
using namespace std::chrono_literals;
using psabridge::Error;
using samples::kPipeline;
namespace fs = std::filesystem;

namespace {

std::string pipeline_named(const std::string& name) {
  return "pipelines: { " + name + ": { connection: acme, entities: { client: {} } } }\n";
}

std::string error_of_load(const fs::path& path) {
  try {
    load(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("every configuration that we ship loads") {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(CONFIGS_DIR)) {
    if (entry.path().extension() != ".yaml") continue;
    CAPTURE(entry.path());
    CHECK_NOTHROW(load(entry.path()));
    ++count;
  }
  CHECK(count >= 2);
}

TEST_CASE("the whole example means what it says") {
  const Config config = load(fs::path(CONFIGS_DIR) / "acme.yaml");
  CHECK(config.store == "sqlite:" + (fs::path(CONFIGS_DIR) / "psabridge.db").string());

  REQUIRE(config.find_connection("acme"));
  const Connection& connection = *config.find_connection("acme");
  CHECK(connection.connector == "halo");
  CHECK(connection.tls.ca_file == "/etc/ssl/acme-ca.pem");
  CHECK(connection.rate_limit.requests == 400);
  CHECK(connection.rate_limit.per == 5min);
  CHECK(connection.at.line == 4);
  CHECK(boost::json::serialize(connection.settings.values) ==
        R"({"url":"https://acme.halopsa.com","tenant":"acme",)"
        R"("auth":{"grant":"client_credentials","client_id":"...","client_secret":"secret://acme"}})");
  CHECK(connection.settings.locations.at("/auth/client_id").line == 8);
  CHECK(connection.settings.locations.at("/auth/client_id").column == 51);
  CHECK(connection.settings.keys.at("/auth/client_id").column == 40);

  REQUIRE(config.find_pipeline("acme"));
  const Pipeline& pipeline = *config.find_pipeline("acme");
  CHECK(pipeline.connection == "acme");
  CHECK(pipeline.every == 15min);
  REQUIRE(pipeline.entities.size() == 4);
  CHECK(pipeline.entities[0].entity == "client");
  CHECK(boost::json::serialize(pipeline.entities[2].filters.values) ==
        R"({"types":["Server","Workstation"],"statuses":["Active"]})");
  CHECK(pipeline.entities[3].page_size == 100);
  CHECK(pipeline.entities[3].notes);
  CHECK(boost::json::serialize(pipeline.entities[3].filters.values) ==
        R"({"since":"90d","open_first":true})");

  const FieldMapping& severity = pipeline.map.at("ticket").at(0);
  CHECK(severity.field == "severity");
  CHECK(severity.from == std::vector<std::string>{"customfields.CFSeverity"});
  CHECK(severity.values == std::map<std::string, std::string>{{"1", "high"}});

  CHECK(pipeline.dedup.at("client").at(0).use == "identity");
  CHECK(pipeline.dedup.at("client").at(1).use == "similar");
  CHECK(pipeline.dedup.at("client").at(1).settings.values.at("merge") == 0.995);
  REQUIRE(pipeline.routing.size() == 3);
  CHECK(pipeline.routing[0].use == "client_team");
  CHECK(pipeline.routing[0].settings.values.empty());
  CHECK(boost::json::serialize(pipeline.routing[1].settings.values) == R"({"team":"noc"})");
  REQUIRE(pipeline.routing[1].when);
  CHECK(boost::json::serialize(pipeline.routing[1].when->values) ==
        R"({"priority":[1,2],"client.name":{"starts_with":"Acme"}})");
  CHECK(pipeline.routing[1].name == "match");
  CHECK_FALSE(pipeline.routing[0].when);
  CHECK(pipeline.routing[2].at.line == 28);
  CHECK(pipeline.guard.delete_share == 0.05);
  CHECK(pipeline.guard.delete_count == 500);

  CHECK(connection.webhook.auth == "hmac");
  CHECK(pipeline.webhooks.events ==
        std::vector<std::string>{"ticket.created", "ticket.updated", "ticket.deleted"});
  CHECK(config.serve.public_url == "https://psabridge.acme.example");
}

TEST_CASE("what is not given has its default") {
  const Config config = load_text(kPipeline, "acme.yaml");
  const Pipeline& pipeline = config.pipelines.at(0);
  CHECK(config.store == "sqlite:psabridge.db");
  CHECK(config.connections.at(0).rate_limit.requests == 400);
  CHECK(pipeline.every == 15min);
  CHECK(pipeline.sweep_every == 24h);
  CHECK(pipeline.concurrency == 4);
  CHECK(pipeline.guard.delete_share == 0.05);
  CHECK(pipeline.entities.at(0).page_size == 0);
  CHECK_FALSE(pipeline.entities.at(0).notes);
  CHECK(config.find_connection("other") == nullptr);
  CHECK(config.find_pipeline("other") == nullptr);
  CHECK(config.connections.at(0).webhook.auth.empty());
  CHECK(config.connections.at(0).webhook.secret.empty());
  CHECK(pipeline.webhooks.events.empty());
  CHECK(pipeline.webhooks.poll == 0s);
  CHECK(pipeline.webhooks.missed_share == 0.01);
  CHECK(config.serve.listen == "127.0.0.1:8730");
  CHECK(config.serve.status == "127.0.0.1:8731");
  CHECK(config.serve.body_limit == 2u << 20);
  CHECK(config.serve.keep_dead == 180 * 24h);
}

TEST_CASE("short and long forms") {
  const Config config =
      load_text(kPipeline +
                    "      site:\n"
                    "    sweep: 0s\n"
                    "    map:\n"
                    "      ticket:\n"
                    "        severity: customfields.CFSeverity\n"
                    "        impact: [a.b, c]\n"
                    "        urgency: { from: [x, y], values: { 1: high, true: 2 }, default: low }\n"
                    "        source: { default: web }\n"
                    "    notify: [ log, { use: mail, to: [ops] } ]\n"
                    "    guard:\n",
                "acme.yaml");
  const Pipeline& pipeline = config.pipelines.at(0);
  CHECK(pipeline.entities.at(1).entity == "site");
  CHECK(pipeline.sweep_every == 0s);
  const std::vector<FieldMapping>& fields = pipeline.map.at("ticket");
  REQUIRE(fields.size() == 4);
  CHECK(fields[0].from == std::vector<std::string>{"customfields.CFSeverity"});
  CHECK(fields[1].from == std::vector<std::string>{"a.b", "c"});
  CHECK(fields[2].values == std::map<std::string, std::string>{{"1", "high"}, {"true", "2"}});
  CHECK(fields[2].fallback == "low");
  CHECK(fields[3].from.empty());
  CHECK_FALSE(fields[0].fallback);
  CHECK(pipeline.notify.at(1).settings.locations.at("/to/0").column == 38);
}

TEST_CASE("settings keep types and what numbers cannot hold") {
  const Config config = load_text(
      "version: 1\n"
      "connections:\n"
      "  a: { connector: x, i: 12, n: -0.5, t: true, z: ~, q: '12', id: 007, big: 99999999999999999999, u: "
      "1_000, "
      "'a/b~c': { d: 1 } }\n",
      "a.yaml");
  const Settings& settings = config.connections.at(0).settings;
  CHECK(boost::json::serialize(settings.values) ==
        R"({"i":12,"n":-5E-1,"t":true,"z":null,"q":"12","id":"007","big":"99999999999999999999","u":"1_000",)"
        R"("a/b~c":{"d":1}})");
  CHECK(settings.locations.contains("/a~1b~0c/d"));
}

TEST_CASE("plain http is for this machine alone") {
  for (const std::string url :
       {"http://127.0.0.1:8443", "http://localhost/api", "http://[::1]:80/", "https://h.example:8443/x"}) {
    CAPTURE(url);
    CHECK_NOTHROW(
        load_text("version: 1\nconnections: { a: { connector: x, url: \"" + url + "\" } }\n", "a.yaml"));
  }
}

TEST_CASE("the files of a folder are read as one configuration") {
  const TemporaryFolder folder;
  folder.write("10-base.yaml", "version: 1\nstore: sqlite:data/x.db\nplugins: { folders: [more, /opt/p] }\n");
  folder.write("20-acme.yml", "connections: { acme: { connector: halo, tls: { ca_file: ca.pem } } }\n" +
                                  pipeline_named("one"));
  folder.write("30-more.yaml", pipeline_named("two"));
  folder.write("40-empty.yaml", "# nothing yet\n");
  folder.write("50-vault.yaml", "vault: { key_file: keys/vault }\n");
  folder.write("notes.txt", "not: [yaml");
  const Config config = load(folder.path());
  CHECK(config.folder == folder.path());
  CHECK(config.store == "sqlite:" + (folder.path() / "data/x.db").string());
  CHECK(config.plugins.folders == std::vector<fs::path>{folder.path() / "more", "/opt/p"});
  CHECK(config.connections.at(0).tls.ca_file == (folder.path() / "ca.pem").string());
  CHECK(config.vault.key_file == folder.path() / "keys/vault");
  REQUIRE(config.pipelines.size() == 2);
  CHECK(config.pipelines[1].name == "two");
  CHECK(config.pipelines[1].at.file == (folder.path() / "30-more.yaml").string());
}

TEST_CASE("names are unique over a folder") {
  const TemporaryFolder folder;
  folder.write("a.yaml", "version: 1\nconnections: { acme: { connector: halo } }\n");
  folder.write("b.yaml", "version: 1\nconnections: { acme: { connector: halo } }\n");
  const std::string a = (folder.path() / "a.yaml").string(), b = (folder.path() / "b.yaml").string();
  CHECK(error_of_load(folder.path()) ==
        b + ":1:1: PB1004: version is given twice, first at " + a + ":1:1: keep one\n" +  //
            b + ":2:16: PB1004: connections.acme is given twice, first at " + a + ":2:16: keep one");
}

TEST_CASE("a relative SQLite path hangs at the folder of the file") {
  const TemporaryFolder folder;
  folder.write("p.yaml", kPipeline);
  CHECK(load(folder.path() / "p.yaml").store == "sqlite:" + (folder.path() / "psabridge.db").string());
}

TEST_CASE("nothing to read") {
  const TemporaryFolder folder;
  CHECK(error_of_load(folder.path() / "no.yaml") ==
        "PB1001: there is no file " + (folder.path() / "no.yaml").string());
  CHECK(error_of_load(folder.path()) ==
        "PB1001: the folder " + folder.path().string() + " has no *.yaml file");
  CHECK(error_of_load("/dev/null") == "PB1001: /dev/null is no regular file");
}
