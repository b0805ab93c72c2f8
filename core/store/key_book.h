// By what a delivery is known again: digests, and the book that finds them.
#pragma once
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "core/store/journal.h"

namespace psabridge::store {

/// The first half of a SHA-256.
using Digest = std::array<std::uint8_t, 16>;

/// Of several texts; where one ends and the next begins counts.
Digest digest_of(std::initializer_list<std::string_view> texts);

/// Which event a digest led to last. In memory, because digests lie anywhere: an index of them on disk would
/// have a page written for nearly every acceptance. It compares half of a digest only, and may name an event
/// that is gone: whoever asks looks at the event itself. What a transaction adds counts at once, and stays
/// when the transaction did. One thread at a time.
class KeyBook {
 public:
  /// 0: none.
  EventId find(const Digest& digest) const {
    const std::uint64_t half = half_of(digest);
    if (const auto found = fresh_.find(half); found != fresh_.end()) return found->second;
    const auto found = kept_.find(half);
    return found == kept_.end() ? 0 : found->second;
  }
  void put(const Digest& digest, EventId event) { fresh_[half_of(digest)] = event; }
  /// The event is gone; a later one that has the digest, too, stays.
  void forget(const Digest& digest, EventId event) { gone_.emplace_back(half_of(digest), event); }

  /// The transaction is on disk.
  void keep() {
    for (const auto& [half, event] : gone_)
      if (const auto found = kept_.find(half); found != kept_.end() && found->second == event)
        kept_.erase(found);
    for (const auto& [half, event] : fresh_) kept_[half] = event;
    undo();
  }
  /// It was undone.
  void undo() {
    fresh_.clear();
    gone_.clear();
  }

 private:
  using Halves = boost::unordered_flat_map<std::uint64_t, EventId>;

  static std::uint64_t half_of(const Digest& digest) {
    std::uint64_t half = 0;
    std::memcpy(&half, digest.data(), sizeof half);
    return half;
  }

  Halves kept_, fresh_;
  std::vector<std::pair<std::uint64_t, EventId>> gone_;
};

}  // namespace psabridge::store
