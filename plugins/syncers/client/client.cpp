// The customers of the service provider.
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>

#include "common/draft.h"
#include "common/entity_syncer.h"
#include "common/person.h"
#include "common/text.h"

namespace {

using namespace psabridge;
using syncers::Draft;

class ClientSyncer final : public syncers::EntitySyncer {
  void complete(Draft& client) override {
    client.set_text("client_id", std::string(client.source_id()));
    syncers::normalise_email(client, "main_contact_email");
    client.set_text("domain", domain(client));
  }

  /// The domain as the source gives it, else that of the web site, else that of the main contact's mail.
  static std::string domain(const Draft& client) {
    for (const std::string_view field : {"domain", "website"})
      if (std::string found = syncers::domain_of(client.text(field)); !found.empty()) return found;
    std::string mail = syncers::domain_of(client.text("main_contact_email"));
    return syncers::is_public_mail_domain(mail) ? std::string() : mail;
  }
};

}  // namespace

PSABRIDGE_SYNCER("client", ClientSyncer, "Keeps the customers of the service provider");
