// The small memory that plugins are lent (psabridge_host.state_get).
#pragma once
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "core/store/shared_writer.h"

namespace psabridge::connection {

/// Thread-safe.
class Memory {
 public:
  virtual ~Memory() = default;
  virtual std::string get(std::string_view owner, std::string_view key) = 0;
  virtual void put(std::string_view owner, std::string_view key, std::string_view value) = 0;
};

/// Kept in the store.
class StoredMemory final : public Memory {
 public:
  explicit StoredMemory(store::SharedWriter& store) : store_(store) {}
  std::string get(std::string_view owner, std::string_view key) override {
    const std::lock_guard lock(store_.mutex);
    return store_.writer.state_get(owner, key);
  }
  void put(std::string_view owner, std::string_view key, std::string_view value) override {
    const std::lock_guard lock(store_.mutex);
    store_.writer.state_put(owner, key, value);
  }

 private:
  store::SharedWriter& store_;
};

/// Ends with the process: for checks, which must not wait for the store.
class PassingMemory final : public Memory {
 public:
  std::string get(std::string_view owner, std::string_view key) override {
    const std::lock_guard lock(mutex_);
    return values_[{std::string(owner), std::string(key)}];
  }
  void put(std::string_view owner, std::string_view key, std::string_view value) override {
    const std::lock_guard lock(mutex_);
    values_[{std::string(owner), std::string(key)}] = value;
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::string> values_;
};

}  // namespace psabridge::connection
