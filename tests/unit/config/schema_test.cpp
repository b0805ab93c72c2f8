#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "core/config/config.h"
#include "core/config/document.h"
#include "core/config/settings.h"
#include "tests/unit/config/samples.h"

using namespace psabridge::config;
namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

/// What the schema alone, as an editor would use it, has against a configuration.
std::vector<Problem> complaints_of_schema(const std::string& yaml) {
  std::vector<Problem> problems;
  const Node root = parse_document(yaml, "acme.yaml", problems);
  REQUIRE(problems.empty());
  return check_settings(settings_of(root, {}), json_schema(), "");
}

}  // namespace

TEST_CASE("the published schema is the one that the loader has") {
  CHECK(text_of(fs::path(CONFIGS_DIR) / "psabridge.schema.json") == json_schema());
}

TEST_CASE("the schema takes every configuration that the loader takes") {
  std::vector<std::string> sound{
      samples::kConnection,
      samples::kPipeline,
      samples::kPipeline +
          "    notify: [ log ]\n    sweep: 0s\n    guard: { delete_share: 2.5% }\n    routing:\n",
      samples::kPipeline +
          "    map: { ticket: { a: x, b: [x, y], c: { values: { 1: 2 }, default: false } } }\n",
  };
  for (const auto& entry : fs::directory_iterator(CONFIGS_DIR))
    if (entry.path().extension() == ".yaml") sound.push_back(text_of(entry.path()));
  for (const std::string& yaml : sound) {
    CAPTURE(yaml);
    CHECK_NOTHROW(load_text(yaml, "acme.yaml"));
    for (const Problem& problem : complaints_of_schema(yaml))
      FAIL_CHECK(to_string(problem.at) + " " + problem.message);
  }
}

TEST_CASE("the schema refuses what the loader refuses, as far as a schema can") {
  for (const samples::Bad& bad : samples::bad_values()) {
    CAPTURE(bad.yaml, bad.words);
    CHECK(complaints_of_schema(bad.yaml).empty() != bad.seen_by_schema);
  }
}

TEST_CASE("every key tells what it is for, in the schema and in the guide") {
  const std::string guide = text_of(fs::path(CONFIGS_DIR) / "../docs/guide/configuration.md");
  const auto check = [&guide](const auto& self, const boost::json::value& schema) -> void {
    if (!schema.is_object()) return;
    for (const auto& [word, value] : schema.get_object()) {
      self(self, value);
      if (word != "properties") continue;
      for (const auto& [key, property] : value.get_object()) {
        CAPTURE(std::string(key));
        CHECK(property.as_object().contains("description"));
        const std::string name(key);
        CHECK((guide.find(name + '`') != std::string::npos ||
               guide.find('`' + name + '.') != std::string::npos));
        self(self, property);
      }
    }
  };
  check(check, boost::json::parse(json_schema()));
}
