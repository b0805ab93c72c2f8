// The open events of one connection in memory, sorted by the object that they are about: in order for each
// object, side by side for different ones.
#pragma once
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "core/store/journal.h"

namespace psabridge::serve {

/// What is to be done about one object: all of its open events, oldest first. The newest decides; the object
/// is read once.
struct ObjectEvents {
  std::string entity, source_id;
  std::vector<store::Event> events;
};

/// Not thread-safe: whoever owns it guards it.
class EventQueue {
 public:
  /// In the journal's order.
  void add(store::Event event);
  /// Takes up to `most` objects whose events are due, oldest first; they are not given out again until they
  /// are given back. Objects whose events were being processed when a process ended come alone: if they end
  /// it again, it is known which one it was.
  std::vector<ObjectEvents> take(SysMilliseconds now, std::size_t most);
  /// The object is free again; events that still wait come along.
  void give_back(ObjectEvents object);
  /// Drops everything that is not taken: the journal knows better.
  void forget();

  /// When the next object is due; nothing when none waits.
  std::optional<SysMilliseconds> next_due() const;
  /// Events, without those that are taken.
  std::size_t size() const noexcept { return size_; }

 private:
  using Key = std::pair<std::string, std::string>;
  struct Object {
    std::deque<store::Event> events;
    bool taken = false;
    SysMilliseconds due{};
  };

  void wait_until(const Key& key, Object& object);

  std::map<Key, Object> objects_;
  std::map<std::pair<SysMilliseconds, store::EventId>, Key>
      due_;  ///< of objects that wait, by their first event
  std::size_t size_ = 0;
};

}  // namespace psabridge::serve
