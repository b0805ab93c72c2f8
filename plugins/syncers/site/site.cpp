// The places of clients.
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>

#include "common/draft.h"
#include "common/entity_syncer.h"
#include "common/text.h"

namespace {

using namespace psabridge;
using syncers::Draft;

class SiteSyncer final : public syncers::EntitySyncer {
  void complete(Draft& site) override {
    site.set_text("site_id", std::string(site.source_id()));
    site.set_text("email_domain", syncers::lower(site.text("email_domain")));
    site.set_missing("full_name", full_name(site));
  }

  static std::string full_name(const Draft& site) {
    const std::string_view client = site.text("client_name");
    return (client.empty() ? "" : std::string(client) + "/").append(site.text("name"));
  }
};

}  // namespace

PSABRIDGE_SYNCER("site", SiteSyncer, "Keeps the places of clients");
