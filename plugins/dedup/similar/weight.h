// Weights that rest on counts: whole numbers all the way, so that every machine gets the same.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <psabridge/plugin.hpp>

namespace psabridge::similar {

using sdk::kBit;
using sdk::Weight;

/// A constant weight, written in bits.
constexpr Weight bits(double value) noexcept {
  return static_cast<Weight>(value * static_cast<double>(kBit) + (value < 0 ? -0.5 : 0.5));
}

/// log2(x) in 1/1024 bit, rounded down; 0 for 0.
constexpr Weight log2_of(std::uint64_t x) noexcept {
  if (x < 2) return 0;
  const int whole = 63 - std::countl_zero(x);
  std::uint64_t mantissa = whole > 31 ? x >> (whole - 31) : x << (31 - whole);  // 1.31 fixed point, in [1, 2)
  Weight log = whole;
  for (int i = 0; i < 10; ++i) {
    mantissa = (mantissa * mantissa) >> 31;
    log *= 2;
    if (mantissa >= (std::uint64_t{1} << 32)) {
      mantissa >>= 1;
      ++log;
    }
  }
  return log;
}

/// What agreeing on a value is worth in a store of `records` live records, by how many others have it too.
class Rarity {
 public:
  explicit Rarity(std::uint64_t records) noexcept
      : population_(std::min<std::uint64_t>(records, std::uint64_t{1} << 40) + kCommonKnowledge) {}

  /// log2(1/u): u is the share of the value among the records, drawn towards one in `one_in`, what is known
  /// of such values beforehand; that is all there is in a small store. `own` of the `count` records are taken
  /// to be the very pair and its duplicates.
  Weight of(std::uint64_t count, std::uint64_t one_in, std::uint64_t own) const noexcept {
    const std::uint64_t others = count > own ? std::min(count - own, population_) : 0;
    return log2_of(one_in * population_) - log2_of(one_in * others + kCommonKnowledge);
  }

 private:
  static constexpr std::uint64_t kCommonKnowledge = 1000;  ///< records that the knowledge beforehand is worth
  std::uint64_t population_;
};

}  // namespace psabridge::similar
