// The priorities of tickets: a lookup.
#include <psabridge/plugin.hpp>

#include "common/entity_syncer.h"

namespace {

using namespace psabridge;

class PrioritySyncer final : public syncers::EntitySyncer {};

}  // namespace

PSABRIDGE_SYNCER("priority", PrioritySyncer, "Keeps the priorities of tickets");
