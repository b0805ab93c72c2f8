// The teams of agents: a lookup.
#include <psabridge/plugin.hpp>

#include "common/draft.h"
#include "common/entity_syncer.h"
#include "common/person.h"

namespace {

using namespace psabridge;
using syncers::Draft;

class TeamSyncer final : public syncers::EntitySyncer {
  void complete(Draft& team) override { syncers::normalise_email(team, "email"); }
};

}  // namespace

PSABRIDGE_SYNCER("team", TeamSyncer, "Keeps the teams of the source");
