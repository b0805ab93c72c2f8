// One page of slices becomes one batch ready for the store: parse, map, refine, check, filter, key, hash,
// pack.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/dedup/matcher.h"
#include "core/model/scope.h"
#include "core/pipeline/field_map.h"
#include "core/plugin/roles.h"

namespace psabridge::pipeline {

/// What the transform of one entity needs; everything outlives it.
struct TransformPlan {
  std::string connection;
  plugin::Syncer* syncer = nullptr;
  Scope scope;
  dedup::Matcher* matcher = nullptr;  ///< of an entity that is deduplicated
};

/// One thread at a time. Its JSON memory is reused from page to page.
class Transform {
 public:
  Transform(TransformPlan plan, FieldMap map);
  ~Transform();

  /// Consumes the page; its arena becomes the batch's. Bad records get Fate::dead; nothing is dropped.
  std::unique_ptr<Batch> apply(plugin::PulledPage page, const plugin::Stop& stop);

 private:
  struct Scratch;
  void read_slice(const plugin::Slice& slice, Batch& batch);
  void fill_record(const plugin::Slice& slice, Record& record, Verdict& verdict, Batch& batch);
  void meet(std::span<const Stranger> strangers, Verdict& verdict, Batch& batch) const;
  void check_required(Batch& batch) const;
  void seal(Batch& batch);

  TransformPlan plan_;
  const EntitySchema& schema_;
  FieldMap map_;
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace psabridge::pipeline
