// The categories of tickets: a lookup.
#include <psabridge/plugin.hpp>
#include <string_view>

#include "common/draft.h"
#include "common/entity_syncer.h"
#include "common/text.h"

namespace {

using namespace psabridge;
using syncers::Draft;

class CategorySyncer final : public syncers::EntitySyncer {
  void complete(Draft& category) override {
    category.copy_missing("path", "name");
    category.set_missing("name", last_part(category.text("path")));
  }

  /// "Desktop" of "Hardware>Desktop"
  static std::string_view last_part(std::string_view path) {
    return syncers::trimmed(path.substr(path.rfind('>') + 1));  // npos + 1 is 0: the whole path
  }
};

}  // namespace

PSABRIDGE_SYNCER("category", CategorySyncer, "Keeps the categories of tickets");
