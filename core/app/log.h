// The log of the process: lines on stderr, without secrets.
#pragma once
#include <cstdint>
#include <memory>
#include <string_view>

#include "core/base/redactor.h"

namespace psabridge::app {

/// Thread-safe.
class Log {
 public:
  /// Lines below `level` (a psabridge_level) are dropped. `redactor` outlives the log; every line passes it.
  Log(std::uint32_t level, const Redactor& redactor);
  ~Log();
  /// `tag` says who speaks ("halo connector"); may be empty.
  void write(std::uint32_t level, std::string_view tag, std::string_view text);

 private:
  struct Sink;
  const Redactor& redactor_;
  std::unique_ptr<Sink> sink_;
};

}  // namespace psabridge::app
