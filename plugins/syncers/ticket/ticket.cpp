// The work of the service desk.
#include <boost/json.hpp>
#include <psabridge/plugin.hpp>
#include <string_view>

#include "common/draft.h"
#include "common/entity_syncer.h"
#include "common/person.h"
#include "common/readable.h"
#include "common/relations.h"
#include "common/text.h"

namespace {

using namespace psabridge;
using syncers::Draft;

class TicketSyncer final : public syncers::EntitySyncer {
  void complete(Draft& ticket) override {
    ticket.set_missing("summary", "(no summary)");
    syncers::read_html(ticket, "details", "details_html");
    syncers::normalise_email(ticket, "contact_email");
    for (const std::string_view field : {"parent_id", "merged_into_id", "created_from_id"})
      syncers::drop_self_reference(ticket, field);
    ticket.set_flag("closed", ticket.flag("closed") || !ticket.is_null("closed_at"));
    ticket.set_flag("merged", !ticket.is_null("merged_into_id"));
    list_tags(ticket);
  }

  /// Tags that came as one text ("vpn, urgent") become an array; what is no text stays as the source gave it.
  static void list_tags(Draft& ticket) {
    if (!ticket.text("tags").starts_with('"')) return;
    const boost::json::value tags = boost::json::parse(ticket.text("tags"));
    boost::json::array list;
    for (const std::string_view tag : syncers::list_items(tags.get_string())) list.emplace_back(tag);
    if (list.empty())
      ticket.clear("tags");
    else
      ticket.set_json("tags", boost::json::serialize(list));
  }
};

}  // namespace

PSABRIDGE_SYNCER("ticket", TicketSyncer, "Keeps the tickets of the source");
