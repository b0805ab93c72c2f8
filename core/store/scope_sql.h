// The filters of a pipeline as an SQL condition, with the same meaning as in_scope has for records.
#pragma once
#include <string>
#include <vector>

#include "core/model/scope.h"

namespace psabridge::store {

struct ScopeCondition {
  std::string sql;  ///< "1" when everything is in scope; parameters are numbered from `first` on
  std::vector<std::string> texts;  ///< their values, in order
};

/// `first`: number of the first parameter.
ScopeCondition scope_condition(const EntitySchema& schema, const Scope& scope, int first);

}  // namespace psabridge::store
