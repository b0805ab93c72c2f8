#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "core/config/config.h"

using namespace psabridge::config;

namespace {

/// The kind of schema that a connector has.
constexpr const char* kSchema = R"({
  "type": "object", "required": ["url", "auth"], "additionalProperties": false,
  "properties": {
    "url": {"type": "string", "description": "address of the source"},
    "overlap": {"type": "string", "pattern": "^[0-9]+[smhd]$"},
    "retries": {"type": "integer", "minimum": 0, "maximum": 9},
    "mode": {"enum": ["fast", "safe"]},
    "tags": {"type": "array", "items": {"type": "string"}},
    "limit": {"type": ["integer", "null"]},
    "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    "auth": {
      "type": "object", "required": ["client_secret"], "additionalProperties": false,
      "properties": {
        "grant": {"const": "client_credentials"},
        "client_secret": {"type": "string", "description": "reference to the secret"}
      }
    }
  }
})";

/// The lines of a connection, from line 4 on, as the connector's settings.
std::vector<Problem> problems_of(const std::string& lines) {
  const Config config = load_text("version: 1\nconnections:\n  acme:\n" + lines + "    connector: x\n",
                                  "acme.yaml", {.allow_plain_secrets = true});
  return check_settings(config.connections.at(0).settings, kSchema, "connections.acme");
}

const std::string kAuth = "    auth: { client_secret: secret://acme }\n";
const std::string kUrl = "    url: https://h.example\n";

}  // namespace

TEST_CASE("settings that fit have no problems") {
  CHECK(problems_of(kUrl + kAuth).empty());
  CHECK(problems_of(kUrl + kAuth +
                    "    overlap: 2m\n    retries: 3\n    mode: safe\n    tags: [a]\n    limit: ~\n    "
                    "either: 1\n    tls: {}\n")
            .empty());
}

TEST_CASE("every misfit is told at its place in the words of the schema") {
  struct Case {
    std::string lines, code;
    int line, column;
    std::string message;
  };
  const std::vector<Case> cases{
      {kAuth, "PB1007", 4, 5, "connections.acme: the key \"url\" is missing (address of the source)"},
      {kUrl + "    auth: {}\n", "PB1007", 5, 11,
       "connections.acme.auth: the key \"client_secret\" is missing (reference to the secret)"},
      {kUrl + kAuth + "    retrys: 3\n", "PB1003", 6, 5,
       "connections.acme: unknown key \"retrys\". Did you mean \"retries\"?"},
      {kUrl + kAuth + "    rate_limits: 3\n", "PB1003", 6, 5,
       "connections.acme: unknown key \"rate_limits\". Did you mean \"rate_limit\"?"},
      {kUrl + kAuth + "    every: 3m\n", "PB1003", 6, 5,
       "connections.acme: unknown key \"every\". It belongs to pipelines.NAME; look at the indentation."},
      {kUrl + "    auth: { client_secret: secret://a, granted: x }\n", "PB1003", 5, 40,
       "connections.acme.auth: unknown key \"granted\". Did you mean \"grant\"?"},
      {kUrl + kAuth + "    retries: many\n", "PB1006", 6, 14,
       "connections.acme.retries: expected a whole number (at least 0, at most 9); found the text \"many\""},
      {kUrl + kAuth + "    retries: 10\n", "PB1006", 6, 14,
       "connections.acme.retries: expected a whole number (at least 0, at most 9); found the number 10"},
      {kUrl + kAuth + "    mode: slow\n", "PB1006", 6, 11,
       "connections.acme.mode: expected one of fast, safe; found the text \"slow\""},
      {kUrl + kAuth + "    overlap: 2 minutes\n", "PB1006", 6, 14,
       "connections.acme.overlap: expected text (of the form ^[0-9]+[smhd]$); found the text \"2 minutes\""},
      {kUrl + kAuth + "    tags: [a, b, 3]\n", "PB1006", 6, 18,
       "connections.acme.tags[3]: expected text; found the number 3: put it into quotes"},
      {kUrl + kAuth + "    tags: a\n", "PB1006", 6, 11,
       "connections.acme.tags: expected a list; found the text \"a\""},
      {kUrl + kAuth + "    limit: x\n", "PB1006", 6, 12,
       "connections.acme.limit: expected a whole number or nothing; found the text \"x\""},
      {kUrl + "    auth: me\n", "PB1006", 5, 11,
       "connections.acme.auth: expected a mapping; found the text \"me\""},
      {kUrl + "    auth: { client_secret: 12345 }\n", "PB1006", 5, 28,
       "connections.acme.auth.client_secret: expected text, reference to the secret; found another value: "
       "put it into quotes"},
      {kUrl + "    auth: { client_secret: secret://a, grant: password }\n", "PB1006", 5, 47,
       "connections.acme.auth.grant: expected the text \"client_credentials\"; found the text \"password\""},
  };
  for (const Case& one : cases) {
    CAPTURE(one.lines);
    const std::vector<Problem> problems = problems_of(one.lines);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].code == one.code);
    CHECK(problems[0].at.line == one.line);
    CHECK(problems[0].at.column == one.column);
    CHECK(problems[0].message == one.message);
  }
}

TEST_CASE("a key that is missing under a condition is named like any other") {
  constexpr const char* kConditional = R"({
    "type": "object",
    "properties": {"mode": {"type": "string"}, "key": {"description": "of the safe"}, "host": {}, "path": {}},
    "if": {"required": ["mode"], "properties": {"mode": {"const": "safe"}}},
    "then": {"required": ["key"]},
    "else": {"required": ["host"], "if": {"required": ["mode"]}, "then": {"required": ["path"]}}
  })";
  struct Case {
    std::string lines;
    std::vector<std::string> missing;
  };
  const std::vector<Case> cases{
      {"    mode: safe\n    key: k\n", {}},
      {"    host: h\n", {}},
      {"    mode: open\n    host: h\n    path: p\n", {}},
      {"    mode: safe\n", {"the key \"key\" is missing (of the safe)"}},
      {"    path: p\n", {"the key \"host\" is missing"}},
      {"    mode: open\n", {"the key \"host\" is missing", "the key \"path\" is missing"}},
  };
  for (const Case& one : cases) {
    CAPTURE(one.lines);
    const Config config =
        load_text("version: 1\nconnections:\n  acme:\n    connector: x\n" + one.lines, "acme.yaml", {});
    std::vector<std::string> missing;
    for (const Problem& problem :
         check_settings(config.connections.at(0).settings, kConditional, "connections.acme"))
      missing.push_back(problem.message.substr(std::string("connections.acme: ").size()));
    CHECK(missing == one.missing);
  }
}

TEST_CASE("a misfit that the schema has no simple words for is told all the same") {
  const std::vector<Problem> problems = problems_of(kUrl + kAuth + "    either: [1]\n");
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].at.line == 6);
  CHECK(problems[0].message.starts_with("connections.acme.either: found a list, which does not fit: "));
}

TEST_CASE("several misfits are told at once") {
  const std::vector<Problem> problems =
      problems_of("    retries: many\n    mode: slow\n    tags: [1, 2]\n    colour: red\n");
  std::vector<std::string> codes;
  for (const Problem& problem : problems) codes.push_back(problem.code);
  std::ranges::sort(codes);
  CHECK(codes ==
        std::vector<std::string>{"PB1003", "PB1006", "PB1006", "PB1006", "PB1006", "PB1007", "PB1007"});
}

TEST_CASE("a schema that is none is the plugin's fault") {
  for (const std::string schema : {"", "[]", "{", R"({"type": 1})"}) {
    CAPTURE(schema);
    try {
      check_settings({}, schema, "connections.acme");
      FAIL_CHECK("accepted");
    } catch (const psabridge::Error& error) {
      CHECK(error.code() == "PB1104");
    }
  }
}
