// What became of the records of one entity in a run, by their source ids.
#pragma once
#include <map>
#include <string>

#include "core/pipeline/run.h"

namespace psabridge::pipeline {

/// Watches one run. `entity` outlives it.
class RecordOutcomes final : public RunObserver {
 public:
  explicit RecordOutcomes(const std::string& entity) : entity_(entity) {}
  void progress(const EntityProgress&) override {}
  void record(const RecordOutcome& record) override {
    if (record.entity == entity_) by_id_.insert_or_assign(std::string(record.source_id), record.outcome);
  }
  /// Empty when nothing was told of it: it was read and did not change, or was not read.
  std::string of(const std::string& source_id) const {
    const auto found = by_id_.find(source_id);
    return found == by_id_.end() ? std::string() : found->second;
  }

 private:
  const std::string& entity_;
  std::map<std::string, std::string> by_id_;
};

}  // namespace psabridge::pipeline
