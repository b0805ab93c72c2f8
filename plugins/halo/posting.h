// The way of a row to Halo: what is written is read first, posted, and read again.
#pragma once
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>

#include "session.h"

namespace psabridge::halo {

/// Where rows are posted, and the right that this takes.
struct Target {
  std::string_view entity;    ///< canonical: "ticket"
  std::string_view resource;  ///< Halo's: "Tickets"
  std::string_view scope;     ///< "edit:tickets"
  std::string_view records;   ///< for people: "tickets"
};

/// True for what Halo takes as an id.
bool is_number(std::string_view text);
std::int64_t number_of(const std::string& digits);
bool is_success(int status);
/// True when the member is there and true.
bool has_true(const boost::json::object& row, std::string_view key);

/// The record as Halo shows it; nothing when there is none that this connection may see. Throws Failure for
/// what stops everything: the network, the sign-in.
std::optional<boost::json::object> shown_record(Session& session, const Target& target,
                                                const std::string& id);
/// The answer to a POST of rows that was taken, or refused for what stands in them. Throws Failure for what
/// stops everything, a missing right too.
sdk::HttpResponse posted(Session& session, const Target& target, const boost::json::array& rows);

/// Halo says so of a record that is not there, and (some tenants) of a ticket's update without type and
/// client.
bool says_not_found(const sdk::HttpResponse& answer);
sdk::Failure not_there(const Target& target, const std::string& id);
/// Halo refused `what` ("this change of ticket 7"), in its own words.
sdk::Failure not_taken(const sdk::HttpResponse& answer, const std::string& what);

}  // namespace psabridge::halo
