#include "session.h"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "entities.h"
#include "slicer.h"

namespace psabridge::halo {
namespace {

namespace json = boost::json;

constexpr Milliseconds kEarly = 60'000;         // a token is renewed this long before it ends
constexpr Milliseconds kUsualLife = 3'600'000;  // when the server does not say
constexpr int kOk = 200, kUnauthorized = 401;

/// Nothing when the body is no JSON, cut short for example; an empty object for JSON of another kind.
std::optional<json::object> object_in(const std::string& body) {
  json::error_code error;
  json::value parsed = json::parse(body, error);
  if (error) return std::nullopt;
  return parsed.is_object() ? std::move(parsed.get_object()) : json::object();
}

std::string text_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

Milliseconds life_in(const json::object& granted) {
  const json::value* seconds = granted.if_contains("expires_in");
  return seconds && seconds->is_int64() && seconds->get_int64() > 0 ? seconds->get_int64() * 1000
                                                                    : kUsualLife;
}

}  // namespace

std::string TokenSource::token() {
  const std::scoped_lock lock(mutex_);
  if (token_.empty() || host_.now().time_since_epoch().count() >= renew_at_) renew();
  return token_;
}

void TokenSource::discard(std::string_view token) {
  const std::scoped_lock lock(mutex_);
  if (token_ == token) token_.clear();
}

std::string TokenSource::token_url() {
  std::string server = settings_.auth_url;
  if (server.empty()) {
    const std::string url = settings_.api_url + "/AuthInfo";
    const sdk::HttpResponse answer = host_.http({.url = url, .headers = {{"Accept", "application/json"}}});
    const Subject subject{"AuthInfo", "", url};
    if (answer.status != kOk) throw api_failure(answer, subject, host_.now().time_since_epoch().count());
    if (is_html(answer.body)) throw page_failure(subject);
    const std::optional<json::object> info = object_in(answer.body);
    if (!info) throw broken_failure(subject);
    server = text_in(*info, "auth_url");
    if (server.empty()) throw not_halo(url, "no auth_url", "url or api_url");
  }
  while (server.ends_with('/')) server.pop_back();
  if (!server.ends_with("/token")) server += "/token";
  return settings_.tenant.empty() ? server : server + "?" + encoded({{"tenant", settings_.tenant}});
}

void TokenSource::renew() {
  if (token_url_.empty()) token_url_ = token_url();
  token_.clear();
  const std::string secret = host_.secret(settings_.client_secret);
  const Query form{{"grant_type", "client_credentials"},
                   {"client_id", settings_.client_id},
                   {"client_secret", secret},
                   {"scope", scope_text(settings_)}};
  const Milliseconds asked = host_.now().time_since_epoch().count();
  const sdk::HttpResponse answer = host_.http(
      {.method = "POST",
       .url = token_url_,
       .headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}},
       .body = encoded(form)});
  const std::optional<json::object> parsed = object_in(answer.body);
  if (answer.status == kOk && !parsed && !is_html(answer.body))
    throw broken_failure({"token", "", token_url_});
  const json::object granted = parsed.value_or(json::object());
  std::string token = text_in(granted, "access_token");
  if (answer.status != kOk || token.empty())
    throw token_failure(answer, token_url_, settings_, secret, asked);
  const Milliseconds life = life_in(granted);
  renew_at_ = asked + life - std::min(kEarly, life / 2);
  token_ = std::move(token);
}

sdk::HttpResponse Session::send(const std::string& url, const std::string& token) {
  return host_.http(
      {.url = url, .headers = {{"Authorization", "Bearer " + token}, {"Accept", "application/json"}}});
}

sdk::HttpResponse Session::get(const std::string& resource, const std::string& query) {
  const std::string url = url_of(resource) + (query.empty() ? "" : "?" + query);
  const std::string token = tokens_.token();
  sdk::HttpResponse answer = send(url, token);
  if (answer.status != kUnauthorized) return answer;
  tokens_.discard(token);
  return send(url, tokens_.token());
}

sdk::HttpResponse Session::expect(const std::string& resource, const std::string& query,
                                  std::string_view entity, std::string_view scope) {
  sdk::HttpResponse answer = get(resource, query);
  if (answer.status < kOk || answer.status >= 300)
    throw api_failure(answer, {entity, scope, url_of(resource)}, now());
  return answer;
}

bool Session::is_signed_in() { return get("Agent/me", "").status != kUnauthorized; }

}  // namespace psabridge::halo
