// The commands for secrets, as an admin and as a program use them.
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>

#include "tests/integration/harness.h"

using namespace psabridge::integration;
namespace json = boost::json;

namespace {

/// Commands need no source that answers; one serves them all.
Source& source() {
  static const Folder tls_folder;
  static Source source(small_shape(), tls_folder.path());
  return source;
}

Outcome run(const Stage& stage, const std::vector<std::string>& arguments, const std::string& input = {}) {
  Surroundings surroundings;
  surroundings.input = input;
  return stage.run(arguments, surroundings);
}

json::value data_of(const Outcome& outcome) {
  INFO(outcome.describe());
  return json::parse(outcome.out).at("data");
}

}  // namespace

TEST_CASE("A secret is set from standard input, listed without its value, and removed") {
  const Stage stage(source());
  CHECK(run(stage, {"secrets", "list"}).says("The vault is empty."));
  const Outcome set = run(stage, {"secrets", "set", "acme", "--expires", "2027-01-31"}, "hunter2\r\n");
  CHECK(set.exit_status == 0);
  CHECK(set.says("secret://acme"));
  CHECK_FALSE(set.says("hunter2"));
  const json::value listed = data_of(run(stage, {"secrets", "list", "--json"}));
  REQUIRE(listed.as_array().size() == 1);
  CHECK(listed.at(0).at("name") == "acme");
  CHECK(listed.at(0).at("expires_at") == "2027-01-31T00:00:00.000Z");
  CHECK(listed.at(0).as_object().size() == 4);
  CHECK(run(stage, {"secrets", "check"}).says("The vault is in order"));
  const Outcome unknown = run(stage, {"secrets", "remove", "acne"});
  CHECK(unknown.exit_status == 2);
  CHECK(unknown.says("Did you mean \"acme\"?"));
  CHECK(run(stage, {"secrets", "remove", "acme"}).exit_status == 0);
  CHECK(data_of(run(stage, {"secrets", "list", "--json"})).as_array().empty());
}

TEST_CASE("What can be no secret is refused, and nothing is kept") {
  struct Case {
    std::vector<std::string> arguments;
    std::string input, code;
  };
  const Stage stage(source());
  for (const auto& [arguments, input, code] :
       {Case{{"a/b"}, "hunter2", "PB1807"}, Case{{".hidden"}, "hunter2", "PB1807"},
        Case{{"acme"}, "", "PB1807"}, Case{{"acme"}, "\n", "PB1807"},
        Case{{"acme"}, std::string(65537, 'x'), "PB1807"}, Case{{"acme"}, "hunter2\xff", "PB1807"},
        Case{{"acme", "hunter2"}, "x", "PB1601"}, Case{{"acme", "--expires", "soon"}, "hunter2", "PB1601"}}) {
    std::vector<std::string> all{"secrets", "set"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Outcome outcome = run(stage, all, input);
    INFO(outcome.describe());
    CHECK(outcome.exit_status == 2);
    CHECK(outcome.says(code));
  }
  CHECK_FALSE(std::filesystem::exists(stage.database().string() + ".control"));
  CHECK_FALSE(std::filesystem::exists(stage.database().string() + ".key"));
}

TEST_CASE("Keys are rotated, and a check tells what is wrong with exit 8") {
  const Stage stage(source());
  REQUIRE(run(stage, {"secrets", "set", "acme"}, "hunter2").exit_status == 0);
  const auto before = data_of(run(stage, {"secrets", "list", "--json"})).at(0).at("key");
  const Outcome rotated = run(stage, {"secrets", "rotate"});
  INFO(rotated.describe());
  CHECK(rotated.says("1 secret is sealed with them"));
  CHECK(data_of(run(stage, {"secrets", "list", "--json"})).at(0).at("key") != before);
  CHECK(run(stage, {"secrets", "check"}).exit_status == 0);
  std::filesystem::remove(stage.database().string() + ".key");
  const Outcome checked = run(stage, {"secrets", "check"});
  CHECK(checked.exit_status == 8);
  CHECK(checked.says("PB1802"));
  const Outcome refused = run(stage, {"secrets", "rotate"});
  CHECK(refused.exit_status == 3);
  CHECK(refused.says("what to do: "));
}
