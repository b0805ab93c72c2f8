// Which rows a list query means, and in which order.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/sandbox/dataset.h"
#include "tests/sandbox/http_message.h"

namespace sandbox {

// Positions in Dataset::rows(), in answer order. Valid while the data set keeps its version.
using Selection = std::vector<std::uint32_t>;

// How lists answer where Halo's versions differ.
struct ListRules {
  bool delta_exclusive = false;
};

// Remembers the last few selections, so that the pages of a walk cost one scan together.
// Thread-safe; the caller holds the data set's lock (shared or exclusive).
class Selections {
 public:
  std::shared_ptr<const Selection> select(const Dataset& data, Entity entity, const Query& query,
                                          const ListRules& rules, Ticks now);

 private:
  struct Remembered {
    std::string key;
    std::uint64_t version = 0;
    std::shared_ptr<const Selection> rows;
  };

  std::mutex mutex_;
  std::vector<Remembered> remembered_;
  std::size_t next_ = 0;
};

}  // namespace sandbox
