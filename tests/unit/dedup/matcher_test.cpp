// What several strategies say of one pair, put together.
#include "core/dedup/matcher.h"

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/dedup/word_strategy.h"

namespace psabridge::dedup {
namespace {

using plugin::DedupVerdict;
using plugin::DedupWeight;

/// Says the same of every pair.
class Says final : public plugin::DedupStrategy {
 public:
  explicit Says(const DedupWeight& says) : says_(says) {}

  void keys(const Batch& batch, plugin::DedupKeySink& sink, const plugin::Stop&) override {
    for (std::size_t i = 0; i < batch.records.size(); ++i) {
      sink.key(i, plugin::KeyKind::block, "all");
      sink.form(i, "F");
    }
  }
  void compare(std::string_view, std::span<const psabridge_str>, const plugin::DedupTerms&,
               std::span<DedupWeight> weights, const plugin::Stop&) override {
    std::ranges::fill(weights, says_);
  }
  std::vector<plugin::DedupReason> explain(std::string_view, std::string_view, const plugin::DedupTerms&,
                                           DedupWeight& weight, const plugin::Stop&) override {
    weight = says_;
    return {{"all", weight.weight, "It is said."}};
  }

 private:
  DedupWeight says_;
};

DedupWeight said(DedupVerdict verdict, std::int64_t bits, bool veto = false) {
  DedupWeight weight;
  weight.verdict = verdict, weight.weight = bits * test::kBit, weight.veto = veto;
  return weight;
}

/// compare() and explain() of two records, which must say the same.
PairWeight judged(const std::vector<DedupWeight>& sayings) {
  std::vector<NamedStrategy> strategies;
  for (const DedupWeight& saying : sayings) strategies.push_back({"says", std::make_unique<Says>(saying)});
  Matcher matcher(std::move(strategies));
  Batch batch;
  batch.connection = "acme";
  batch.schema = &test::word_schema();
  const Value value = text_value("a");
  batch.records.push_back({borrow("1"), {}, &value, 1, borrow("{}"), {}});
  batch.verdicts.emplace_back();
  const std::string packed = matcher.keyed(batch, {}).front();
  const std::string_view forms = PackedRecord(packed).forms();
  const KeyIndex index;
  PairWeight weight;
  matcher.compare(forms, {&forms, 1}, index, 2, {&weight, 1}, {});
  const ExplainedPair explained = matcher.explain(forms, forms, index, 2, {});
  std::int64_t sum = 0;
  for (const PairReason& reason : explained.reasons) sum += reason.weight;
  CHECK(explained.weight.verdict == weight.verdict);
  CHECK(explained.weight.weight == weight.weight);
  CHECK(explained.weight.veto == weight.veto);
  CHECK(sum == weight.weight);
  return weight;
}

}  // namespace

TEST_CASE("strategies are heard together") {
  constexpr auto kSame = DedupVerdict::same, kReview = DedupVerdict::review,
                 kDistinct = DedupVerdict::distinct;
  struct Case {
    std::string about;
    std::vector<DedupWeight> sayings;
    DedupVerdict verdict;
  };
  const std::vector<Case> cases = {
      {"one alone decides, whatever it weighs", {said(kSame, 1)}, kSame},
      {"the surest counts", {said(kReview, 3), said(kSame, 30)}, kSame},
      {"little is said against it", {said(kSame, 10), said(kDistinct, -1)}, kSame},
      {"much is said against it", {said(kSame, 10), said(kDistinct, -7)}, kReview},
      {"more than for it", {said(kSame, 10), said(kDistinct, -12)}, kDistinct},
      {"a review outweighed", {said(kReview, 4), said(kDistinct, -6)}, kDistinct},
      {"a review of a rule, whatever it weighs", {said(kReview, -4)}, kReview},
      {"a veto", {said(kSame, 30), said(kDistinct, -20, true)}, kReview},
      {"a veto that outweighs the rest", {said(kSame, 17), said(kDistinct, -20, true)}, kDistinct},
      {"nothing is said", {said(kDistinct, 0)}, kDistinct},
  };
  for (const Case& c : cases) {
    INFO(c.about);
    CHECK(judged(c.sayings).verdict == c.verdict);
  }
  CHECK(judged({said(kSame, 17), said(kDistinct, -20, true)}).veto);
}

}  // namespace psabridge::dedup
