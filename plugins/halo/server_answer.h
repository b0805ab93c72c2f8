// What Halo says when it does not give what was asked for: many shapes of bodies become one sentence, every
// status one outcome.
#pragma once
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>

#include "timestamp.h"

namespace psabridge::halo {

/// The server's own words out of an error body of any shape; empty when there are none (an empty body, a page
/// for people). One line, at most 300 bytes, well-formed UTF-8.
std::string server_words(std::string_view body);

/// What a request was about, for the messages.
struct Subject {
  std::string_view entity;                        ///< "ticket"
  std::string_view scope;                         ///< right that it needs; empty: none in particular
  std::string_view url;                           ///< without its query
  std::string_view credential = "a fresh token";  ///< what the request was signed with
};

/// Why an API request failed. `now`: for a Retry-After that is a date. 401 is the caller's business until a
/// fresh token is refused too.
sdk::Failure api_failure(const sdk::HttpResponse& answer, const Subject& subject, Milliseconds now);
/// The address answers with `found`, not as Halo does; `setting` names what to correct.
sdk::Failure not_halo(std::string_view url, const std::string& found, std::string_view setting);
/// True for a page that tells people of maintenance or an upgrade.
bool is_maintenance_page(std::string_view body);
/// A 200 whose body is a page, is cut, or holds no records.
sdk::Failure page_failure(std::string_view body, const Subject& subject);
sdk::Failure broken_failure(const Subject& subject);
sdk::Failure no_records_failure(std::string_view body, const Subject& subject);

}  // namespace psabridge::halo
