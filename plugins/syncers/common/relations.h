// Relations of a record to its own kind.
#pragma once
#include <string_view>

#include "common/draft.h"

namespace psabridge::syncers {

/// A record that names itself as its parent, manager or the like has none: trees built from such data would
/// never end.
inline void drop_self_reference(Draft& draft, std::string_view field) {
  if (draft.text(field) == draft.source_id()) draft.clear(field);
}

}  // namespace psabridge::syncers
