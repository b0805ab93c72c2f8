// A batch as the C table that a verb is given.
#pragma once
#include <psabridge/abi.h>

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "core/model/batch.h"

namespace psabridge::plugin {

/// Chooses the records of a batch that a verb may see.
using RecordFilter = std::function<bool(const Record&, const Verdict&)>;

/// True for the records that are still to be written.
bool is_to_be_written(const Record& record, const Verdict& verdict);

/// Borrows the batch, which must not change its number of records meanwhile. A plugin sees the chosen records
/// as a batch of their own; origin() leads back.
class BatchTable {
 public:
  explicit BatchTable(const Batch& batch);
  BatchTable(const Batch& batch, const RecordFilter& wanted);
  /// Of the records at these indices.
  BatchTable(const Batch& batch, std::span<const std::size_t> which);
  BatchTable(const BatchTable&) = delete;
  BatchTable& operator=(const BatchTable&) = delete;

  const psabridge_batch* plain() const noexcept { return &plain_; }
  std::size_t size() const noexcept { return records_.size(); }
  /// Index in the whole batch of the record at `index` of the table.
  std::size_t origin(std::size_t index) const noexcept { return origins_[index]; }

 private:
  void complete(const Batch& batch);

  std::vector<psabridge_str> field_names_;
  std::vector<psabridge_record> records_;
  std::vector<std::size_t> origins_;
  psabridge_batch plain_;
};

}  // namespace psabridge::plugin
