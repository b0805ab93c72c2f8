#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "tests/unit/config/samples.h"

using namespace psabridge::config;
using samples::Bad;
using samples::kConnection;
using samples::kPipeline;

namespace {

std::vector<Problem> problems_of(const std::string& yaml, const LoadOptions& options = {}) {
  try {
    load_text(yaml, "acme.yaml", options);
  } catch (const ConfigError& error) {
    return error.problems();
  }
  return {};
}

/// Exactly one problem, of that code, at that place, with those words.
void check(const Bad& bad) {
  CAPTURE(bad.yaml, bad.words);
  const std::vector<Problem> problems = problems_of(bad.yaml);
  REQUIRE_FALSE(problems.empty());
  CAPTURE(ConfigError(problems).what());
  CHECK(problems.size() == 1);
  const Problem& problem = problems.front();
  CHECK(problem.code == bad.code);
  CHECK(problem.at.file == "acme.yaml");
  CHECK(problem.at.line == bad.line);
  CHECK(problem.at.column == bad.column);
  CHECK(problem.message.find(bad.words) != std::string::npos);
}

/// A pipeline whose connection takes webhooks, lines 1 to 12; cases go on with keys of `webhooks`.
const std::string kWebhooks = kConnection + "    webhook: { auth: hmac }\n" +
                              kPipeline.substr(kConnection.size()) + "    webhooks:\n      ";

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

const std::vector<Bad>& samples::bad_values() {
  static const std::vector<Bad> cases{
      // unknown keys: near, elsewhere, nowhere
      {kConnection + "pipeline: {}\n", "PB1003", 6, 1,
       "unknown key \"pipeline\". Did you mean \"pipelines\"?"},
      {kPipeline + "    evry: 15m\n", "PB1003", 11, 5,
       "pipelines.acme: unknown key \"evry\". Did you mean \"every\"?"},
      {kPipeline + "every: 15m\n", "PB1003", 11, 1, "It belongs to pipelines.NAME; look at the indentation."},
      {kPipeline + "    delete_count: 5\n", "PB1003", 11, 5, "It belongs to pipelines.NAME.guard"},
      {kPipeline + "    guard: { delete_cont: 5 }\n", "PB1003", 11, 14, "pipelines.acme.guard: unknown key"},
      {kPipeline + "    store: sqlite:x\n", "PB1003", 11, 5, "It belongs to the top of the file"},
      {kPipeline + "    colour: red\n", "PB1003", 11, 5, "Known here: connection, every"},
      // missing keys
      {"connections: {}\n", "PB1007", 1, 1, "the key \"version\" is missing"},
      {"", "PB1007", 1, 1, "the key \"version\" is missing"},
      {"version: 1\nconnections:\n  a: { conector: halo }\n", "PB1007", 3, 6,
       "Is \"conector\" meant to be it?"},
      {"version: 1\nconnections:\n  a:\n", "PB1007", 3, 3, "connections.a: the key \"connector\" is missing"},
      {kConnection + "pipelines: { acme: { connection: acme } }\n", "PB1007", 6, 20,
       "the key \"entities\" is missing"},
      {kConnection + "pipelines: { acme: { connection: acme, entities: {} } }\n", "PB1007", 6, 50,
       "at least one is needed"},
      {kPipeline + "    routing: [ { team: triage } ]\n", "PB1007", 11, 16,
       "pipelines.acme.routing[1]: the key \"use\""},
      // kinds
      {"[1, 2]\n", "PB1006", 1, 1, "expected a mapping (version: 1 ...), found a list"},
      {"version: 2\n", "PB1006", 1, 10, "version: expected the number 1, found the number 2"},
      {"version: \"1\"\n", "PB1006", 1, 10, "found the text \"1\": remove the quotes"},
      {"version: 1\nconnections: [acme]\n", "PB1006", 2, 14, "expected a mapping (name: ...), found a list"},
      {"version: 1\nplugins: { folders: /opt }\n", "PB1006", 2, 21, "plugins.folders: expected a list"},
      {"version: 1\nconnections: { a: { connector: 12 } }\n", "PB1006", 2, 32,
       "found the number 12: put it into quotes"},
      {"version: 1\nconnections: { a: { connector: true } }\n", "PB1006", 2, 32, "found true"},
      {kPipeline + "    routing: client_team\n", "PB1006", 11, 14, "routing: expected a list"},
      {kPipeline + "    routing: [ [ a ] ]\n", "PB1006", 11, 16, "routing[1]: expected a name"},
      {kPipeline + "    dedup: [ identity ]\n", "PB1006", 11, 12, "dedup: expected a mapping"},
      {kPipeline + "    dedup: { client: identity }\n", "PB1006", 11, 22, "dedup.client: expected a list"},
      {kPipeline + "      site: { notes: yes }\n", "PB1006", 11, 22,
       "expected true or false, found the text \"yes\""},
      {kPipeline + "    map: { ticket: { severity: [] , x: { from: { a: b } } } }\n", "PB1006", 11, 48,
       "expected text or a list"},
      // numbers
      {kPipeline + "    concurrency: 17\n", "PB1006", 11, 18,
       "expected a whole number from 1 to 16, found the number 17"},
      {kPipeline + "    concurrency: 0\n", "PB1006", 11, 18, "from 1 to 16"},
      {kPipeline + "    concurrency: 2.5\n", "PB1006", 11, 18, "found the number 2.5"},
      {kPipeline + "      site: { page_size: -1 }\n", "PB1006", 11, 26,
       "entities.site.page_size: expected a whole number"},
      {kConnection + "    rate_limit: { requests: 0 }\n", "PB1006", 6, 29,
       "rate_limit.requests: expected a whole number"},
      // spans and shares
      {kPipeline + "    every: 15 minutes\n", "PB1006", 11, 12, "a time span such as 30s, 15m"},
      {kPipeline + "    every: 15\n", "PB1006", 11, 12, "found the number 15"},
      {kPipeline + "    every: 0s\n", "PB1006", 11, 12, "at least 1s"},
      {kPipeline + "    every: 9999w\n", "PB1006", 11, 12, "expected a time span", false},
      {kConnection + "    rate_limit: { per: 5min }\n", "PB1006", 6, 24,
       "rate_limit.per: expected a time span"},
      {kPipeline + "    guard: { delete_share: 0.05 }\n", "PB1006", 11, 28,
       "a share from 0% to 100%, such as 5%"},
      {kPipeline + "    guard: { delete_share: 101% }\n", "PB1006", 11, 28, "found the text \"101%\""},
      {kPipeline + "    guard: { delete_share: -1% }\n", "PB1006", 11, 28, "found the text \"-1%\""},
      // addresses
      {"version: 1\nconnections:\n  a: { connector: halo, url: acme.example.com }\n", "PB1006", 3, 30,
       "https://HOST"},
      {"version: 1\nconnections:\n  a: { connector: halo, url: http://acme.example.com }\n", "PB1006", 3, 30,
       "http:// only for"},
      {"version: 1\nconnections:\n  a: { connector: halo, url: http://127.example.com }\n", "PB1006", 3, 30,
       "http:// only for"},
      {"version: 1\nconnections:\n  a: { connector: halo, url: 'https://' }\n", "PB1006", 3, 30,
       "https://HOST"},
      {"version: 1\nconnections:\n  a: { connector: halo, url: 'https://h:99999' }\n", "PB1006", 3, 30,
       "https://HOST", false},
      {kConnection + "    api_url: ftp://acme.example.com\n", "PB1006", 6, 14,
       "connections.acme.api_url: expected an address"},
      {kConnection + "    proxy: socks5://proxy:1080\n", "PB1006", 6, 12, "expected http://HOST:PORT"},
      {"version: 1\nstore: mysql://host/db\n", "PB1006", 2, 8, "expected sqlite:FILE or postgresql://"},
      {"version: 1\nstore: ''\n", "PB1006", 2, 8, "expected sqlite:FILE"},
      // the vault's key
      {"version: 1\nvault: { passphrase: hunter2 }\n", "PB1006", 2, 22,
       "vault.passphrase: expected env://NAME or file:///path, found something else"},
      {"version: 1\nvault: { passphrase: secret://acme }\n", "PB1006", 2, 22, "expected env://NAME"},
      {"version: 1\nvault: { credential: ../key }\n", "PB1006", 2, 22, "vault.credential: expected a name"},
      {"version: 1\nvault: { keyfile: a }\n", "PB1003", 2, 10, "Did you mean \"key_file\"?"},
      {"version: 1\nvault: { key_file: a, credential: b }\n", "PB1801", 2, 8,
       "one of key_file, passphrase and credential opens the vault, and 2 are given", false},
      // the daemon
      {"version: 1\nserve: { listen: 8730 }\n", "PB1006", 2, 18, "ADDRESS:PORT of this machine"},
      {"version: 1\nserve: { listen: '*:8730' }\n", "PB1006", 2, 18, "found the text \"*:8730\""},
      {"version: 1\nserve: { status: '::1:8731' }\n", "PB1006", 2, 18, "serve.status: expected"},
      {"version: 1\nserve: { status: psabridge.example.com:80 }\n", "PB1006", 2, 18, "127.0.0.1:8730"},
      {"version: 1\nserve: { status: '127.0.0.1:65536' }\n", "PB1006", 2, 18, "serve.status", false},
      {"version: 1\nserve: { status: '127.0.0.999:80' }\n", "PB1006", 2, 18, "serve.status", false},
      {"version: 1\nserve: { public_url: http://psabridge.example.com }\n", "PB1006", 2, 22,
       "http:// only for"},
      {"version: 1\nserve: { body_limit: 16777217 }\n", "PB1006", 2, 22, "from 1024 to 16777216"},
      {"version: 1\nserve: { keep_events: 59m }\n", "PB1006", 2, 23, "at least 1h", false},
      {"version: 1\nserve: { tls: {} }\n", "PB1003", 2, 10, "unknown key \"tls\""},
      {"version: 1\nserve: { certificate: a.pem }\n", "PB2202", 2, 23,
       "serve: `certificate` and `key` go together, and `key` is missing", false},
      {"version: 1\nserve: { key: a.pem }\n", "PB2202", 2, 15, "and `certificate` is missing", false},
      {"version: 1\nserve: { listen: 0.0.0.0:8730 }\n", "PB2204", 2, 18,
       "serve.listen: 0.0.0.0:8730 is reached from other machines", false},
      {"version: 1\nserve:\n  behind_proxy: false\n  listen: '[::]:8730'\n", "PB2204", 4, 11,
       "say behind_proxy: true", false},
      // webhooks
      {kConnection + "    webhook: {}\n", "PB1007", 6, 14, "webhook: the key \"auth\" is missing"},
      {kConnection + "    webhook: { auth: hmca }\n", "PB1006", 6, 22,
       "webhook.auth: expected one of basic, hmac, bearer, url, standard, found the text \"hmca\""},
      {kConnection + "    webhook: { auth: hmac, digest: HEX }\n", "PB1006", 6, 36, "one of base64, hex"},
      {kConnection + "    webhook: { auth: basic, user: 'a:b' }\n", "PB1006", 6, 35, "a name without ':'"},
      {kConnection + "    webhook: { auth: hmac, header: 'X Y' }\n", "PB1006", 6, 36, "webhook.header"},
      {kConnection + "    webhook: { auth: hmac, secret: hunter2 }\n", "PB1009", 6, 36,
       "connections.acme.webhook.secret: a secret stands here in plain text", false},
      {kConnection + "    webhook: { auth: hmac, secret: 12345 }\n", "PB1009", 6, 36, "in plain text"},
      {kConnection + "    webhook: { auth: hmac, secret: [a] }\n", "PB1006", 6, 36, "found something else"},
      {kConnection + "    webhook: { auth: basic, header: Token }\n", "PB1003", 6, 29,
       "connections.acme.webhook: \"header\" is for auth: hmac and bearer, and auth is basic", false},
      {kConnection + "    webhook: { auth: hmac, user: psa }\n", "PB1003", 6, 28, "is for auth: basic,",
       false},
      {kConnection + "    webhook: { auth: bearer, digest: hex }\n", "PB1003", 6, 30, "is for auth: hmac,",
       false},
      {kConnection + "    webhook: { auth: url, prefix: x }\n", "PB1003", 6, 27, "auth is url: remove",
       false},
      {kConnection + "    webhook: { auth: hmac, tolerance: 1m }\n", "PB1003", 6, 28, "for auth: standard",
       false},
      {kConnection + "    webhook: { auth: standard, tolerance: 0s }\n", "PB1006", 6, 43, "at least 1s"},
      {kPipeline + "    webhooks: {}\n", "PB2106", 11, 15,
       "pipelines.acme.webhooks: the connection \"acme\" takes no webhooks", false},
      {kWebhooks + "events: [ticket]\n", "PB1006", 13, 16, "a kind of event such as ticket.updated"},
      {kWebhooks + "events: Ticket.Updated\n", "PB1006", 13, 15, "webhooks.events: expected a kind of event"},
      {kWebhooks + "numbers: { ticket: 3 }\n", "PB1006", 13, 18, "as the key"},
      {kWebhooks + "missed_share: 1\n", "PB1006", 13, 21, "a share from 0% to 100%"},
      // names
      {"version: 1\nconnections:\n  'my acme': { connector: halo }\n", "PB1006", 3, 3,
       "letters, digits, '_', '-' and '.'"},
      {"version: 1\nconnections:\n  ../etc: { connector: halo }\n", "PB1006", 3, 3,
       "found the text \"../etc\""},
      {kPipeline + "      Site: {}\n", "PB1006", 11, 7, "a name of small letters"},
      {kPipeline + "    map: { ticket: { 'a;b': x } }\n", "PB1006", 11, 22, "a name of small letters"},
      {"version: 1\nplugins: { pins: { com.example.x: abc } }\n", "PB1006", 2, 35,
       "a SHA-256 in hex (64 digits)"},
      // references
      {kConnection + "pipelines: { a: { connection: acmee, entities: { client: {} } } }\n", "PB1008", 6, 31,
       "no connection \"acmee\" under `connections`. Did you mean \"acme\"?", false},
      // plain secrets
      {kConnection + "    auth: { client_secret: hunter2 }\n", "PB1009", 6, 28,
       "auth.client_secret: a secret stands here", false},
      {kConnection + "    auth: { client_secret: secret//acme }\n", "PB1009", 6, 28,
       "secret://name, env://NAME", false},
      {kConnection + "    token: 12345\n", "PB1009", 6, 12, "connections.acme.token", false},
      {kConnection + "    headers: [ { api_key: x } ]\n", "PB1009", 6, 27,
       "connections.acme.headers[1].api_key", false},
      {kPipeline + "    notify: [ { use: mail, smtp_password: x } ]\n", "PB1009", 11, 43,
       "notify[1].smtp_password", false},
      {kConnection + "    proxy: http://me:hunter2@proxy:3128\n", "PB1009", 6, 12,
       "holds a password in plain text", false},
      {"version: 1\nstore: postgresql://me:hunter2@host/db\n", "PB1009", 2, 8,
       "store: this address holds a password", false},
  };
  return cases;
}

TEST_CASE("every bad value is found at its place") {
  for (const Bad& bad : samples::bad_values()) check(bad);
}

TEST_CASE("what YAML allows and a configuration does not") {
  const std::vector<Bad> cases{
      {"version: 1\nversion: 1\n", "PB1004", 2, 1,
       "version is given twice, first at acme.yaml:1:1: keep one"},
      {kPipeline + "    every: 5m\n    every: 6m\n", "PB1004", 12, 5, "pipelines.acme.every is given twice"},
      {kConnection + "  acme: { connector: halo }\n", "PB1004", 6, 3, "connections.acme is given twice"},
      {kConnection + "    auth: { a: 1, a: 2 }\n", "PB1004", 6, 19, "connections.acme.auth.a is given twice"},
      {kPipeline + "    routing: [ { use: x, when: { a: 1, a: 2 } } ]\n", "PB1004", 11, 40,
       "routing[1].when.a"},
      {"version: &v 1\n", "PB1005", 1, 10, "anchors (&name) are not allowed"},
      {"version: !!int 1\n", "PB1005", 1, 10, "tags (\"tag:yaml.org,2002:int\") are not allowed"},
      {"version: 1\nstore: !env DB\n", "PB1005", 2, 8, "tags (\"!env\")"},
      {"version: 1\nplugins: { <<: { folders: [] } }\n", "PB1005", 2, 12, "merge keys (<<)"},
      {"version: 1\n? [a, b]\n: c\n", "PB1005", 2, 3, "a key must be plain text here, not a list"},
      {"version: 1\n~: c\n", "PB1005", 2, 1, "a key must be plain text here, not nothing"},
      {"version: 1\n---\nversion: 1\n", "PB1005", 2, 1, "a second document begins here"},
      {"version: 1\nstore: \"a\n", "PB1002", 3, 2, "a quote is opened and never closed"},
      {"version: 1\n\tstore: x\n", "PB1002", 2, 1, "indented with a tab"},
      {"version: 1\nstore: a: b\n", "PB1002", 2, 9, "text with \": \" in it needs quotes"},
      {"version: 1\nplugins: {\n", "PB1002", 3, 1, "this is not YAML"},
      {"version: 1\nstore: *nowhere\n", "PB1002", 2, 8, "an alias (*name) of something that is not there"},
      {"version: 1\nstore: " + nested(64) + "\n", "PB1011", 2, 71, "deeper than 64 levels"},
      {"version: 1\nstore: " + nested(5000) + "\n", "PB1011", 2, 71, "deeper than 64 levels"},
      {"version: 1\nstore: sqlite:" + std::string(9000, 'x') + "\n", "PB1011", 2, 8,
       "9007 bytes; at most 8192"},
      {std::string("version: 1\nstore: a\0b\n", 22), "PB1011", 2, 9, "control character"},
      {"version: 1\nstore: a\x04\nversion: 2\n", "PB1011", 2, 9, "control character"},
      {"version: 1\nstore: \"a\\0b\"\n", "PB1011", 2, 8, "an escape that stands for no character"},
      {"version: 1\nstore: caf\xe9\n", "PB1011", 2, 1, "not valid UTF-8"},
      {"version: 1\n#" + std::string(1 << 20, 'x') + "\n", "PB1011", 0, 0, "at most 1048576 (1 MiB)"},
  };
  for (const Bad& bad : cases) check(bad);
}

TEST_CASE("aliases are refused before they can grow") {
  std::string bomb = "version: 1\na0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last + ", " + last + ", " + last +
            "]\n";
  }
  const std::vector<Problem> problems = problems_of(bomb);
  REQUIRE(problems.size() == 30 + 29 * 3);
  for (const Problem& problem : problems) CHECK(problem.code == "PB1005");
}

TEST_CASE("all problems are told at once, by place") {
  const std::string yaml =
      "version: 3\n"
      "stor: sqlite:x\n"
      "connections:\n"
      "  acme: { connector: halo, url: nowhere, rate_limit: { requests: many } }\n"
      "pipelines:\n"
      "  acme:\n"
      "    connection: other\n"
      "    every: soon\n";
  const std::vector<Problem> problems = problems_of(yaml);
  std::vector<std::string> found;
  for (const Problem& problem : problems) found.push_back(to_string(problem.at) + " " + problem.code);
  CHECK(found == std::vector<std::string>{"acme.yaml:1:10 PB1006", "acme.yaml:2:1 PB1003",
                                          "acme.yaml:4:33 PB1006", "acme.yaml:4:66 PB1006",
                                          "acme.yaml:7:5 PB1007", "acme.yaml:7:17 PB1008",
                                          "acme.yaml:8:12 PB1006"});
}

TEST_CASE("the error lists its problems, a line each") {
  try {
    load_text("version: 2\nstor: x\n", "acme.yaml");
    FAIL("loaded");
  } catch (const psabridge::Error& error) {
    CHECK(error.code() == "PB1006");
    CHECK(std::string(error.what()) ==
          "acme.yaml:1:10: PB1006: version: expected the number 1, found the number 2\n"
          "acme.yaml:2:1: PB1003: unknown key \"stor\". Did you mean \"store\"?");
  }
}

TEST_CASE("no message repeats a secret") {
  const std::vector<std::string> cases{
      kConnection + "    auth: { client_secret: hunter2 }\n",
      kConnection + "    password: [hunter2\n",
      kConnection + "    proxy: ftp://me:hunter2@proxy\n",
      "version: 1\nstore: mysql://me:hunter2@host/db\n",
      "version: 1\nconnections:\n  a: { connector: halo, url: https://me:hunter2@host }\n",
  };
  for (const std::string& yaml : cases) {
    CAPTURE(yaml);
    const std::vector<Problem> problems = problems_of(yaml);
    REQUIRE_FALSE(problems.empty());
    CHECK(std::string(ConfigError(problems).what()).find("hunter2") == std::string::npos);
  }
}

TEST_CASE("secrets may stand in the file with --allow-plain") {
  const std::string yaml =
      kConnection + "    auth: { client_secret: hunter2 }\n    proxy: http://me:pw@proxy:3128\n";
  const Config config = load_text(yaml, "acme.yaml", {.allow_plain_secrets = true});
  CHECK(config.connections.at(0).settings.values.at("auth").at("client_secret") == "hunter2");
  CHECK(config.connections.at(0).proxy == "http://me:pw@proxy:3128");
}
