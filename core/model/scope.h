// The filters of one entity of a pipeline, resolved: names became ids, "90d" became a time. Applied to
// records by the pipeline and, as SQL, to stored rows when deletions are looked for.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/model/batch.h"

namespace psabridge {

/// One resolved filter.
struct ScopeTest {
  FilterTest test = FilterTest::equals;
  std::vector<std::size_t> fields;    ///< indices into EntitySchema::fields; one match is enough
  std::optional<std::size_t> unless;  ///< boolean field: false or null there always passes
  bool flag = false;                ///< equals: wanted value (negation already applied; null counts as false)
  std::vector<std::string> values;  ///< any_of: wanted texts, ASCII lower case
  std::string time;                 ///< since, until: RFC 3339 bound, inclusive
};

using Scope = std::vector<ScopeTest>;

/// True when the record passes every test. A null time field passes `since` and `until`.
bool in_scope(const Scope& scope, const Record& record);

}  // namespace psabridge
