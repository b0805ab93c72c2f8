// A store writer that several threads use.
#pragma once
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <utility>

#include "core/store/store.h"

namespace psabridge::store {

/// Work that one thread of the process may do at a time. Who reads the children of a pipeline's records,
/// because each read of a family deletes what it does not find; who sends a connection's outbox, because two
/// might make a note twice. Thread-safe.
class FamilyTurns {
 public:
  /// False when somebody has the turn.
  bool take(const std::string& pipeline, const std::string& entity) {
    const std::lock_guard lock(mutex_);
    return taken_.emplace(pipeline, entity).second;
  }
  void give_back(const std::string& pipeline, const std::string& entity) {
    const std::lock_guard lock(mutex_);
    taken_.erase({pipeline, entity});
  }

 private:
  std::mutex mutex_;
  std::set<std::pair<std::string, std::string>> taken_;
};

struct SharedWriter {
  Writer& writer;
  /// Whoever uses the writer holds it.
  std::mutex mutex{};
  /// Held shared by work that commits in several steps, alone by a trial, which rolls back whatever is
  /// written while it lasts. Taken before `mutex`.
  std::shared_mutex steps{};
  FamilyTurns families{};
};

/// The writer, to oneself, for the object's lifetime.
class Turn {
 public:
  explicit Turn(SharedWriter& shared) : steps_(shared.steps), lock_(shared.mutex), writer_(shared.writer) {}
  Writer* operator->() const noexcept { return &writer_; }
  Writer& operator*() const noexcept { return writer_; }

 private:
  std::shared_lock<std::shared_mutex> steps_;
  std::unique_lock<std::mutex> lock_;
  Writer& writer_;
};

}  // namespace psabridge::store
