#include "core/connection/token_endpoint.h"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "core/base/text.h"
#include "core/net/retry.h"
#include "core/net/url.h"

namespace psabridge::connection {
namespace {

namespace json = boost::json;

constexpr Milliseconds kUsualLife = std::chrono::hours{1};  // when the server does not say
constexpr std::size_t kMostWords = 300;

/// Nothing when the body is no JSON, cut short for example; an empty object for JSON of another kind.
std::optional<json::object> object_in(const std::string& body) {
  json::error_code error;
  json::value parsed = json::parse(body, error);
  if (error) return std::nullopt;
  return parsed.is_object() ? std::move(parsed.get_object()) : json::object();
}

bool is_page(std::string_view body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return first != std::string_view::npos && body[first] == '<';
}

std::string text_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

Milliseconds life_in(const json::object& granted) {
  const json::value* seconds = granted.if_contains("expires_in");
  return seconds && seconds->is_int64() && seconds->get_int64() > 0
             ? std::chrono::seconds(std::min<std::int64_t>(seconds->get_int64(), 366 * 86'400))
             : kUsualLife;
}

/// The server's own words in one printable line; nothing for pages.
std::string words_of(const json::object& answer) {
  std::string words = text_in(answer, "error_description");
  if (const std::string error = text_in(answer, "error"); !error.empty())
    words = error + (words.empty() ? "" : ": " + words);
  std::ranges::replace_if(
      words, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  if (words.size() > kMostWords) words = words.substr(0, kMostWords) + "...";
  return words.empty() ? "" : " The server said: \"" + words + "\".";
}

std::string where(const net::HttpResponse& answer, const SignIn& sign_in) {
  return "HTTP " + std::to_string(answer.status) + " from " + net::parse_url(sign_in.token_url).shown();
}

std::string advice(const SignIn& sign_in, std::string_view oauth_error) {
  const std::string_view words = sign_in.advice_for(oauth_error);
  return words.empty() ? "" : " " + std::string(words);
}

/// True for a page that says that the server is being worked on.
bool is_maintenance_page(const net::HttpResponse& answer) {
  const std::string text = ascii_lowered(answer.body);
  return is_page(answer.body) &&
         (text.find("maintenance") != std::string::npos || text.find("upgrad") != std::string::npos);
}

Error server_trouble(const net::HttpResponse& answer, const SignIn& sign_in, const json::object& said) {
  if (is_maintenance_page(answer))
    return Error("PB1230", "The authorisation server is under maintenance (" + where(answer, sign_in) + ").");
  return Error("PB1206", "The authorisation server has a trouble of its own (" + where(answer, sign_in) +
                             ")." + words_of(said) + advice(sign_in, "server_error") +
                             " The sign-in is tried again with the next run.");
}

Error throttled(const net::HttpResponse& answer, const SignIn& sign_in, SysMilliseconds now) {
  Error error("PB1205", "The authorisation server asks to slow down (" + where(answer, sign_in) + ").");
  error.retry_after = net::parse_retry_after(answer.header("Retry-After"), now);
  return error;
}

Error broken(const SignIn& sign_in) {
  return Error("PB1202", "The answer of the token endpoint " + net::parse_url(sign_in.token_url).shown() +
                             " ends too early or is no JSON. The sign-in is tried again with the next run.");
}

Error no_endpoint(const net::HttpResponse& answer, const SignIn& sign_in) {
  return Error("PB1207", "The address " + net::parse_url(sign_in.token_url).shown() +
                             " does not answer as a token endpoint does (HTTP " +
                             std::to_string(answer.status) +
                             " without an OAuth answer). Correct auth_url of the connection: it is the "
                             "\"Authorisation Server\" of the product's page on its API.");
}

Refused refused(const net::HttpResponse& answer, const SignIn& sign_in, const json::object& said) {
  const std::string oauth_error = text_in(said, "error");
  return Refused("PB1203",
                 "The authorisation server refuses the sign-in of the client_id \"" + sign_in.client_id +
                     "\" (" + where(answer, sign_in) + ")." + words_of(said) + advice(sign_in, oauth_error),
                 oauth_error);
}

bool is_server_trouble(int status) { return status >= 500 || status == 408; }

}  // namespace

Tokens TokenEndpoint::client_credentials(const SignIn& sign_in, const net::Stop& stop) {
  return post(sign_in, {{"grant_type", "client_credentials"}, {"scope", sign_in.scope_text()}}, stop);
}

Tokens TokenEndpoint::exchange(const SignIn& sign_in, std::string_view code, std::string_view verifier,
                               const net::Stop& stop) {
  redactor_.add(code);
  redactor_.add(verifier);
  return post(sign_in,
              {{"grant_type", "authorization_code"},
               {"code", std::string(code)},
               {"redirect_uri", sign_in.redirect_uri},
               {"code_verifier", std::string(verifier)}},
              stop);
}

Tokens TokenEndpoint::refresh(const SignIn& sign_in, std::string_view refresh_token, const net::Stop& stop) {
  redactor_.add(refresh_token);
  Tokens tokens =
      post(sign_in, {{"grant_type", "refresh_token"}, {"refresh_token", std::string(refresh_token)}}, stop);
  if (tokens.refresh.empty()) tokens.refresh = refresh_token;
  return tokens;
}

void TokenEndpoint::add_client(const SignIn& sign_in, net::QueryParameters& form) {
  form.emplace_back("client_id", sign_in.client_id);
  if (sign_in.client_secret.empty()) return;
  std::string secret = secrets_.resolve(sign_in.client_secret);
  redactor_.add(secret);
  form.emplace_back("client_secret", std::move(secret));
}

Tokens TokenEndpoint::post(const SignIn& sign_in, net::QueryParameters form, const net::Stop& stop) {
  add_client(sign_in, form);
  net::HttpRequest request;
  request.method = "POST";
  request.url = sign_in.token_url;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
  request.body = net::encode_query(form);
  // A grant that spends a code or a refresh token must not be sent twice: the second would look like theft.
  // What needs the token tries again as a whole.
  request.retryable = false;
  const SysMilliseconds asked = clock_.now();
  const net::HttpResponse answer = client_.send(request, stop);
  const std::optional<json::object> parsed = object_in(answer.body);
  if (answer.status == 200 && !parsed && !is_page(answer.body)) throw broken(sign_in);
  const json::object said = parsed.value_or(json::object());
  if (answer.status == 429) throw throttled(answer, sign_in, clock_.now());
  if (is_server_trouble(answer.status)) throw server_trouble(answer, sign_in, said);
  Tokens tokens{text_in(said, "access_token"), text_in(said, "refresh_token"), text_in(said, "scope"), asked,
                asked + life_in(said)};
  if (answer.status == 200 && !tokens.access.empty()) {
    redactor_.add(tokens.access);
    redactor_.add(tokens.refresh);
    return tokens;
  }
  if (text_in(said, "error").empty()) throw no_endpoint(answer, sign_in);
  throw refused(answer, sign_in, said);
}

}  // namespace psabridge::connection
