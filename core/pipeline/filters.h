// The filters of an entity, from the YAML's words to what the connector, the transform and the store
// understand.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "core/config/config.h"
#include "core/model/scope.h"

namespace psabridge::pipeline {

/// Names of an entity's stored records with their source ids.
using NameLookup = std::function<std::vector<std::pair<std::string, std::string>>(std::string_view entity)>;

/// What the command line adds for one run.
struct Narrowing {
  std::string since;                 ///< span or time; empty: none
  std::vector<std::string> clients;  ///< names or ids; empty: all

  bool any() const noexcept { return !since.empty() || !clients.empty(); }
};

struct ResolvedFilters {
  Scope scope;
  std::string
      json;  ///< for the connector: names became ids, spans became times; "changed_since" carries `--since`
};

/// `filters` are the YAML's own (checked by check()). Throws Error PB1055 for a name that nothing bears.
ResolvedFilters resolve_filters(const EntitySchema& schema, const boost::json::object& filters,
                                const Narrowing& narrowing, const NameLookup& names, SysMilliseconds now);

/// "90d" or a time, as RFC 3339.
std::string resolve_time(std::string_view text, SysMilliseconds now);

}  // namespace psabridge::pipeline
