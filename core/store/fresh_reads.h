// Which records were read singly of late. A page of a list that was asked for before that, and is committed
// after it, is older than what is stored although nothing in it may say so.
#pragma once
#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/clock.h"

namespace psabridge::store {

/// In memory only: a page does not outlive the process that asked for it. One thread at a time.
class FreshReads {
 public:
  /// Longer than any page waits between its request and its commit.
  static constexpr Milliseconds kKept = std::chrono::hours{1};

  /// `read_at` is monotonic.
  void note(std::string_view entity, std::string_view source_id, Milliseconds read_at) {
    forget_before(read_at - kKept);
    const auto [entry, added] = by_record_.try_emplace(Key(entity, source_id), read_at);
    if (!added) entry->second = std::max(entry->second, read_at);
    by_time_.emplace(read_at, entry->first);
  }
  /// True when the record was read singly after `read_at`.
  bool outdates(std::string_view entity, std::string_view source_id, Milliseconds read_at) const {
    if (by_record_.empty()) return false;
    const auto found = by_record_.find(Key(entity, source_id));
    return found != by_record_.end() && found->second > read_at;
  }

 private:
  using Key = std::pair<std::string, std::string>;

  void forget_before(Milliseconds time) {
    for (auto oldest = by_time_.begin(); oldest != by_time_.end() && oldest->first < time;
         oldest = by_time_.erase(oldest)) {
      const auto entry = by_record_.find(oldest->second);
      if (entry != by_record_.end() && entry->second == oldest->first) by_record_.erase(entry);
    }
  }

  std::map<Key, Milliseconds> by_record_;
  std::multimap<Milliseconds, Key> by_time_;
};

}  // namespace psabridge::store
