#include "defaults.h"

#include <array>

namespace psabridge::similar {
namespace {

struct Default {
  std::string_view entity, fields;
};

// Of an asset no serial number: which of them name a device, and which name nothing, is for `strong_id` to
// say.
constexpr std::array<Default, kDefaultEntities> kDefaults{{
    {"client", R"({
       "name": {"kind": "company", "with": ["trading_name"]},
       "domain": {"kind": "domain", "with": ["website", "main_contact_email"]},
       "main_contact_email": "email",
       "main_contact_name": "category",
       "phone": {"kind": "phone", "with": ["main_contact_phone"]},
       "delivery_address": {"kind": "address", "with": ["invoice_address"]},
       "tax_number": "unique_id"})"},
    {"site", R"({
       "name": "text",
       "client_name": "belongs_to",
       "email_domain": "domain",
       "phone": "phone",
       "address_line_1": {"kind": "address", "join": ["address_line_2", "address_line_3", "address_line_4"]},
       "postcode": "postcode"})"},
    {"contact", R"({
       "name": "person", "first_name": "given_name", "last_name": "surname",
       "email": {"kind": "email", "with": ["email_2", "email_3", "login"]},
       "mobile_phone": {"kind": "phone", "with": ["mobile_phone_2", "phone", "home_phone", "preferred_phone", "whatsapp"]},
       "azure_id": "unique_id",
       "client_name": "belongs_to"})"},
    {"asset", R"({
       "host_name": {"kind": "device_name", "with": ["name"]},
       "asset_tag": "identifier",
       "model": "text",
       "manufacturer": "maker",
       "asset_type_name": "category",
       "client_name": "belongs_to",
       "user_name": "category"})"},
}};

}  // namespace

std::optional<std::size_t> default_entity(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kDefaults.size(); ++i)
    if (kDefaults[i].entity == name) return i;
  return std::nullopt;
}

const Slots& default_slots(std::size_t entity) {
  static const std::array<Slots, kDefaultEntities> kSlots = [] {
    std::array<Slots, kDefaultEntities> slots;
    for (std::size_t i = 0; i < kDefaults.size(); ++i) slots[i] = read_slots(kDefaults[i].fields);
    return slots;
  }();
  return kSlots.at(entity);
}

}  // namespace psabridge::similar
