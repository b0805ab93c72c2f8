#include "tests/sandbox/api.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <ctime>
#include <exception>

namespace sandbox {
namespace {

constexpr std::string_view kControlPrefix = "/__sandbox/";
constexpr std::string_view kApiPrefix = "/api/";
constexpr std::string_view kDiscovery = "/.well-known/openid-configuration";
// What is outside the API belongs to the portal: a single-page application that answers every path.
constexpr std::string_view kPortalPage =
    "<!DOCTYPE html><html><head><title>HaloPSA</title></head><body><div id=\"app\"></div></body></html>";

void html(Response& response, std::string_view page) {
  response.json(200, page);
  response.content_type = "text/html; charset=utf-8";
}

std::string http_date(std::time_t when) {
  std::tm parts{};
  gmtime_r(&when, &parts);
  char text[40];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

std::string http_date_in(std::chrono::seconds ahead) {
  return http_date(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + ahead));
}

std::int64_t steady_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

// "tickets/12" -> "tickets", "12"
std::pair<std::string_view, std::string_view> split_path(std::string_view path) {
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return {path, {}};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

Api::Api(const ApiOptions& options)
    : clock_(options.now ? VirtualClock(*options.now).now() : VirtualClock().now()),
      data_(options.shape, options.seed, clock_.now()),
      tokens_(options.client, faults_, clock_),
      reads_(data_, faults_, clock_),
      writes_(data_, faults_, clock_),
      control_(data_, faults_, ledger_, clock_),
      tenant_(options.tenant) {}

void Api::handle(const Request& request, Response& response) {
  const std::string path = lower_case(percent_decoded(request.path));
  if (path.starts_with(kControlPrefix)) {
    return control_.handle(request.method, path.substr(kControlPrefix.size()), request.query, request.body,
                           response);
  }
  std::string resource_name;
  try {
    answer(request, path, resource_name, response);
  } catch (const std::exception& error) {
    response.clear();
    response.json(500, boost::json::serialize(boost::json::object{{"ClassName", "System.Exception"},
                                                                  {"Message", error.what()}}));
  }
  response.headers.emplace_back("Date", http_date(static_cast<std::time_t>(clock_.now() / kSecond)));
  spoil_delivery(resource_name, response);
  ledger_.record(
      {request.method, request.path, request.query_text, resource_name, response.status, response.rows});
}

void Api::answer(const Request& request, const std::string& path, std::string& resource_name,
                 Response& response) {
  if (path == "/auth/token" || path == "/token") {
    resource_name = "token";
    return answer_token(request, response);
  }
  if (path == kDiscovery || path == "/auth" + std::string(kDiscovery)) {
    resource_name = "discovery";
    return answer_discovery(response);
  }
  if (path.starts_with(kApiPrefix)) {
    return answer_api(request, std::string_view(path).substr(kApiPrefix.size()), resource_name, response);
  }
  resource_name = "portal";
  html(response, kPortalPage);
}

void Api::answer_token(const Request& request, Response& response) {
  if (answer_in_place("token", response)) return;
  if (request.method != "POST") return response.empty(405);
  tokens_.grant(request, response);
}

void Api::answer_api(const Request& request, std::string_view path, std::string& resource_name,
                     Response& response) {
  while (path.ends_with('/')) path.remove_suffix(1);
  const auto [name, id] = split_path(path);
  resource_name = name;
  if (name == "authinfo") return answer_auth_info(response);
  const Resource* resource = resource_at(name);
  if (resource == nullptr) return response.empty(404);
  const std::int64_t wait_ms = faults_.throttled_for(name, steady_ms());
  if (wait_ms > 0) {
    response.json(429, R"("API rate limit exceeded.")");
    response.headers.emplace_back("Retry-After", std::to_string((wait_ms + 999) / 1000));
    return;
  }
  if (answer_in_place(name, response) || !authorize(*resource, request, response)) return;
  answer_resource(*resource, id, request, response);
}

bool Api::answer_in_place(std::string_view resource_name, Response& response) {
  const FaultSpec* canned = faults_.canned_answer(resource_name);
  if (canned == nullptr) return false;
  response.json(canned->status, canned->body);
  response.content_type = canned->content_type;
  if (!canned->retry_after.empty()) {
    const bool date = canned->retry_after == kHttpDate;
    response.headers.emplace_back(
        "Retry-After", date ? http_date_in(std::chrono::seconds(2)) : std::string(canned->retry_after));
  }
  if (canned->status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return true;
}

bool Api::authorize(const Resource& resource, const Request& request, Response& response) {
  if (faults_.strikes(Fault::revoke_tokens, resource.path)) tokens_.revoke_all();
  const auto scopes = tokens_.scopes_of(request.authorization);
  if (!scopes) {
    response.empty(401);
    response.headers.emplace_back("WWW-Authenticate", "Bearer error=\"invalid_token\"");
    return false;
  }
  const bool reads = request.method == "GET";
  const std::uint32_t wanted = reads ? resource.read_scopes : resource.edit_scopes;
  const bool hidden = reads && faults_.strikes(Fault::empty_list_when_forbidden, resource.path).has_value();
  if (hidden) {
    reads_.empty_list(resource, response);
    return false;
  }
  if ((*scopes & wanted) == 0) {
    response.empty(403);
    return false;
  }
  return true;
}

void Api::answer_resource(const Resource& resource, std::string_view id, const Request& request,
                          Response& response) {
  const bool is_get = request.method == "GET";
  if (resource.kind == ResourceKind::instance_info) return answer_instance_info(response);
  if (is_get && resource.path == "agent" && id == "me") return answer_agent_me(response);
  if (is_get && id.empty()) return reads_.list(resource, request, response);
  if (is_get) return reads_.single(resource, id, request, response);
  const bool writable = resource.kind == ResourceKind::rows || resource.kind == ResourceKind::actions;
  if (writable && request.method == "POST" && id.empty()) return writes_.post(resource, request, response);
  if (writable && request.method == "DELETE" && !id.empty())
    return writes_.remove(resource, id, request, response);
  response.empty(405);
}

void Api::answer_discovery(Response& response) const {
  const std::string auth = base_url_ + "/auth";
  response.json(
      200, boost::json::serialize(boost::json::object{
               {"issuer", auth + "/"},
               {"authorization_endpoint", auth + "/authorize"},
               {"token_endpoint", auth + "/token"},
               {"grant_types_supported", {"authorization_code", "client_credentials", "refresh_token"}},
               {"token_endpoint_auth_methods_supported", {"client_secret_post", "client_secret_basic"}}}));
}

void Api::answer_auth_info(Response& response) const {
  response.json(200, boost::json::serialize(
                         boost::json::object{{"auth_url", base_url_ + "/auth"}, {"tenant_id", tenant_}}));
}

void Api::answer_instance_info(Response& response) const {
  response.json(200,
                boost::json::serialize(boost::json::object{{"dbid", tenant_},
                                                           {"app_version", "2.214.1"},
                                                           {"database_version", 5000},
                                                           {"agent_count", data_.rows(Entity::agent).size()},
                                                           {"licensed_agent_count", 100},
                                                           {"app_name", "HaloPSA Sandbox"},
                                                           {"agent_url", base_url_},
                                                           {"portal_url", base_url_ + "/portal"},
                                                           {"auth_url", base_url_ + "/auth"}}));
}

void Api::answer_agent_me(Response& response) {
  Request as_agent;
  reads_.single(*resource_at("agent"), "2", as_agent, response);
  if (response.status != 200) return;
  response.body.truncate(response.body.size() - 1);
  response.body.append(R"(,"claims":[{"type":"sub","value":"2"},{"type":"agent","value":"true"}]})");
}

void Api::spoil_delivery(std::string_view resource_name, Response& response) {
  if (faults_.strikes(Fault::cut_body, resource_name)) response.delivery = Delivery::cut;
  if (faults_.strikes(Fault::reset_connection, resource_name)) response.delivery = Delivery::reset;
  if (const auto pause = faults_.strikes(Fault::slow_body, resource_name)) {
    response.delivery = Delivery::slow;
    response.piece_delay_ms = *pause;
  }
  response.start_delay_ms = faults_.strikes(Fault::slow_answer, resource_name).value_or(0);
  response.close_after = faults_.strikes(Fault::close_after_answer, resource_name).has_value();
  if (response.status == 200 && faults_.strikes(Fault::truncated_json, resource_name))
    response.body.truncate(response.body.size() / 2);
  if (!response.content_type.empty() && faults_.strikes(Fault::wrong_content_type, resource_name))
    response.content_type = "text/plain";
}

}  // namespace sandbox
