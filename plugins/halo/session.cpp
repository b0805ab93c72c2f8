#include "session.h"

#include <utility>

#include "sign_in.h"

namespace psabridge::halo {
namespace {

constexpr int kOk = 200, kUnauthorized = 401;

sdk::HttpHeader bearer(const std::string& token) { return {"Authorization", "Bearer " + token}; }

}  // namespace

std::string Session::auth_url() {
  const std::scoped_lock lock(mutex_);
  if (auth_url_.empty()) auth_url_ = settings_.auth_url;
  if (auth_url_.empty()) {
    const std::string url = url_of("AuthInfo");
    const sdk::HttpResponse answer = host_.http({.url = url, .headers = {{"Accept", "application/json"}}});
    auth_url_ = read_auth_info(answer, url, now()).auth_url;
  }
  return auth_url_;
}

std::string Session::sign_in() {
  if (settings_.grant == Grant::api_key) return {};
  const std::string server = auth_url();
  const std::scoped_lock lock(mutex_);
  if (sign_in_.empty()) sign_in_ = sign_in_text(settings_, server);
  return sign_in_;
}

sdk::HttpResponse Session::send(sdk::HttpRequest request, sdk::HttpHeader credential) const {
  request.headers.push_back(std::move(credential));
  request.headers.push_back({"Accept", "application/json"});
  return host_.http(request);
}

/// With another token, once, when the first is refused: then nothing was done, whatever was asked.
sdk::HttpResponse Session::signed_in(sdk::HttpRequest request) {
  if (settings_.grant == Grant::api_key)
    return send(std::move(request), {"X-Halo-Api-Key", host_.secret(settings_.api_key)});
  const std::string how = sign_in();
  const std::string token = host_.token(how);
  sdk::HttpResponse answer = send(request, bearer(token));
  return answer.status == kUnauthorized ? send(std::move(request), bearer(host_.token(how, token))) : answer;
}

sdk::HttpResponse Session::get(const std::string& resource, const std::string& query) {
  return signed_in({.url = url_of(resource) + (query.empty() ? "" : "?" + query)});
}

sdk::HttpResponse Session::post(const std::string& resource, std::string body) {
  return signed_in({.method = "POST",
                    .url = url_of(resource),
                    .headers = {{"Content-Type", "application/json; charset=utf-8"}},
                    .body = std::move(body),
                    .retryable = false});
}

sdk::HttpResponse Session::remove(const std::string& resource) {
  return signed_in({.method = "DELETE", .url = url_of(resource), .retryable = false});
}

sdk::HttpResponse Session::expect(const std::string& resource, const std::string& query,
                                  std::string_view entity, std::string_view scope) {
  sdk::HttpResponse answer = get(resource, query);
  if (answer.status < kOk || answer.status >= 300) throw failure(answer, resource, entity, scope);
  return answer;
}

sdk::Failure Session::failure(const sdk::HttpResponse& answer, const std::string& resource,
                              std::string_view entity, std::string_view scope) const {
  const std::string url = url_of(resource);
  const std::string_view credential = settings_.grant == Grant::api_key ? "the API key" : "a fresh token";
  return api_failure(answer, {entity, scope, url, credential}, now());
}

bool Session::is_signed_in() { return get("Agent/me", "").status != kUnauthorized; }

}  // namespace psabridge::halo
