// The golden record of an entity: for each field the value that counts, where it comes from and why.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/store/duplicates.h"
#include "core/store/store.h"

namespace psabridge::dedup {

/// What a person or the configuration may put first. Always in this order after it: priority of the source,
/// validity, newest, most frequent, longest; then connection and source id decide.
struct SurvivorshipRules {
  std::vector<std::string> sources;           ///< connections, the most trusted first; others come after
  std::map<std::string, std::string> fields;  ///< field -> "newest", "most_frequent" or "longest"
};

/// `rows`: all records of the entity. `pins`: oldest first; the latest counts. JSON by field, null fields
/// left out:
///   {"phone": {"value": "+44 20 ...", "record": 7, "rule": "newest", "others": [{"value": ..., "record":
///   9}]}}
/// Fields that belong together (an id and its name, the parts of a person's name) come from one record.
std::string golden_record(const store::StoredRows& rows, const SurvivorshipRules& rules,
                          std::span<const store::DedupStep::Pin> pins);

}  // namespace psabridge::dedup
