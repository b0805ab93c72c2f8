#include "core/plugin/batch_table.h"

namespace psabridge::plugin {

bool is_to_be_written(const Record&, const Verdict& verdict) { return verdict.fate == Fate::write; }

BatchTable::BatchTable(const Batch& batch)
    : BatchTable(batch, [](const Record&, const Verdict&) { return true; }) {}

BatchTable::BatchTable(const Batch& batch, const RecordFilter& wanted) {
  static const Verdict kNoVerdict;  // batches of stored rows carry none
  records_.reserve(batch.records.size());
  origins_.reserve(batch.records.size());
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    if (!wanted(batch.records[i], i < batch.verdicts.size() ? batch.verdicts[i] : kNoVerdict)) continue;
    records_.push_back(batch.records[i]);
    origins_.push_back(i);
  }
  complete(batch);
}

BatchTable::BatchTable(const Batch& batch, std::span<const std::size_t> which)
    : origins_(which.begin(), which.end()) {
  records_.reserve(which.size());
  for (const std::size_t index : which) records_.push_back(batch.records[index]);
  complete(batch);
}

void BatchTable::complete(const Batch& batch) {
  field_names_.reserve(batch.schema->fields.size());
  for (const FieldSchema& field : batch.schema->fields) field_names_.push_back(borrow(field.name));
  plain_ = {sizeof(psabridge_batch), borrow(batch.connection), borrow(batch.schema->entity),
            field_names_.data(),     field_names_.size(),      records_.data(),
            records_.size()};
}

}  // namespace psabridge::plugin
