#include "tests/sandbox/tokens.h"

#include <Poco/Base64Decoder.h>
#include <openssl/evp.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <iterator>
#include <random>
#include <sstream>

#include "tests/sandbox/catalog.h"
#include "tests/sandbox/scopes.h"

namespace sandbox {
namespace {

constexpr Ticks kTokenLife = 3600 * kSecond;
constexpr Ticks kCodeLife = 5 * kMinute;

[[noreturn]] void refuse(std::string error, std::string description) {
  throw OAuthError{400, std::move(error), std::move(description)};
}

std::string base64_decoded(std::string_view text) {
  std::istringstream encoded{std::string(text)};
  Poco::Base64Decoder decoder(encoded);
  return {std::istreambuf_iterator<char>(decoder), {}};
}

// RFC 7636: the base64url of the verifier's SHA-256, without padding.
std::string s256_challenge(std::string_view verifier) {
  unsigned char digest[32];
  unsigned char text[45];
  EVP_Digest(verifier.data(), verifier.size(), digest, nullptr, EVP_sha256(), nullptr);
  EVP_EncodeBlock(text, digest, sizeof digest);
  std::string challenge(text, text + 43);
  std::replace(challenge.begin(), challenge.end(), '+', '-');
  std::replace(challenge.begin(), challenge.end(), '/', '_');
  return challenge;
}

bool is_form(const Request& request) {
  return lower_case(request.content_type).starts_with("application/x-www-form-urlencoded");
}

// From HTTP Basic, or else from the form.
ClientCredentials presented_client(const Request& request, const Query& form) {
  constexpr std::string_view kBasic = "Basic ";
  if (!request.authorization.starts_with(kBasic))
    return {std::string(form.get("client_id")), std::string(form.get("client_secret"))};
  const std::string pair = base64_decoded(std::string_view(request.authorization).substr(kBasic.size()));
  const auto colon = std::min(pair.find(':'), pair.size());
  return {percent_decoded(pair.substr(0, colon)),
          percent_decoded(std::string_view(pair).substr(std::min(colon + 1, pair.size())))};
}

// Empty when the client may go on, else why not.
std::string_view client_fault(const Application& application, const ClientCredentials& client) {
  if (client.id != application.client_id || !application.active)
    return "The specified 'client_id' parameter is invalid.";
  if (application.is_public()) {
    return client.secret.empty() ? ""
                                 : "The 'client_secret' parameter is not valid for this client application.";
  }
  if (client.secret.empty())
    return "The 'client_secret' parameter must be specified for this client application.";
  const auto& secrets = application.secrets;
  const bool known = std::find(secrets.begin(), secrets.end(), client.secret) != secrets.end();
  return known ? "" : "The specified client credentials are invalid.";
}

void check_grant_is_allowed(const Application& application, std::string_view grant_type) {
  bool allowed = false;
  if (grant_type == "client_credentials")
    allowed = application.allows(SignInMethod::client_credentials) && !application.is_public();
  if (grant_type == "authorization_code") allowed = application.allows(SignInMethod::authorization_code);
  if (grant_type == "refresh_token") allowed = application.method != SignInMethod::api_key;
  if (!allowed)
    refuse("unauthorized_client", "This client application is not allowed to use the specified grant type.");
}

void check_grant_type(std::string_view grant_type) {
  if (grant_type.empty()) refuse("invalid_request", "The mandatory 'grant_type' parameter is missing.");
  constexpr std::string_view kKnown[] = {"client_credentials", "authorization_code", "refresh_token"};
  if (std::find(std::begin(kKnown), std::end(kKnown), grant_type) == std::end(kKnown))
    refuse("unsupported_grant_type", "The specified 'grant_type' is not supported.");
}

// A refresh may ask for less than was granted, never for more.
void check_not_wider(std::string_view wanted, std::string_view granted) {
  const auto had = scope_names(granted);
  for (const std::string& name : scope_names(wanted)) {
    if (std::find(had.begin(), had.end(), name) == had.end())
      refuse("invalid_scope", "The specified 'scope' parameter is not valid.");
  }
}

std::uint32_t bits_of(const std::vector<std::string>& scopes) {
  std::uint32_t bits = 0;
  for (const std::string& scope : scopes) bits |= scope_bits(scope).value_or(0);
  return bits;
}

}  // namespace

std::uint32_t granted_scope_bits(const Application& application, std::string_view text) {
  const auto names = scope_names(text);
  const bool valid = !names.empty() && std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return scope_bits(name) && application.permits_scope(name);
  });
  if (!valid) refuse("invalid_scope", "The specified 'scope' parameter is not valid.");
  return bits_of(names);
}

Tokens::Tokens(const Registration& registration, Faults& faults, const VirtualClock& clock)
    : registration_(registration), faults_(faults), clock_(clock) {}

void Tokens::grant(const Request& request, Response& response) {
  const auto application = registration_.current();
  if (!application->accepts_tenant(request.query, Query(request.body))) return response.empty(500);
  try {
    response.json(200, boost::json::serialize(answer_grant(*application, request)));
    const bool refreshed = Query(request.body).get("grant_type") == "refresh_token";
    if (refreshed && faults_.strikes(Fault::refresh_answer_lost, "token")) response.delivery = Delivery::lost;
  } catch (const OAuthError& error) {
    response.json(error.status, boost::json::serialize(boost::json::object{
                                    {"error", error.error}, {"error_description", error.description}}));
  }
}

boost::json::object Tokens::answer_grant(const Application& application, const Request& request) {
  if (!is_form(request)) refuse("invalid_request", "The specified 'Content-Type' header is not valid.");
  const Query form(request.body);
  const std::string_view grant_type = form.get("grant_type");
  check_grant_type(grant_type);
  check_client(application, request, form);
  check_grant_is_allowed(application, grant_type);
  const std::scoped_lock lock(mutex_);
  if (grant_type == "refresh_token") return grant_refreshed(application, form);
  if (grant_type == "authorization_code") return grant_for_code(application, form);
  return grant_to_client(application, form);
}

void Tokens::check_client(const Application& application, const Request& request, const Query& form) {
  const std::string_view fault = client_fault(application, presented_client(request, form));
  if (fault.empty()) return;
  const int status = faults_.strikes(Fault::token_bad_client_400, "token") ? 400 : 401;
  throw OAuthError{status, "invalid_client", std::string(fault)};
}

// --- grants ---

boost::json::object Tokens::grant_to_client(const Application& application, const Query& form) {
  const std::string_view scope = form.get("scope");
  return first_tokens(application, {std::string(scope), granted_scope_bits(application, scope), ++families_});
}

boost::json::object Tokens::grant_for_code(const Application& application, const Query& form) {
  Code& code = redeemable_code(form);
  code.used = true;
  code.family = ++families_;
  const std::string& scope = code.request.scope;
  return first_tokens(application, {scope, bits_of(scope_names(scope)), code.family});
}

Tokens::Code& Tokens::redeemable_code(const Query& form) {
  const auto found = codes_.find(std::string(form.get("code")));
  if (found == codes_.end()) refuse("invalid_grant", "The specified authorization code is invalid.");
  Code& code = found->second;
  if (code.used) {
    end_family(code.family);
    refuse("invalid_grant", "The specified authorization code has already been redeemed.");
  }
  if (code.expires <= clock_.now())
    refuse("invalid_grant", "The specified authorization code is no longer valid.");
  if (form.get("redirect_uri") != code.request.redirect_uri) {
    refuse("invalid_grant",
           "The specified 'redirect_uri' parameter doesn't match the client redirection endpoint the "
           "authorization code was initially sent to.");
  }
  if (code.request.challenge.empty()) return code;
  const std::string_view verifier = form.get("code_verifier");
  if (verifier.empty()) refuse("invalid_request", "The mandatory 'code_verifier' parameter is missing.");
  if (s256_challenge(verifier) != code.request.challenge)
    refuse("invalid_grant", "The specified 'code_verifier' parameter is invalid.");
  return code;
}

boost::json::object Tokens::grant_refreshed(const Application& application, const Query& form) {
  RefreshToken& old = usable_refresh_token(form.get("refresh_token"));
  const Granted granted = old.granted;
  Granted access = granted;
  if (form.has("scope")) {
    access.scope = form.get("scope");
    check_not_wider(access.scope, granted.scope);
    access.bits = bits_of(scope_names(access.scope));
  }
  const bool keeps = faults_.strikes(Fault::refresh_keeps_token, "token").has_value();
  old.used = !keeps;
  boost::json::object answer = access_token(access);
  if (!keeps) answer["refresh_token"] = refresh_token(application, granted);
  return answer;
}

Tokens::RefreshToken& Tokens::usable_refresh_token(std::string_view text) {
  const auto found = refresh_tokens_.find(std::string(text));
  if (found == refresh_tokens_.end()) refuse("invalid_grant", "The specified refresh token is invalid.");
  RefreshToken& token = found->second;
  if (token.used) {
    end_family(token.granted.family);
    refuse("invalid_grant", "The specified refresh token has already been redeemed.");
  }
  if (token.expires <= clock_.now())
    refuse("invalid_grant", "The specified refresh token is no longer valid.");
  return token;
}

// --- issuing and ending ---

boost::json::object Tokens::first_tokens(const Application& application, const Granted& granted) {
  const bool extras = faults_.strikes(Fault::token_with_refresh, "token").has_value();
  boost::json::object answer = access_token(granted);
  if (extras || (granted.bits & kOffline) != 0) answer["refresh_token"] = refresh_token(application, granted);
  if (extras) answer["id_token"] = new_secret();
  return answer;
}

boost::json::object Tokens::access_token(const Granted& granted) {
  const std::int64_t seconds =
      faults_.strikes(Fault::token_short_life, "token").value_or(kTokenLife / kSecond);
  if (faults_.strikes(Fault::token_ends_earlier_ones, "token")) tokens_.clear();
  const std::string token = new_secret();
  tokens_[token] = {granted, clock_.now() + seconds * kSecond};
  boost::json::object answer{{"access_token", token}, {"token_type", "Bearer"}, {"expires_in", seconds}};
  if (!faults_.strikes(Fault::token_without_scope, "token")) answer["scope"] = granted.scope;
  return answer;
}

std::string Tokens::refresh_token(const Application& application, const Granted& granted) {
  std::string token = new_secret();
  refresh_tokens_[token] = {granted, clock_.now() + application.refresh_life_seconds * kSecond};
  return token;
}

std::string Tokens::issue_code(const CodeRequest& request) {
  const std::scoped_lock lock(mutex_);
  std::string code = new_secret();
  codes_[code] = {request, clock_.now() + kCodeLife};
  return code;
}

std::string Tokens::new_secret() {
  std::random_device entropy;
  const std::uint64_t seed = (std::uint64_t{entropy()} << 32) | entropy();
  const auto number = static_cast<std::int64_t>(issued_.size() + 1);
  issued_.push_back(guid_text(seed, number) + guid_text(~seed, number));
  return issued_.back();
}

std::vector<std::string> Tokens::issued() const {
  const std::scoped_lock lock(mutex_);
  return issued_;
}

void Tokens::end_family(std::uint64_t family) {
  const auto is_of_it = [&](const auto& entry) { return entry.second.granted.family == family; };
  std::erase_if(tokens_, is_of_it);
  std::erase_if(refresh_tokens_, is_of_it);
}

void Tokens::revoke_access() {
  const std::scoped_lock lock(mutex_);
  tokens_.clear();
}

void Tokens::revoke_consent() {
  const std::scoped_lock lock(mutex_);
  tokens_.clear();
  refresh_tokens_.clear();
  codes_.clear();
}

std::optional<std::uint32_t> Tokens::scopes_of(const Request& request) const {
  if (!request.api_key.empty()) {
    const auto application = registration_.current();
    const bool good = application->active && application->allows(SignInMethod::api_key) &&
                      request.api_key == application->api_key;
    return good ? std::optional(bits_of(application->scopes)) : std::nullopt;
  }
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view authorization = request.authorization;
  if (!authorization.starts_with(kBearer)) return std::nullopt;
  const std::scoped_lock lock(mutex_);
  const auto found = tokens_.find(std::string(authorization.substr(kBearer.size())));
  if (found == tokens_.end() || found->second.expires <= clock_.now()) return std::nullopt;
  return found->second.granted.bits;
}

}  // namespace sandbox
