#include "core/serve/event_queue.h"

#include <algorithm>
#include <iterator>

namespace psabridge::serve {
namespace {

/// When an event may be processed; one that never failed at once.
SysMilliseconds due_of(const store::Event& event) {
  return event.due_at.empty() ? SysMilliseconds{} : parse_time(event.due_at).value_or(SysMilliseconds{});
}

bool crashed(const std::deque<store::Event>& events) {
  return std::ranges::any_of(events, [](const store::Event& event) { return event.crashes > 0; });
}

}  // namespace

/// The oldest event decides when its object is due: later ones stand behind it.
void EventQueue::wait_until(const Key& key, Object& object) {
  object.due = due_of(object.events.front());
  due_.emplace(std::pair(object.due, object.events.front().id), key);
}

void EventQueue::add(store::Event event) {
  Key key(event.entity, event.source_id);
  Object& object = objects_[key];
  object.events.push_back(std::move(event));
  ++size_;
  if (!object.taken && object.events.size() == 1) wait_until(key, object);
}

std::vector<ObjectEvents> EventQueue::take(SysMilliseconds now, std::size_t most) {
  std::vector<ObjectEvents> taken;
  while (taken.size() < most && !due_.empty() && due_.begin()->first.first <= now) {
    const Key key = due_.begin()->second;
    Object& object = objects_.at(key);
    const bool alone = crashed(object.events);
    if (alone && !taken.empty()) break;
    due_.erase(due_.begin());
    size_ -= object.events.size();
    taken.push_back({key.first, key.second, {}});
    std::ranges::move(object.events, std::back_inserter(taken.back().events));
    object.events.clear();
    object.taken = true;
    if (alone) break;
  }
  return taken;
}

void EventQueue::give_back(ObjectEvents object) {
  Key key(std::move(object.entity), std::move(object.source_id));
  Object& known = objects_[key];
  known.taken = false;
  size_ += object.events.size();
  known.events.insert(known.events.begin(), std::make_move_iterator(object.events.begin()),
                      std::make_move_iterator(object.events.end()));
  if (known.events.empty())
    objects_.erase(key);
  else
    wait_until(key, known);
}

void EventQueue::forget() {
  due_.clear();
  size_ = 0;
  for (auto entry = objects_.begin(); entry != objects_.end();) {
    entry->second.events.clear();
    entry = entry->second.taken ? std::next(entry) : objects_.erase(entry);
  }
}

std::optional<SysMilliseconds> EventQueue::next_due() const {
  return due_.empty() ? std::nullopt : std::optional(due_.begin()->first.first);
}

}  // namespace psabridge::serve
