// The strategies of one entity as one: what keys a record has, and what a pair of records weighs.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/dedup/key_index.h"
#include "core/dedup/keyed_record.h"
#include "core/model/batch.h"
#include "core/plugin/roles.h"

namespace psabridge::dedup {

/// A strategy in its place in the configuration.
struct NamedStrategy {
  std::string name;  ///< "similar"
  std::unique_ptr<plugin::DedupStrategy> strategy;
};

/// What all strategies together say of a pair. The weights of those that said something are added, and the
/// surest verdict counts, but a veto of any of them leaves at most a review; and where one speaks against the
/// pair (distinct, with a negative weight), the sum has to be that of a sure pair for "same" and must not be
/// negative for a review. A pair of which no strategy says anything weighs kUnlike.
using PairWeight = plugin::DedupWeight;
inline constexpr std::int64_t kUnlike = -16 * 1024;  // 1/1024 bit

/// One part of a weight, with the strategy that says it.
struct PairReason {
  std::string strategy, field;
  std::int64_t weight = 0;
  std::string text;
};
struct ExplainedPair {
  PairWeight weight;
  std::vector<PairReason> reasons;  ///< their weights add up to `weight.weight`
};

/// Whether the strategies say anything of a pair, and whether one of them speaks against it.
enum class Heard : std::uint8_t { nothing, something, against };

/// One thread at a time; several matchers of the same strategies judge alike.
class Matcher {
 public:
  explicit Matcher(std::vector<NamedStrategy> strategies);

  /// For each record of the batch its packed keys and forms; empty for a record that is not to be written,
  /// and for one that no strategy looks for others of.
  std::vector<std::string> keyed(const Batch& batch, const plugin::Stop& stop);

  /// `probe` and `candidates`: forms as PackedRecord gives them. `total`: live records of the entity.
  void compare(std::string_view probe, std::span<const std::string_view> candidates, const KeyIndex& index,
               std::uint64_t total, std::span<PairWeight> weights, const plugin::Stop& stop);
  ExplainedPair explain(std::string_view probe, std::string_view candidate, const KeyIndex& index,
                        std::uint64_t total, const plugin::Stop& stop);

 private:
  std::vector<NamedStrategy> strategies_;
  std::vector<psabridge_str> forms_;
  std::vector<std::size_t> judged_;  ///< candidates that the strategy in turn has a form of
  std::vector<PairWeight> said_;     ///< of these
  std::vector<Heard> heard_;         ///< by candidate
};

}  // namespace psabridge::dedup
