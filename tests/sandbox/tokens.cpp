#include "tests/sandbox/tokens.h"

#include <Poco/Base64Decoder.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <random>
#include <sstream>

#include "tests/sandbox/catalog.h"

namespace sandbox {
namespace {

constexpr Ticks kTokenLife = 3600 * kSecond;

struct ScopeName {
  std::string_view area;
  std::uint32_t read;
  std::uint32_t edit;
};
constexpr ScopeName kAreas[] = {
    {"tickets", kReadTickets, kEditTickets}, {"customers", kReadCustomers, kEditCustomers},
    {"assets", kReadAssets, kEditAssets},    {"calendar", kReadOther, kEditOther},
    {"crm", kReadOther, kEditOther},         {"timesheets", kReadOther, kEditOther},
    {"contracts", kReadOther, kEditOther},   {"suppliers", kReadOther, kEditOther},
    {"items", kReadOther, kEditOther},       {"projects", kReadOther, kEditOther},
    {"sales", kReadOther, kEditOther},       {"quotes", kReadOther, kEditOther},
    {"sos", kReadOther, kEditOther},         {"pos", kReadOther, kEditOther},
    {"invoices", kReadOther, kEditOther},    {"reporting", kReadOther, kEditOther},
    {"software", kReadOther, kEditOther},    {"softwarelicensing", kReadOther, kEditOther},
    {"kb", kReadOther, kEditOther}};

// Nothing for a scope that does not exist.
std::optional<std::uint32_t> scope_bits(std::string_view name) {
  if (name == "all") return kAll;
  if (name == "all:standard") return kAllStandard;
  if (name == "admin") return kAdmin;
  if (name == "offline_access") return kOffline;
  if (name == "editMine:timesheets") return kEditOther;
  if (name == "access:chat" || name == "access:adpasswordreset") return kReadOther;
  const auto colon = name.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view verb = name.substr(0, colon);
  for (const ScopeName& scope : kAreas) {
    if (scope.area != name.substr(colon + 1)) continue;
    if (verb == "read") return scope.read;
    if (verb == "edit") return scope.edit;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> all_scope_bits(std::string_view text) {
  std::uint32_t bits = 0;
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    const auto known = scope_bits(word);
    if (!known) return std::nullopt;
    bits |= *known;
  }
  return bits;
}

void refuse(Response& response, int status, std::string_view error, std::string_view description) {
  response.json(status, boost::json::serialize(
                            boost::json::object{{"error", error}, {"error_description", description}}));
}

std::string base64_decoded(std::string_view text) {
  std::istringstream encoded{std::string(text)};
  Poco::Base64Decoder decoder(encoded);
  return {std::istreambuf_iterator<char>(decoder), {}};
}

bool is_form(const Request& request) {
  return lower_case(request.content_type).starts_with("application/x-www-form-urlencoded");
}

}  // namespace

Tokens::Tokens(ClientCredentials client, Faults& faults, const VirtualClock& clock)
    : client_(std::move(client)), faults_(faults), clock_(clock) {}

bool Tokens::client_is_known(const Request& request, const Query& form) const {
  if (request.authorization.starts_with("Basic ")) {
    const std::string pair = base64_decoded(std::string_view(request.authorization).substr(6));
    const auto colon = pair.find(':');
    if (colon == std::string::npos) return false;
    return percent_decoded(pair.substr(0, colon)) == client_.id &&
           percent_decoded(pair.substr(colon + 1)) == client_.secret;
  }
  return form.get("client_id") == client_.id && form.get("client_secret") == client_.secret;
}

void Tokens::grant(const Request& request, Response& response) {
  if (!is_form(request)) {
    return refuse(response, 400, "invalid_request", "The specified 'Content-Type' header is not valid.");
  }
  const Query form(request.body);
  const std::string_view grant_type = form.get("grant_type");
  if (grant_type.empty())
    return refuse(response, 400, "invalid_request", "The mandatory 'grant_type' parameter is missing.");
  if (grant_type != "client_credentials" && grant_type != "refresh_token") {
    return refuse(response, 400, "unsupported_grant_type", "The specified 'grant_type' is not supported.");
  }
  if (grant_type == "refresh_token") return grant_refreshed(form, response);
  if (!client_is_known(request, form)) {
    const int status = faults_.strikes(Fault::token_bad_client_400, "token") ? 400 : 401;
    return refuse(response, status, "invalid_client", "The specified client credentials are invalid.");
  }
  const std::string_view scope = form.get("scope");
  const auto scopes = all_scope_bits(scope);
  if (!scopes || scope.empty()) {
    return refuse(response, 400, "invalid_scope", "The specified 'scope' parameter is not valid.");
  }
  issue({std::string(scope), *scopes}, response);
}

void Tokens::grant_refreshed(const Query& form, Response& response) {
  Granted granted;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = refresh_tokens_.find(std::string(form.get("refresh_token")));
    if (found == refresh_tokens_.end() || form.get("client_id") != client_.id) {
      return refuse(response, 400, "invalid_grant", "The specified refresh token is invalid.");
    }
    granted = found->second;
  }
  issue(granted, response);
}

void Tokens::issue(const Granted& granted, Response& response) {
  const auto life = faults_.strikes(Fault::token_short_life, "token");
  const bool ends_others = faults_.strikes(Fault::token_ends_earlier_ones, "token").has_value();
  const bool extras = faults_.strikes(Fault::token_with_refresh, "token").has_value();
  const std::int64_t seconds = life.value_or(kTokenLife / kSecond);
  boost::json::object answer{{"token_type", "Bearer"}, {"expires_in", seconds}};
  if (!faults_.strikes(Fault::token_without_scope, "token")) answer["scope"] = granted.scope_text;
  const std::scoped_lock lock(mutex_);
  if (ends_others) tokens_.clear();
  const std::string token = new_secret();
  tokens_[token] = {clock_.now() + seconds * kSecond, granted.scopes};
  answer["access_token"] = token;
  if (extras || (granted.scopes & kOffline) != 0) {
    const std::string refresh = new_secret();
    refresh_tokens_[refresh] = granted;
    answer["refresh_token"] = refresh;
  }
  if (extras) answer["id_token"] = new_secret();
  response.json(200, boost::json::serialize(answer));
}

std::string Tokens::new_secret() {
  std::random_device entropy;
  const std::uint64_t seed = (std::uint64_t{entropy()} << 32) | entropy();
  const auto number = static_cast<std::int64_t>(++issued_);
  return guid_text(seed, number) + guid_text(~seed, number);
}

std::optional<std::uint32_t> Tokens::scopes_of(std::string_view authorization) const {
  constexpr std::string_view kBearer = "Bearer ";
  if (!authorization.starts_with(kBearer)) return std::nullopt;
  const std::scoped_lock lock(mutex_);
  const auto found = tokens_.find(std::string(authorization.substr(kBearer.size())));
  if (found == tokens_.end() || found->second.expires <= clock_.now()) return std::nullopt;
  return found->second.scopes;
}

void Tokens::revoke_all() {
  const std::scoped_lock lock(mutex_);
  tokens_.clear();
}

}  // namespace sandbox
