// The weight of one pair and the parts that make it up.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace psabridge::dedup {

/// Collects the parts of a pair's weight, which add up to it by construction. Lives for one pair.
class Evidence {
 public:
  /// `explained`: somebody will read the texts; otherwise none is made.
  explicit Evidence(bool explained) noexcept : explained_(explained) {}

  /// `say()` gives a short sentence that shows both values. `field` outlives this object.
  template <class Say>
  void add(std::string_view field, sdk::Weight weight, Say&& say) {
    weight_ += weight;
    found_ = true;
    if (explained_) parts_.push_back({field, weight, say()});
  }
  sdk::Weight weight() const noexcept { return weight_; }

  /// A pair of which nothing is known is not named.
  void give(std::size_t candidate, sdk::Verdict verdict, bool veto, sdk::Weights& weights) const {
    if (!found_) return;
    weights.add(candidate, verdict, weight_, veto);
    for (const Part& part : parts_) weights.reason(candidate, part.field, part.weight, part.text);
  }

 private:
  struct Part {
    std::string_view field;
    sdk::Weight weight;
    std::string text;
  };
  std::vector<Part> parts_;
  sdk::Weight weight_ = 0;
  bool explained_;
  bool found_ = false;
};

/// What a strong id that both records share weighs when `holders` live records have it (those two included).
inline sdk::Weight shared_id_weight(std::uint64_t holders) {
  constexpr sdk::Weight kOfTwo = 30 * sdk::kBit;
  if (holders <= 2) return kOfTwo;
  const double others = static_cast<double>(holders - 1);
  return std::max<sdk::Weight>(sdk::kBit, kOfTwo - std::llround(std::log2(others) * sdk::kBit));
}

/// What an id weighs that too many records have to be an id.
inline constexpr sdk::Weight kGenericIdWeight = sdk::kBit / 4;

}  // namespace psabridge::dedup
