// What contacts and agents have in common.
#pragma once
#include <string>
#include <string_view>

#include "common/draft.h"
#include "common/text.h"

namespace psabridge::syncers {

inline void normalise_email(Draft& draft, std::string_view field) {
  draft.set_text(field, normal_email(draft.text(field)));
}

/// A person without a name is called by first and last name, or else by the e-mail address.
inline void complete_name(Draft& person) {
  person.set_missing("name", joined(person.text("first_name"), person.text("last_name")));
  person.copy_missing("name", "email");
}

}  // namespace psabridge::syncers
