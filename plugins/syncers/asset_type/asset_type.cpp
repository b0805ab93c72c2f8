// The kinds of assets: a lookup.
#include <psabridge/plugin.hpp>

#include "common/entity_syncer.h"

namespace {

using namespace psabridge;

class AssetTypeSyncer final : public syncers::EntitySyncer {};

}  // namespace

PSABRIDGE_SYNCER("asset_type", AssetTypeSyncer, "Keeps the kinds of assets");
