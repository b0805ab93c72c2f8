#include "posting.h"

#include <algorithm>
#include <boost/json.hpp>

#include "entities.h"
#include "server_answer.h"
#include "sign_in.h"
#include "slicer.h"

namespace psabridge::halo {
namespace {

namespace json = boost::json;
using sdk::Failure;
using sdk::Outcome;

/// The rows are at fault, not the way to them.
bool is_about_rows(const sdk::HttpResponse& answer) {
  return answer.status == 400 || answer.status == 409 || answer.status == 422 ||
         (answer.status == 404 && says_not_found(answer));
}

}  // namespace

bool has_true(const json::object& row, std::string_view key) {
  const json::value* value = row.if_contains(key);
  return value && value->is_bool() && value->get_bool();
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 19 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::int64_t number_of(const std::string& digits) { return std::stoll(digits); }

bool is_success(int status) { return status >= 200 && status < 300; }

bool says_not_found(const sdk::HttpResponse& answer) {
  return server_words(answer.body).find("not found") != std::string::npos;
}

Failure not_there(const Target& target, const std::string& id) {
  return Failure(Outcome::invalid,
                 "Halo has no " + std::string(target.entity) + " " + id +
                     ", or does not show it to this API application.",
                 "PB2307");
}

Failure not_taken(const sdk::HttpResponse& answer, const std::string& what) {
  const std::string words = server_words(answer.body);
  return Failure(Outcome::invalid,
                 "Halo does not take " + what + " (HTTP " + std::to_string(answer.status) + ")." +
                     (words.empty() ? "" : " Halo said: \"" + words + "\"."),
                 "PB2302");
}

std::optional<json::object> shown_record(Session& session, const Target& target, const std::string& id) {
  const std::string resource = std::string(target.resource) + "/" + id;
  const sdk::HttpResponse answer = session.get(resource, "includedetails=true");
  if (answer.status == 404 || answer.status == 403 || (answer.status == 401 && session.is_signed_in()))
    return std::nullopt;
  if (!is_success(answer.status))
    throw session.failure(answer, std::string(target.resource), target.entity, target.scope);
  const Slicing slicing = slice_record(answer.body, find_entity(target.entity)->form);
  const std::string url = session.url_of(resource);
  const Subject subject{target.entity, target.scope, url};
  if (slicing.kind == BodyKind::html) throw page_failure(answer.body, subject);
  if (slicing.kind == BodyKind::broken) throw broken_failure(subject);
  if (slicing.kind == BodyKind::no_list) return std::nullopt;
  json::error_code error;
  json::value found = json::parse(slicing.rows.front().text, error);
  if (error || !found.is_object() || has_true(found.get_object(), "deleted")) return std::nullopt;
  return std::move(found.get_object());
}

sdk::HttpResponse posted(Session& session, const Target& target, const json::array& rows) {
  const std::string resource(target.resource), scope(target.scope);
  sdk::HttpResponse answer = session.post(resource, json::serialize(rows));
  const bool no_right = answer.status == 403 || (answer.status == 401 && session.is_signed_in());
  if (no_right)
    throw Failure(Outcome::forbidden,
                  "Halo does not let this API application change " + std::string(target.records) + " (HTTP " +
                      std::to_string(answer.status) + " from " + session.url_of(resource) + "). In Halo, " +
                      std::string(kApplications) + ": tick " + scope +
                      " on the Permissions tab of the application. auth.scopes of the connection must name "
                      "it, too; left out, that list has edit:tickets and no other right to change anything.",
                  "PB1204");
  if (is_success(answer.status) && is_html(answer.body)) {
    const std::string url = session.url_of(resource);
    throw page_failure(answer.body, {target.entity, target.scope, url});
  }
  if (!is_success(answer.status) && !is_about_rows(answer))
    throw session.failure(answer, resource, target.entity, target.scope);
  return answer;
}

}  // namespace psabridge::halo
