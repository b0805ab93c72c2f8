#include "core/app/command_tree.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "core/app/commands.h"

namespace psabridge::app {
namespace {

using Catch::Matchers::ContainsSubstring;

/// The whole command line, parsed once.
struct Line {
  Invocation parse(std::vector<const char*> words) {
    words.insert(words.begin(), "psabridge");
    return tree.parse(static_cast<int>(words.size()), words.data());
  }
  std::string complaint(const std::vector<const char*>& words) {
    try {
      parse(words);
    } catch (const Error& error) {
      CHECK(error.code() == "PB1601");
      return error.message();
    }
    return "no complaint";
  }

  Line() { add_commands(tree); }
  GlobalOptions options;
  CommandTree tree{options};
};

}  // namespace

TEST_CASE("Shared options may stand before or after the command") {
  for (const auto& words : {std::vector<const char*>{"--json", "--config", "x.yaml", "runs", "list"},
                            {"runs", "list", "--json", "--config", "x.yaml"},
                            {"runs", "--json", "list", "-c", "x.yaml"}}) {
    Line line;
    CHECK(line.parse(words).command == "runs list");
    CHECK(line.options.json);
    CHECK(line.options.config == "x.yaml");
  }
}

TEST_CASE("An entity that is called like a command is an entity") {
  Line line;
  CHECK(line.parse({"records", "list", "status"}).command == "records list");
}

TEST_CASE("A slip is answered with what was probably meant") {
  struct Case {
    std::vector<const char*> words;
    const char *mistake, *meant;
  };
  for (const auto& [words, mistake, meant] : {
           Case{{"stauts"}, "\"stauts\"", "\"status\""},
           Case{{"runs", "lst"}, "\"lst\"", "\"list\""},
           Case{{"runs", "list", "--limti", "5"}, "\"--limti\"", "\"--limit\""},
           Case{{"status", "--jsn"}, "\"--jsn\"", "\"--json\""},
       }) {
    INFO(mistake);
    Line line;
    CHECK_THAT(line.complaint(words),
               ContainsSubstring(mistake) && ContainsSubstring("Did you mean " + std::string(meant)));
  }
}

TEST_CASE("A command line that lacks something says what") {
  struct Case {
    std::vector<const char*> words;
    const char* part;
  };
  for (const auto& [words, part] : {
           Case{{}, "needs a command"},
           Case{{"runs"}, "list, show"},
           Case{{"runs", "show"}, "RUN"},
           Case{{"runs", "show", "seven"}, "RUN"},
           Case{{"runs", "list", "--limit", "0"}, "--limit"},
           Case{{"records", "list"}, "ENTITY"},
           Case{{"dead", "list", "--state", "lost"}, "--state"},
       }) {
    Line line;
    const auto complaint = line.complaint(words);
    INFO(complaint);
    CHECK_THAT(complaint, ContainsSubstring(part) && ContainsSubstring("--help"));
  }
}

TEST_CASE("Help is for the command that it was asked of") {
  Line line;
  CHECK_THAT(line.parse({"--help"}).help, ContainsSubstring("records") && !ContainsSubstring("docs "));
  Line deeper;
  CHECK_THAT(deeper.parse({"records", "list", "--help"}).help,
             ContainsSubstring("--client") && ContainsSubstring("Example:"));
}

}  // namespace psabridge::app
