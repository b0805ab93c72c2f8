// A queue between two steps of the pipeline, bounded by bytes, so that memory stays flat however large the
// source is.
#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace psabridge::pipeline {

/// Many producers, one consumer. An item larger than the whole bound is let in when the queue is empty.
template <class Item>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t byte_bound) : byte_bound_(byte_bound) {}

  /// Waits for room. False when the queue was closed: the item is dropped.
  bool push(Item item, std::size_t bytes) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return closed_ || items_.empty() || bytes_ + bytes <= byte_bound_; });
    if (closed_) return false;
    bytes_ += bytes;
    items_.emplace_back(std::move(item), bytes);
    filled_.notify_one();
    return true;
  }

  /// Waits for an item. Nothing when the queue is closed and empty.
  std::optional<Item> pop() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return closed_ || !items_.empty(); });
    if (items_.empty()) return std::nullopt;
    return take_front();
  }

  /// Waits up to `patience` for a first item, then takes what is there, as long as the bytes taken stay below
  /// `byte_share`.
  std::vector<Item> pop_some(std::size_t byte_share, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    filled_.wait_for(lock, patience, [&] { return closed_ || !items_.empty(); });
    std::vector<Item> taken;
    for (std::size_t bytes = 0; !items_.empty() && (taken.empty() || bytes < byte_share);) {
      bytes += items_.front().second;
      taken.push_back(take_front());
    }
    return taken;
  }

  /// No more items come in; what is inside can still be taken.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    filled_.notify_all();
    room_.notify_all();
  }

 private:
  Item take_front() {
    Item item = std::move(items_.front().first);
    bytes_ -= items_.front().second;
    items_.pop_front();
    room_.notify_all();
    return item;
  }

  const std::size_t byte_bound_;
  std::mutex mutex_;
  std::condition_variable filled_, room_;
  std::deque<std::pair<Item, std::size_t>> items_;
  std::size_t bytes_ = 0;
  bool closed_ = false;
};

}  // namespace psabridge::pipeline
