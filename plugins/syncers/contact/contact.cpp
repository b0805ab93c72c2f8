// The people at clients.
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

class ContactSyncer final : public syncers::EntitySyncer {
  void complete(Draft& contact) override {
    for (const std::string_view field : {"email", "email_2", "email_3", "manager_email"})
      syncers::normalise_email(contact, field);
    syncers::complete_name(contact);
    contact.set_text("phone_digits", phone_digits(contact));
    if (contact.is_null("general_user")) contact.set_flag("general_user", stands_for_a_site(contact));
  }

  /// Digits of the number that the person prefers, else of the first known one.
  static std::string phone_digits(const Draft& contact) {
    for (const std::string_view field :
         {"preferred_phone", "phone", "mobile_phone", "mobile_phone_2", "home_phone"})
      if (std::string digits = syncers::phone_digits(contact.text(field)); !digits.empty()) return digits;
    return {};
  }

  /// PSAs keep a contact of this name at every site, for tickets that no person is known for.
  static bool stands_for_a_site(const Draft& contact) {
    return syncers::equal_ignoring_case(contact.text("name"), "General User");
  }
};

}  // namespace

PSABRIDGE_SYNCER("contact", ContactSyncer, "Keeps the people at clients");
