// What values are worth in the store as it is.
#pragma once
#include <algorithm>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>

#include "blocking.h"
#include "field_kinds.h"

namespace psabridge::similar {

/// Frequencies of one slot's values, for one call of compare().
class Counting {
 public:
  Counting(const sdk::Terms& terms, std::size_t slot) noexcept
      : terms_(&terms), rarity_(terms.total()), slot_(slot) {}

  /// The weight of two equal values.
  Weight agreement(char part, std::string_view value, const KindModel& model) const {
    return std::min(model.most, rarity_.of(count(part, value), model.one_in, model.own));
  }
  std::uint64_t count(char part, std::string_view value) const {
    write_term(slot_, part, value, text_);
    return terms_->count(sdk::KeyKind::term, text_);
  }
  const Rarity& rarity() const noexcept { return rarity_; }

 private:
  const sdk::Terms* terms_;
  Rarity rarity_;
  std::size_t slot_;
  mutable std::string text_;  // kept for its memory
};

}  // namespace psabridge::similar
