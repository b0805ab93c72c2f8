// The members of the service desk: a lookup.
#include <psabridge/plugin.hpp>

#include "common/draft.h"
#include "common/entity_syncer.h"
#include "common/person.h"
#include "common/relations.h"

namespace {

using namespace psabridge;
using syncers::Draft;

class AgentSyncer final : public syncers::EntitySyncer {
  void complete(Draft& agent) override {
    syncers::normalise_email(agent, "email");
    syncers::complete_name(agent);
    syncers::drop_self_reference(agent, "line_manager_id");
  }
};

}  // namespace

PSABRIDGE_SYNCER("agent", AgentSyncer, "Keeps the agents of the source");
