// The things of clients that the desk looks after.
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>

#include "common/draft.h"
#include "common/entity_syncer.h"
#include "common/relations.h"

namespace {

using namespace psabridge;
using syncers::Draft;

class AssetSyncer final : public syncers::EntitySyncer {
  void complete(Draft& asset) override {
    for (const std::string_view field :
         {"asset_tag", "host_name", "key_field", "key_field_2", "key_field_3", "serial_number"})
      asset.copy_missing("name", field);
    asset.set_missing("name", "Asset " + std::string(asset.source_id()));
    syncers::drop_self_reference(asset, "parent_id");
  }
};

}  // namespace

PSABRIDGE_SYNCER("asset", AssetSyncer, "Keeps the assets of clients");
