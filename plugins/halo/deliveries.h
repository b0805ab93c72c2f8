// What a delivery of Halo's webhook says: its envelope, the older and hand-made forms of payloads, and lists
// of either. Asks nobody.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slicer.h"

namespace psabridge::halo {

/// One event. Views the delivery.
struct DeliveredEvent {
  std::string key;          ///< of the queued message and its event; empty: the delivery has none
  std::string kind;         ///< of the description, or Halo's own words in lower case
  std::string_view entity;  ///< empty: cannot be told
  std::string source_id;    ///< empty: the delivery does not name the object
  std::string occurred_at;  ///< RFC 3339, or empty
  std::string actor;        ///< "agent 12", or empty
  std::string_view body;    ///< the piece of the delivery that says this
  bool deleted = false;
  std::optional<Row> record;  ///< the ticket, when it has every member that a row of the list has
};

/// The events of a delivery in its order; none for a test. `body` may be anything. Throws Failure(invalid)
/// with PB2102 when nothing of it can be understood. In a list, an element that is sound but says nothing
/// becomes an event without an object, so that the others are not lost with it.
std::vector<DeliveredEvent> read_delivery(std::string_view body);

}  // namespace psabridge::halo
