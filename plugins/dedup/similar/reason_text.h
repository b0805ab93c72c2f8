// What a person reads about a pair.
#pragma once
#include <string>
#include <string_view>

#include "agreement.h"
#include "settings.h"

namespace psabridge::similar {

/// One sentence with both values.
std::string reason_text(Kind kind, const Finding& finding);

/// Calls `tell(field, weight, text)`.
template <class Tell>
void for_each_reason(const Slot& slot, const Finding& finding, Tell&& tell) {
  tell(slot.name, finding.weight, reason_text(slot.kind, finding));
}

/// A person's name gives two: given names and surname.
template <class Tell>
void for_each_reason(const Slot& slot, const PersonFinding& finding, Tell&& tell) {
  const std::string_view given = slot.given_name.empty() ? std::string_view(slot.name) : slot.given_name;
  const std::string_view surname =
      slot.surname_name.empty() ? std::string_view(slot.name) : slot.surname_name;
  if (finding.given.level != Level::missing)
    tell(given, finding.given.weight, reason_text(slot.kind, finding.given));
  if (finding.surname.level != Level::missing)
    tell(surname, finding.surname.weight, reason_text(slot.kind, finding.surname));
}

}  // namespace psabridge::similar
