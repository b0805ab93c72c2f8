// The kinds of tickets: a lookup.
#include <psabridge/plugin.hpp>

#include "common/entity_syncer.h"

namespace {

using namespace psabridge;

class TicketTypeSyncer final : public syncers::EntitySyncer {};

}  // namespace

PSABRIDGE_SYNCER("ticket_type", TicketTypeSyncer, "Keeps the kinds of tickets");
