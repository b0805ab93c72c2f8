// digest: records whose texts are equal.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "judged_pair.h"

namespace psabridge::test {
namespace {

using sdk::Verdict;

const Given kAcme{{{"name", "Acme Ltd."},
                   {"notes", "Closed on Fridays"},
                   {"client_id", "1"},
                   {"client_name", "A"},
                   {"created_at", "2026-03-01T08:00:00.000Z"}}};

Given changed(std::map<std::string, std::string> fields, std::string connection = "halo") {
  Given given = kAcme;
  for (auto& [field, text] : fields) given.fields[field] = text;
  given.connection = std::move(connection);
  return given;
}

}  // namespace

TEST_CASE("digest compares what records say, not where and when they were kept") {
  Strategy strategy("digest", "site");
  const struct {
    std::string name;
    Given other;
    bool equal;
  } cases[] = {{"the same", kAcme, true},
               {"case, blanks and punctuation", changed({{"name", " ACME   ltd"}}), true},
               {"another connection", changed({}, "other"), true},
               {"another client", changed({{"client_id", "2"}, {"client_name", "B"}}), true},
               {"another time", changed({{"created_at", "2020-01-01T00:00:00.000Z"}}), true},
               {"an empty field more", changed({{"phone", ""}}), true},
               {"a field more", changed({{"phone", "123"}}), false},
               {"a word more", changed({{"notes", "Closed on all Fridays"}}), false},
               {"texts in each other's field",
                changed({{"name", "Closed on Fridays"}, {"notes", "Acme Ltd."}}), false}};
  for (const auto& c : cases) {
    INFO(c.name);
    const Judged judged = strategy.judge(kAcme, c.other);
    CHECK(judged.candidates == c.equal);
    CHECK(judged.verdict == (c.equal ? Verdict::review : Verdict::distinct));
  }
}

TEST_CASE("digest says what its settings say") {
  CHECK(Strategy("digest", "site", R"({"verdict": "same"})").judge(kAcme, kAcme).verdict == Verdict::same);
  Strategy by_name("digest", "site", R"({"fields": ["name", "custom.Region"]})");
  CHECK(by_name.judge(kAcme, changed({{"notes", "other"}})).named == false);  // one of two fields is filled
  const Given north{{{"name", "Acme"}}, "halo", R"({"Region": "North"})"};
  const Given south{{{"name", "Acme"}}, "halo", R"({"Region": "South"})"};
  CHECK(by_name.judge(north, north).verdict == Verdict::review);
  CHECK(!by_name.judge(north, south).named);
  CHECK(Strategy("digest", "site", R"({"fields": ["name"]})")
            .judge(kAcme, changed({{"notes", "other"}}))
            .verdict == Verdict::review);
}

TEST_CASE("digest: what many records say weighs less, and a record that says little is not compared") {
  Strategy strategy("digest", "site");
  CHECK(strategy.judge(kAcme, kAcme, 100).weight < strategy.judge(kAcme, kAcme).weight);
  CHECK(strategy.keyed({{{"name", "Acme"}}}).keys.empty());
  CHECK(strategy.keyed({{}}).keys.empty());
  const Judged judged = strategy.judge(kAcme, kAcme);
  REQUIRE(judged.reasons.size() == 1);
  CHECK(judged.reasons[0].text ==
        "Both say the same in all 2 filled fields: name \"acme ltd\", notes \"closed on fridays\".");
}

TEST_CASE("digest keeps its forms small, whatever a field holds") {
  Strategy strategy("digest", "site");
  const Given huge =
      changed({{"notes", std::string(5'000'000, 'x')}, {"phone", std::string(5'000'000, '.')}});
  CHECK(strategy.keyed(huge).forms.at(0).size() <= 1024);
  CHECK(strategy.judge(huge, huge).verdict == Verdict::review);
}

}  // namespace psabridge::test
