#include "whole_ticket.h"

#include <algorithm>
#include <boost/json.hpp>

namespace psabridge::halo {
namespace {

constexpr TicketMember kMembers[] = {
    {"id"},
    {"guid"},
    {"summary"},
    {"details"},
    {"source"},
    {"reportedby"},
    {"status_id"},
    {"tickettype_id"},
    {"itil_requesttype_id", "itilrequesttype"},
    {"onhold"},
    {"reviewed"},
    {"flagged"},
    {"merged_into_id"},
    {"workflow_id"},
    {"workflow_step"},
    {"client_id"},
    {"client_name"},
    {"site_id"},
    {"site_name"},
    {"user_id"},
    {"user_name"},
    {"agent_id"},
    {"team"},
    {"team_id"},
    {"organisation_id"},
    {"department_id"},
    {"is_vip"},
    {"isimportantcontact"},
    {"priority_id"},
    {"sla_id"},
    {"impact"},
    {"urgency"},
    {"category_1", "category1"},
    {"category_2", "category2"},
    {"category_3", "category3"},
    {"category_4", "category4"},
    {"ticket_tags", "tickettags"},
    {"product_id"},
    {"supplier_status"},
    {"dateoccurred"},
    {"last_update", "lastupdate"},
    {"lastactiondate"},
    {"lastincomingemail", "lastincomingemaildate"},
    {"respondbydate"},
    {"fixbydate"},
    {"deadlinedate"},
    {"startdate"},
    {"targetdate"},
    {"estimate"},
    {"estimatedays", "estimateddays"},
    {"timetaken"},
    {"slaholdtime", "sla_hold_time"},
    {"excludefromsla", "excludefromslas"},
    {"child_count"},
    {"attachment_count"},
    {"cost"},
    {"userdef1"},
    {"userdef2"},
    {"userdef3"},
    {"userdef4"},
    {"userdef5"},
    {"customfields"},
};

const boost::json::value* find(const boost::json::object& ticket, const TicketMember& member) {
  const boost::json::value* value = ticket.if_contains(member.name);
  return value || member.other.empty() ? value : ticket.if_contains(member.other);
}

bool is_id(std::string_view name) { return name == "id" || name.ends_with("_id"); }

}  // namespace

std::span<const TicketMember> ticket_members() noexcept { return kMembers; }

bool is_whole_ticket(const boost::json::object& ticket) {
  return std::all_of(std::begin(kMembers), std::end(kMembers), [&](const TicketMember& member) {
    const boost::json::value* value = find(ticket, member);
    if (!value) return false;
    if (member.name == "customfields") return value->is_array();
    return !is_id(member.name) || value->is_number() || value->is_null();
  });
}

}  // namespace psabridge::halo
