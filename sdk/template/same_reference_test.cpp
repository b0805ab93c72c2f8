// Usage: same_reference_test PLUGIN.so
#include <cstdio>
#include <cstdlib>
#include <psabridge/testkit.hpp>

namespace {

using namespace psabridge;

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "failed: %s\n", what);
  std::exit(1);
}

/// Clients with these references.
testkit::Records clients(const std::vector<std::string_view>& references) {
  testkit::Records records("client", {"reference"});
  for (const std::string_view reference : references)
    records.add(std::to_string(records.size() + 1), {sdk::Value::text(reference)});
  return records;
}

}  // namespace

int main(int, char** arguments) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(arguments[1]);
  auto careful = plugin.dedup("same_reference", "{}", host);

  const std::vector<testkit::Key> keys = careful.keys(clients({"ac-0012", "", "none", "AC 0012"}));
  check(keys.size() == 2, "what is no reference gives no key");
  check(keys[0].text == keys[1].text, "two ways of writing give one key");

  const testkit::Records probe = clients({"ac-0012"}), others = clients({"AC-0099", "AC0012", ""});
  const auto matches = careful.score(probe, others);
  check(matches.size() == 1 && matches.count(1) == 1, "only the equal reference matches");
  check(matches.at(1).verdict == sdk::Verdict::review, "a person looks first");
  check(matches.at(1).evidence.find("AC0012") != std::string::npos, "the evidence shows the reference");

  auto bold = plugin.dedup("same_reference", R"({"merge": true})", host);
  check(bold.score(probe, others).at(1).verdict == sdk::Verdict::same, "the setting makes it proof");
}
