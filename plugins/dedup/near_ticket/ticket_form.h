// A ticket as near_ticket compares it.
#pragma once
#include <chrono>
#include <optional>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace psabridge::dedup {

/// Which fields near_ticket reads beside the usual ones.
struct TicketFields {
  std::string alert_id;     ///< number of the alert in another system
  std::string alert_class;  ///< kind of alert
};

/// What a ticket says; texts are views of the form. Ids that are too long for one are replaced by their hash.
struct TicketFacts {
  std::string_view opened_at;  ///< RFC 3339, UTC; empty when unknown
  bool closed = false, reply = false;
  std::string_view connection;
  std::string_view client_id, client_name;
  std::string_view contact_id, contact_email;
  std::string_view site_id, parent_id;
  std::string_view number;    ///< its own id in the connection
  std::string_view answered;  ///< the number that its summary names
  std::string_view words;     ///< of the summary, see ticket_text()
  std::string_view details;   ///< hash of the description; empty without one
  std::string_view alert_class;
  std::vector<std::string_view> assets;     ///< ids in the connection, or "tag ..." of the main one
  std::vector<std::string_view> alert_ids;  ///< see alert_ids()
};

/// The form of a ticket: at most 1 KiB, whatever it holds.
std::string ticket_form(const sdk::Record& ticket, const TicketFields& fields);

/// A form, taken apart; what a broken one lacks is empty.
TicketFacts ticket_facts(std::string_view form);

/// Nothing for what is no time.
std::optional<std::chrono::sys_seconds> time_of(std::string_view rfc3339);

}  // namespace psabridge::dedup
