#include "core/dedup/key_index.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <random>
#include <set>

namespace psabridge::dedup {
namespace {

TEST_CASE("the index holds what a plain map holds, whatever comes and goes") {
  std::mt19937_64 random(3);
  KeyIndex index;
  std::map<BlockKey, std::set<Slot>> blocks;
  std::map<TermKey, std::uint64_t> terms;
  struct Keys {
    std::vector<BlockKey> blocks;
    std::vector<TermKey> terms;
  };
  std::map<Slot, Keys> there;
  for (int step = 0; step < 50'000; ++step) {
    const Slot slot = 1 + static_cast<Slot>(random() % 500);
    if (const auto known = there.find(slot); known != there.end()) {
      index.remove(slot, known->second.blocks, known->second.terms);
      for (const BlockKey key : known->second.blocks) blocks[key].erase(slot);
      for (const TermKey term : known->second.terms) --terms[term];
      there.erase(known);
      continue;
    }
    std::set<BlockKey> keys;
    // A few keys that many have, and keys that share their low half.
    for (int i = 0; i < 6; ++i) keys.insert((random() % 3) << 32 | random() % (i < 2 ? 4 : 4000));
    Keys its{{keys.begin(), keys.end()}, {static_cast<TermKey>(random() % 50)}};
    index.add(slot, its.blocks, its.terms);
    for (const BlockKey key : its.blocks) blocks[key].insert(slot);
    for (const TermKey term : its.terms) ++terms[term];
    there.emplace(slot, std::move(its));
  }
  for (const auto& [key, slots] : blocks) {
    const auto found = index.records(key);
    REQUIRE(std::set<Slot>(found.begin(), found.end()) == slots);
    REQUIRE(found.size() == slots.size());
  }
  for (const auto& [term, count] : terms) REQUIRE(index.count(term) == count);
  CHECK(index.records(BlockKey{1} << 60).empty());
}

}  // namespace
}  // namespace psabridge::dedup
