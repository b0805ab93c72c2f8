// Which records of a component are one entity: a pure function of its pairs.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/dedup/matcher.h"

namespace psabridge::dedup {

/// A record of the component by its number. Numbers ascend by what the records are, not by when they came,
/// so that the order of arrival has no part in the result.
using Node = std::uint32_t;

/// Why two records that match are not joined.
enum class Obstacle : std::uint8_t {
  none,
  veto,       ///< something of one record excludes something of the other, or of its entity
  not_same,   ///< a person said so, of them or of others in their entities
  chain,      ///< all pairs of the two entities taken together speak against it
  bridge,     ///< one pair alone would tie two entities of several records each
  ambiguous,  ///< the record fits another entity as well, and those two are not one
};

/// Two records that a strategy takes for the same, or that a person joined.
struct Tie {
  Node a = 0, b = 0;  ///< a < b
  std::int64_t weight = 0;
  bool by_person = false;
  Obstacle obstacle = Obstacle::none;  ///< set by group()
};

/// Two records that a person declared different.
struct Ban {
  Node a = 0, b = 0;  ///< a < b
};

/// Weighs one node against several.
using WeighNodes =
    std::function<void(Node probe, std::span<const Node> candidates, std::span<PairWeight> weights)>;

/// For each node the lowest node of its entity. Joins along the ties, surest first, and only what no ban, no
/// veto and not the sum of the other pairs speaks against; see Obstacle. What a person joined stays together
/// unless a person bans it. Of very large entities a sample of the pairs is weighed.
std::vector<Node> group(std::size_t nodes, std::span<Tie> ties, std::span<const Ban> bans,
                        const WeighNodes& weigh);

}  // namespace psabridge::dedup
