// Rules that never come to decide, because an earlier rule always decides before them.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "core/routing/condition.h"
#include "core/routing/vocabulary.h"

namespace psabridge::routing {

struct Unreachable {
  std::size_t rule = 0;
  std::size_t earlier = 0;  ///< the first that decides for all its tickets
};

/// `always_decides`, parallel to `rules`: whether the rule decides for every ticket that its condition holds
/// for. What is named is certain (the earlier condition follows from the later one, part by part); not
/// everything that is unreachable is found. Ordered by rule.
std::vector<Unreachable> unreachable(std::span<const Condition> rules,
                                     const std::vector<bool>& always_decides, const Vocabulary& vocabulary);

}  // namespace psabridge::routing
