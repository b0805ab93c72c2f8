// What Halo calls its events, and what they mean.
#pragma once
#include <string>
#include <string_view>

namespace psabridge::halo {

/// What an event says, as far as its name tells.
struct EventMeaning {
  std::string_view kind;    ///< one of the description's ("ticket.updated"); empty: the name is not known
  std::string_view entity;  ///< of the object
  bool deleted = false;     ///< the object was deleted
};

/// `name`: as a delivery or a notification of Halo has it ("Ticket Status Changed"); ASCII case is ignored.
EventMeaning meaning_of(std::string_view name);

/// The kind of the event with this number of Halo's; empty when it is not known.
std::string kind_of_number(std::string_view number);

/// In lower case, on one line, without blanks around it; at most some hundred bytes, whole characters.
std::string event_words(std::string_view name);

}  // namespace psabridge::halo
