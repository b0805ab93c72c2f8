// The statuses of tickets: a lookup.
#include <psabridge/plugin.hpp>

#include "common/entity_syncer.h"

namespace {

using namespace psabridge;

class StatusSyncer final : public syncers::EntitySyncer {};

}  // namespace

PSABRIDGE_SYNCER("status", StatusSyncer, "Keeps the statuses of tickets");
