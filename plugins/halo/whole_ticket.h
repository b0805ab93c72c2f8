// Whether a ticket of a delivery is as complete as a row of the ticket list.
#pragma once
#include <boost/json/object.hpp>
#include <span>
#include <string_view>

namespace psabridge::halo {

/// A member that every list row has, by its names: deliveries and lists differ in some of them.
struct TicketMember {
  std::string_view name;
  std::string_view other = {};  ///< empty: it has but one name
};
std::span<const TicketMember> ticket_members() noexcept;

/// True when every member is there (null counts) and ids are numbers: a webhook may be set up in Halo to
/// write names in their place. A ticket that lacks one would empty a field of the stored record.
bool is_whole_ticket(const boost::json::object& ticket);

}  // namespace psabridge::halo
