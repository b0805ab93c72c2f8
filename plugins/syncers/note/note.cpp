// The history of tickets.
#include <psabridge/plugin.hpp>

#include "common/draft.h"
#include "common/entity_syncer.h"
#include "common/readable.h"

namespace {

using namespace psabridge;
using syncers::Draft;

class NoteSyncer final : public syncers::EntitySyncer {
  void complete(Draft& note) override {
    syncers::read_html(note, "text", "html");
    note.copy_missing("text", "email_body");
    syncers::read_html(note, "text", "email_body_html");
    note.copy_missing("occurred_at", "created_at");
  }
};

}  // namespace

PSABRIDGE_SYNCER("note", NoteSyncer, "Keeps the history of tickets");
