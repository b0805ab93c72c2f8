// Every sound text may be edited: what stands beside the entry stays byte for byte, and the result loads.
#include "core/config/edit.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "tests/unit/config/temporary_folder.h"

using namespace psabridge::config;
using psabridge::Error;

namespace {

const std::string kBlock = "connector: halo\nurl: https://new.example.com\ntls:\n  ca_file: /ca.pem\n";

std::string with_carriage_returns(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '\n' ? "\r\n" : std::string(1, c);
  return result;
}

std::vector<std::string> names_of(const Config& config) {
  std::vector<std::string> names;
  for (const Connection& connection : config.connections) names.push_back(connection.name);
  return names;
}

std::string code_of(const auto& act) {
  try {
    act();
  } catch (const Error& error) {
    return std::string(error.code());
  }
  return "";
}

/// A text before and after `new` was added to its connections.
struct Addition {
  const char* what;
  std::string before, after;
};

const std::vector<Addition> kAdditions = {
    {"an empty file", "",
     "connections:\n  new:\n    connector: halo\n    url: https://new.example.com\n    tls:\n      ca_file: "
     "/ca.pem\n"},
    {"no section", "version: 1\n",
     "version: 1\n\nconnections:\n  new:\n    connector: halo\n    url: https://new.example.com\n    tls:\n  "
     "    ca_file: "
     "/ca.pem\n"},
    {"no section and no line end", "version: 1",
     "version: 1\n\nconnections:\n  new:\n    connector: halo\n    url: https://new.example.com\n    tls:\n  "
     "    ca_file: "
     "/ca.pem\n"},
    {"only comments", "# to come\n",
     "# to come\n\nconnections:\n  new:\n    connector: halo\n    url: https://new.example.com\n    tls:\n   "
     "   ca_file: "
     "/ca.pem\n"},
    {"an empty section", "connections:\nversion: 1\n",
     "connections:\n  new:\n    connector: halo\n    url: https://new.example.com\n    tls:\n      ca_file: "
     "/ca.pem\nversion: 1\n"},
    {"an empty section in braces", "connections: { }  # none yet\nversion: 1\n",
     "connections:  # none yet\n  new:\n    connector: halo\n    url: https://new.example.com\n    tls:\n    "
     "  ca_file: "
     "/ca.pem\nversion: 1\n"},
    {"a section in the middle with comments everywhere",
     "version: 1 # one\n"
     "connections: # ours\n"
     "  # the first\n"
     "  old: # really\n"
     "    connector: halo # yes\n"
     "    # inside\n"
     "\n"
     "  # commented out:\n"
     "  # other: {}\n"
     "\n"
     "# about the store\n"
     "store: sqlite:a.db\n",
     "version: 1 # one\n"
     "connections: # ours\n"
     "  # the first\n"
     "  old: # really\n"
     "    connector: halo # yes\n"
     "    # inside\n"
     "  new:\n    connector: halo\n    url: https://new.example.com\n    tls:\n      ca_file: /ca.pem\n"
     "\n"
     "  # commented out:\n"
     "  # other: {}\n"
     "\n"
     "# about the store\n"
     "store: sqlite:a.db\n"},
    {"four blanks a level", "connections:\n    old:\n        connector: halo\nversion: 1\n",
     "connections:\n    old:\n        connector: halo\n"
     "    new:\n        connector: halo\n        url: https://new.example.com\n        tls:\n            "
     "ca_file: /ca.pem\n"
     "version: 1\n"},
    {"four blanks a level in another section", "version: 1\nplugins:\n    folders: [a]\n",
     "version: 1\nplugins:\n    folders: [a]\n\n"
     "connections:\n    new:\n        connector: halo\n        url: https://new.example.com\n        tls:\n  "
     "          "
     "ca_file: /ca.pem\n"},
    {"two blanks, then four", "connections:\n  old:\n      connector: halo\n",
     "connections:\n  old:\n      connector: halo\n"
     "  new:\n      connector: halo\n      url: https://new.example.com\n      tls:\n          ca_file: "
     "/ca.pem\n"},
    {"entries in braces, a line each", "version: 1\nconnections:\n  old: { connector: halo }",
     "version: 1\nconnections:\n  old: { connector: halo }\n"
     "  new:\n    connector: halo\n    url: https://new.example.com\n    tls:\n      ca_file: /ca.pem\n"},
    {"an entry in braces over several lines",
     "connections:\n  old: {\n    connector: halo\n  }\n\nversion: 1\n",
     "connections:\n  old: {\n    connector: halo\n  }\n"
     "  new:\n    connector: halo\n    url: https://new.example.com\n    tls:\n      ca_file: "
     "/ca.pem\n\nversion: 1\n"},
    {"a document that begins with ---", "---\nversion: 1\n",
     "---\nversion: 1\n\nconnections:\n  new:\n    connector: halo\n    url: https://new.example.com\n    "
     "tls:\n      "
     "ca_file: /ca.pem\n"},
};

/// A text with the entry `old`, and what is left of it without.
struct Removal {
  const char* what;
  std::string before, after;
};

const std::vector<Removal> kRemovals = {
    {"the only one", "version: 1\nconnections:\n  old:\n    connector: halo\nstore: sqlite:a.db\n",
     "version: 1\nconnections:\nstore: sqlite:a.db\n"},
    {"the first, with its comments",
     "connections:\n  # the old one\n  # of many\n  old:\n    connector: halo\n    # inside\n\n  # the "
     "next\n  next: {}\n",
     "connections:\n  # the next\n  next: {}\n"},
    {"one in the middle", "connections:\n  first: {}\n  old: { connector: halo,\n    url: x }\n  next: {}\n",
     "connections:\n  first: {}\n  next: {}\n"},
    {"the last; what is indented less stays",
     "connections:\n  first: {}\n\n  old:\n    connector: halo\n      \n  # an end note\n# about the "
     "store\nstore: sqlite:a.db\n",
     "connections:\n  first: {}\n\n      \n  # an end note\n# about the store\nstore: sqlite:a.db\n"},
    {"a comment that a blank line parts from it stays",
     "connections:\n  # of all\n\n  old:\n    connector: halo\n", "connections:\n  # of all\n\n"},
    {"text of several lines",
     "connections:\n  old:\n    note: |\n      # no comment\n\n      end\n  next: {}\n",
     "connections:\n  next: {}\n"},
    {"no line end", "connections:\n    old:\n        connector: halo", "connections:\n"},
    {"a name in quotes", "connections:\n  \"old\": {}\n  'next': {}\n", "connections:\n  'next': {}\n"},
};

}  // namespace

TEST_CASE("an entry is added and nothing else changes") {
  for (const Addition& addition : kAdditions) {
    CAPTURE(addition.what);
    CHECK(with_entry(addition.before, "connections", "new", kBlock) == addition.after);
    CHECK(with_entry(with_carriage_returns(addition.before), "connections", "new", kBlock) ==
          (addition.before.find('\n') == std::string::npos ? addition.after
                                                           : with_carriage_returns(addition.after)));
  }
}

TEST_CASE("an entry that was added can be removed again, and all is as before") {
  for (const Addition& addition : kAdditions) {
    if (addition.before.find(" old:") == std::string::npos) continue;  // a section that was made stays
    CAPTURE(addition.what);
    const std::string before = addition.before + (addition.before.ends_with('\n') ? "" : "\n");
    CHECK(without_entry(addition.after, "connections", "new") == before);
  }
}

TEST_CASE("an entry is removed with its lines and its comments") {
  for (const Removal& removal : kRemovals) {
    CAPTURE(removal.what);
    CHECK(without_entry(removal.before, "connections", "old") == removal.after);
    CHECK(without_entry(with_carriage_returns(removal.before), "connections", "old") ==
          with_carriage_returns(removal.after));
  }
}

TEST_CASE("a name that YAML would take for something else is put into quotes") {
  for (const std::string name :
       {"null", "true", "No", "12", "1.5", "-", "a.b", "with: colon", "say \"x\"", "#1"}) {
    CAPTURE(name);
    const std::string edited =
        with_entry("connections:\n  old: {}\n", "connections", name, "connector: halo\n");
    CHECK(without_entry(edited, "connections", name) == "connections:\n  old: {}\n");
  }
}

TEST_CASE("what cannot be edited safely is refused, and the block is shown") {
  for (const std::string yaml :
       {"connections: { old: { connector: halo } }\n", "{ version: 1 }\n", "connections: {\n  old: {}\n}\n",
        "connections: ~\n", "connections: {\n}\n", "version: 1\n...\n", "connections: [ a ]\n", "- a\n",
        "connections:\n  old: |+\n    text\n\n"}) {
    CAPTURE(yaml);
    const auto add = [&] { with_entry(yaml, "connections", "new", kBlock); };
    CHECK(code_of(add) == "PB1012");
    try {
      add();
    } catch (const Error& error) {
      CHECK(error.message().find("  new:\n    connector: halo\n") != std::string::npos);
    }
  }
  CHECK(code_of([] { without_entry("connections: { old: {} }\n", "connections", "old"); }) == "PB1012");
}

TEST_CASE("text that does not load is not edited") {
  CHECK(code_of([] { with_entry("connections:\n\told: {}\n", "connections", "new", kBlock); }) == "PB1002");
  CHECK(code_of([] { with_entry("a: &x 1\n", "connections", "new", kBlock); }) == "PB1005");
  CHECK(code_of([] { without_entry("connections: {\n", "connections", "old"); }) == "PB1002");
}

TEST_CASE("names that are taken or missing are told") {
  CHECK(code_of([] { with_entry("connections:\n  new: {}\n", "connections", "new", kBlock); }) == "PB1605");
  CHECK(code_of([] { without_entry("connections:\n  new: {}\n", "connections", "old"); }) == "PB1602");
  CHECK(code_of([] { without_entry("version: 1\n", "connections", "old"); }) == "PB1602");
}

TEST_CASE("a folder's file is edited without the others") {
  const TemporaryFolder folder;
  folder.write("a.yaml",
               "version: 1\nconnections:\n  acme:\n    connector: halo\n    url: https://a.example.com\n");
  const std::string pipelines =
      "pipelines:\n  acme:\n    connection: acme  # of the other file\n    entities: { client: {} }\n";
  folder.write("b.yaml", with_entry(pipelines, "connections", "new", kBlock));
  const Config both = load(folder.path());
  CHECK(names_of(both) == std::vector<std::string>{"acme", "new"});
  CHECK(both.find_connection("new")->tls.ca_file == "/ca.pem");
  folder.write("b.yaml",
               without_entry(with_entry(pipelines, "connections", "new", kBlock), "connections", "new"));
  CHECK(names_of(load(folder.path())) == std::vector<std::string>{"acme"});
}

TEST_CASE("the items of a list are exchanged, and everything beside it stays") {
  const std::vector<std::string> items{R"({"use":"client_team"})", R"({"use":"fallback","team":"a: b"})"};
  struct Case {
    std::string before, after;
  };
  const std::vector<Case> cases{
      {"pipelines:\n  a:  # ours\n    every: 1m\n    routing:\n      - client_team  # gone\n      - { use: "
       "fallback, team: x }\n\n"
       "    # stays\n    guard: {}\nserve: {}\n",
       "pipelines:\n  a:  # ours\n    every: 1m\n    routing:\n      - {\"use\":\"client_team\"}\n"
       "      - {\"use\":\"fallback\",\"team\":\"a: b\"}\n\n    # stays\n    guard: {}\nserve: {}\n"},
      {"pipelines:\n  a:\n    routing: [ client_team ]\n  b: {}\n",
       "pipelines:\n  a:\n    routing:\n      - {\"use\":\"client_team\"}\n"
       "      - {\"use\":\"fallback\",\"team\":\"a: b\"}\n  b: {}\n"},
  };
  for (const Case& one : cases) {
    CHECK(with_items(one.before, "pipelines", "a", "routing", items) == one.after);
    CHECK(with_items(with_carriage_returns(one.before), "pipelines", "a", "routing", items) ==
          with_carriage_returns(one.after));
  }
  CHECK(code_of([&] {
          with_items("pipelines: { a: { routing: [] } }\n", "pipelines", "a", "routing", items);
        }) == "PB1012");
  CHECK(code_of([&] { with_items("pipelines:\n  a: {}\n", "pipelines", "a", "routing", items); }) ==
        "PB1602");
}
