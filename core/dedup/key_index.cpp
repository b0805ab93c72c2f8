#include "core/dedup/key_index.h"

#include <algorithm>
#include <bit>

namespace psabridge::dedup {
namespace {

constexpr std::uint32_t kListed = 1u << 31;

/// Lists of a size class hold 2^(class + 2) - 1 slots behind their length.
constexpr unsigned size_class_of(std::uint32_t slots) {
  return static_cast<unsigned>(std::bit_width(std::max(slots, 3u))) - 2;
}
constexpr std::uint32_t words_of(unsigned size_class) { return 4u << size_class; }

}  // namespace

// --- lists: a number counts four words, which the smallest list takes ---

std::uint32_t SlotLists::allocate(unsigned size_class) {
  if (free_.size() > size_class && !free_[size_class].empty()) {
    const std::uint32_t number = free_[size_class].back();
    free_[size_class].pop_back();
    return number;
  }
  const std::size_t at = words_.size();
  words_.resize(at + words_of(size_class));
  return static_cast<std::uint32_t>(at / 4);
}

std::uint32_t SlotLists::make(Slot first, Slot second) {
  const std::uint32_t number = allocate(0);
  Slot* const words = &words_[std::size_t{number} * 4];
  words[0] = 2;
  words[1] = first;
  words[2] = second;
  return number;
}

std::span<const Slot> SlotLists::list(std::uint32_t number) const noexcept {
  const Slot* const words = &words_[std::size_t{number} * 4];
  return {words + 1, words[0]};
}

std::uint32_t SlotLists::add(std::uint32_t number, Slot slot) {
  const std::uint32_t size = words_[std::size_t{number} * 4];
  const unsigned now = size_class_of(size), then = size_class_of(size + 1);
  std::uint32_t home = number;
  if (then != now) {
    home = allocate(then);
    std::copy_n(&words_[std::size_t{number} * 4], size + 1, &words_[std::size_t{home} * 4]);
    if (free_.size() <= now) free_.resize(now + 1);
    free_[now].push_back(number);
  }
  Slot* const words = &words_[std::size_t{home} * 4];
  words[++words[0]] = slot;
  return home;
}

void SlotLists::remove(std::uint32_t number, Slot slot) noexcept {
  Slot* const words = &words_[std::size_t{number} * 4];
  Slot* const found = std::find(words + 1, words + 1 + words[0], slot);
  if (found == words + 1 + words[0]) return;
  *found = words[words[0]];
  --words[0];  // from here on it may count as of a smaller class: some room is lost, none is overrun
}

void SlotLists::drop(std::uint32_t number) {
  const unsigned size_class = size_class_of(words_[std::size_t{number} * 4]);
  if (free_.size() <= size_class) free_.resize(size_class + 1);
  free_[size_class].push_back(number);
}

// --- the index ---

void KeyIndex::add(Slot slot, std::span<const BlockKey> blocks, std::span<const TermKey> terms) {
  for (const BlockKey key : blocks) blocks_.expect(key);
  for (const TermKey term : terms) terms_.expect(term);
  for (const BlockKey key : blocks) {
    std::uint32_t& value = blocks_.at(key);
    if (value == 0)
      value = slot;
    else if ((value & kListed) == 0)
      value = kListed | lists_.make(value, slot);
    else
      value = kListed | lists_.add(value & ~kListed, slot);
  }
  for (const TermKey term : terms) ++terms_.at(term);
}

void KeyIndex::remove(Slot slot, std::span<const BlockKey> blocks, std::span<const TermKey> terms) {
  for (const BlockKey key : blocks) {
    std::uint32_t& value = blocks_.at(key);
    if ((value & kListed) == 0) {
      value = 0;
      blocks_.erase(key);
      continue;
    }
    const std::uint32_t number = value & ~kListed;
    lists_.remove(number, slot);
    const std::span<const Slot> left = lists_.list(number);
    if (left.size() > 1) continue;
    const Slot last = left.front();
    lists_.drop(number);
    value = last;
  }
  for (const TermKey term : terms) {
    std::uint32_t& count = terms_.at(term);
    if (--count == 0) terms_.erase(term);
  }
}

std::span<const Slot> KeyIndex::records(BlockKey key) const noexcept {
  const std::uint32_t* const value = blocks_.find(key);
  if (!value) return {};
  if ((*value & kListed) != 0) return lists_.list(*value & ~kListed);
  return {value, 1};
}

void KeyIndex::reserve(std::size_t blocks, std::size_t terms) {
  blocks_.reserve(blocks);
  terms_.reserve(terms);
}

}  // namespace psabridge::dedup
