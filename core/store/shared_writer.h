// A store writer that several threads use.
#pragma once
#include <mutex>

#include "core/store/store.h"

namespace psabridge::store {

/// Whoever uses the writer holds the mutex.
struct SharedWriter {
  Writer& writer;
  std::mutex mutex;
};

}  // namespace psabridge::store
