// Which records of an entity have a key, and how many have a term: what candidates and rarity come from.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace psabridge::dedup {

/// Place of a record in memory, from 1; reused after the record is gone.
using Slot = std::uint32_t;

/// Hashes of a record's keys. A block key leads to candidates; a term is only counted.
using BlockKey = std::uint64_t;
using TermKey = std::uint32_t;

/// Open addressing from a key to 32 bits; 0 is no value. Not thread-safe.
template <class Key>
class KeyTable {
 public:
  /// Null when the key is unknown; lives until the next change.
  const std::uint32_t* find(Key key) const noexcept {
    if (entries_.empty()) return nullptr;
    const Entry& entry = entries_[place_of(key)];
    return entry.value == 0 ? nullptr : &entry.value;
  }
  /// The key will be asked for soon: its memory is fetched meanwhile.
  void expect(Key key) const noexcept {
    if (!entries_.empty()) __builtin_prefetch(&entries_[key & (entries_.size() - 1)]);
  }
  /// The value of the key, made when it is new. Valid until the next call.
  std::uint32_t& at(Key key) {
    if (entries_.empty() || used_ + used_ / 4 >= entries_.size()) grow();
    Entry& entry = entries_[place_of(key)];
    if (entry.value == 0) {
      entry.set(key);
      ++used_;
    }
    return entry.value;
  }
  /// Forgets a key whose value was set to 0.
  void erase(Key key) {
    const std::size_t mask = entries_.size() - 1;
    std::size_t hole = place_of(key);
    --used_;
    for (std::size_t next = (hole + 1) & mask; entries_[next].value != 0; next = (next + 1) & mask) {
      const std::size_t home = entries_[next].key() & mask;
      if (((next - home) & mask) >= ((next - hole) & mask)) {
        entries_[hole] = entries_[next];
        hole = next;
      }
    }
    entries_[hole].value = 0;
  }
  void reserve(std::size_t keys) {
    while (entries_.size() < keys + keys / 4 + 1) grow();
  }
  std::size_t bytes() const noexcept { return entries_.capacity() * sizeof(Entry); }

 private:
  /// A key of 64 bits lies in two halves, so that an entry takes 12 bytes and not 16.
  struct Entry {
    std::uint32_t halves[sizeof(Key) / 4] = {};
    std::uint32_t value = 0;
    Key key() const noexcept {
      Key whole = halves[0];
      if constexpr (sizeof(Key) == 8) whole |= static_cast<Key>(halves[1]) << 32;
      return whole;
    }
    void set(Key key) noexcept {
      halves[0] = static_cast<std::uint32_t>(key);
      if constexpr (sizeof(Key) == 8) halves[1] = static_cast<std::uint32_t>(key >> 32);
    }
  };

  /// Where the key stands, or the free entry where it would.
  std::size_t place_of(Key key) const noexcept {
    const std::size_t mask = entries_.size() - 1;
    std::size_t place = key & mask;
    while (entries_[place].value != 0 && entries_[place].key() != key) place = (place + 1) & mask;
    return place;
  }
  void grow() {
    std::vector<Entry> old(entries_.empty() ? 64 : entries_.size() * 2);
    old.swap(entries_);
    for (const Entry& entry : old)
      if (entry.value != 0) entries_[place_of(entry.key())] = entry;
  }

  std::vector<Entry> entries_;
  std::size_t used_ = 0;
};

/// Lists of slots in one block of memory. A list has room for 3, 7, 15 ... slots, doubled as it grows.
class SlotLists {
 public:
  /// Number of a new list; never 0.
  std::uint32_t make(Slot first, Slot second);
  std::span<const Slot> list(std::uint32_t number) const noexcept;
  /// The number that the list has from now on.
  std::uint32_t add(std::uint32_t number, Slot slot);
  /// A list without the slot stays as it is.
  void remove(std::uint32_t number, Slot slot) noexcept;
  void drop(std::uint32_t number);
  std::size_t bytes() const noexcept { return words_.capacity() * sizeof(Slot); }

 private:
  std::uint32_t allocate(unsigned size_class);

  std::vector<Slot> words_ = std::vector<Slot>(4);  ///< of a list: how many, then the slots
  std::vector<std::vector<std::uint32_t>> free_;    ///< by size class
};

/// Readers may share it as long as nobody changes it.
class KeyIndex {
 public:
  void add(Slot slot, std::span<const BlockKey> blocks, std::span<const TermKey> terms);
  /// With the keys that it was added with.
  void remove(Slot slot, std::span<const BlockKey> blocks, std::span<const TermKey> terms);

  /// records() will be asked for the key soon.
  void expect(BlockKey key) const noexcept { blocks_.expect(key); }
  /// Records with this key; the span lives until the next change.
  std::span<const Slot> records(BlockKey key) const noexcept;
  std::uint64_t count(TermKey term) const noexcept {
    const std::uint32_t* const count = terms_.find(term);
    return count ? *count : 0;
  }

  /// Room for what is to come, so that nothing is copied meanwhile.
  void reserve(std::size_t blocks, std::size_t terms);
  std::size_t bytes() const noexcept { return blocks_.bytes() + terms_.bytes() + lists_.bytes(); }

 private:
  KeyTable<BlockKey> blocks_;  ///< a slot, or kListed and the number of a list
  KeyTable<TermKey> terms_;    ///< how many
  SlotLists lists_;
};

}  // namespace psabridge::dedup
