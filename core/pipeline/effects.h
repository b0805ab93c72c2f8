// Everything that a run changed, counted, sampled and summed up in a hash.
#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "core/pipeline/run_report.h"

namespace psabridge::pipeline {

/// One thread at a time.
class Effects {
 public:
  void add(const store::Change& change);

  const std::map<std::string, EntityEffect>& by_entity() const noexcept { return by_entity_; }
  /// An order-free sum: the same changes, however interleaved, give the same text.
  std::string hash() const;

 private:
  std::map<std::string, EntityEffect> by_entity_;
  std::uint64_t low_ = 0, high_ = 0;
};

}  // namespace psabridge::pipeline
