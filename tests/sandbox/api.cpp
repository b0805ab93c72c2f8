#include "tests/sandbox/api.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
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
  while (path.ends_with('/')) path.remove_suffix(1);
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return {path, {}};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

// What a lower-case path leads to: an API resource with the id that follows, or one of those beside the API.
std::pair<std::string_view, std::string_view> endpoint_of(std::string_view path) {
  if (path == "/auth/token" || path == "/token") return {"token", {}};
  if (path == "/auth/authorize") return {"authorize", {}};
  if (path == kDiscovery || path == "/auth" + std::string(kDiscovery)) return {"discovery", {}};
  if (path.starts_with(kApiPrefix)) return split_path(path.substr(kApiPrefix.size()));
  return {"portal", {}};
}

bool is_api(std::string_view path, std::string_view endpoint) {
  return path.starts_with(kApiPrefix) && endpoint != "authinfo";
}

Application application_of(const ClientCredentials& client) {
  Application application;
  application.client_id = client.id;
  application.secrets = {client.secret};
  return application;
}

}  // namespace

Api::Api(const ApiOptions& options)
    : clock_(options.now ? VirtualClock(*options.now).now() : VirtualClock().now()),
      data_(options.shape, options.seed, clock_.now()),
      registration_(application_of(options.client)),
      tokens_(registration_, faults_, clock_),
      authorize_(registration_, tokens_),
      webhooks_(data_, faults_, clock_, options.webhook_ca),
      webhook_api_(webhooks_, faults_),
      reads_(data_, faults_, clock_, webhooks_),
      writes_(data_, faults_, clock_, registration_, webhooks_),
      control_(data_, faults_, ledger_, clock_, registration_, tokens_, webhooks_),
      tenant_(options.tenant) {}

void Api::handle(const Request& request, Response& response) {
  const std::string path = lower_case(percent_decoded(request.path));
  if (path.starts_with(kControlPrefix)) {
    return control_.handle(request.method, path.substr(kControlPrefix.size()), request.query, request.body,
                           response);
  }
  const auto [endpoint, id] = endpoint_of(path);
  try {
    if (is_api(path, endpoint)) {
      answer_api(request, endpoint, id, response);
    } else {
      answer(request, endpoint, response);
    }
  } catch (const std::exception& error) {
    response.clear();
    response.json(500, boost::json::serialize(boost::json::object{{"ClassName", "System.Exception"},
                                                                  {"Message", error.what()}}));
  }
  const Ticks skew = faults_.strikes(Fault::clock_skew, endpoint).value_or(0) * kSecond;
  response.headers.emplace_back("Date", http_date(static_cast<std::time_t>((clock_.now() + skew) / kSecond)));
  spoil_delivery(endpoint, response);
  ledger_.record({request.method, request.path, request.query_text, std::string(endpoint), response.status,
                  response.rows});
}

void Api::answer(const Request& request, std::string_view endpoint, Response& response) {
  if (answer_in_place(endpoint, response)) return;
  if (endpoint == "token") return answer_token(request, response);
  if (endpoint == "authorize") return authorize_.answer(request, response);
  if (endpoint == "discovery") return answer_discovery(response);
  if (endpoint == "authinfo") return answer_auth_info(response);
  html(response, kPortalPage);
}

void Api::answer_token(const Request& request, Response& response) {
  if (request.method != "POST") return response.empty(405);
  tokens_.grant(request, response);
}

void Api::answer_api(const Request& request, std::string_view resource_name, std::string_view id,
                     Response& response) {
  const Resource* resource = resource_at(resource_name);
  if (resource == nullptr) return response.empty(404);
  if (!within_rate(resource_name, response) || answer_in_place(resource_name, response)) return;
  if (faults_.strikes(Fault::redirected, resource_name)) {
    response.empty(302);
    response.headers.emplace_back("Location", "https://elsewhere.invalid/");
    return;
  }
  if (authorize(*resource, id, request, response)) answer_resource(*resource, id, request, response);
}

bool Api::within_rate(std::string_view resource_name, Response& response) {
  const RateVerdict verdict = faults_.count_request(resource_name, steady_ms());
  const std::string seconds = std::to_string((verdict.reset_ms + 999) / 1000);
  if (verdict.told) {
    response.headers.emplace_back("X-RateLimit-Limit", std::to_string(verdict.limit));
    response.headers.emplace_back("X-RateLimit-Remaining", std::to_string(verdict.remaining));
    response.headers.emplace_back("X-RateLimit-Reset", seconds);
  }
  if (!verdict.refused) return true;
  response.json(429, R"("API rate limit exceeded.")");
  response.headers.emplace_back("Retry-After", seconds);
  return false;
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

bool Api::authorize(const Resource& resource, std::string_view id, const Request& request,
                    Response& response) {
  if (faults_.strikes(Fault::revoke_tokens, resource.path)) tokens_.revoke_access();
  const auto scopes = tokens_.scopes_of(request);
  if (!scopes) {
    response.empty(401);
    response.headers.emplace_back("WWW-Authenticate", "Bearer error=\"invalid_token\"");
    return false;
  }
  const ApplicationAgent agent = registration_.current()->agent;
  const bool reads = request.method == "GET";
  const bool at_itself = resource.path == "agent" && id == "me";
  const std::uint32_t wanted = reads ? resource.read_scopes : resource.edit_scopes;
  if (reads && faults_.strikes(Fault::empty_list_when_forbidden, resource.path)) {
    reads_.empty_list(resource, response);
    return false;
  }
  const bool blind = agent.is_blind_to(resource.read_scopes);
  const bool may = (*scopes & agent.rights() & wanted) != 0 && (!agent.disabled || at_itself);
  if (may && !blind) return true;
  if (!may || !reads) {
    response.empty(403);
  } else if (id.empty()) {
    reads_.empty_list(resource, response);
  } else {
    response.json(404, R"({"Message":"Record not found"})");
  }
  return false;
}

void Api::answer_resource(const Resource& resource, std::string_view id, const Request& request,
                          Response& response) {
  const bool is_get = request.method == "GET";
  if (resource.kind == ResourceKind::instance_info) return answer_instance_info(response);
  if (resource.kind == ResourceKind::webhooks) return webhook_api_.answer(resource, id, request, response);
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
               {"response_types_supported", {"code"}},
               {"grant_types_supported", {"authorization_code", "client_credentials", "refresh_token"}},
               {"code_challenge_methods_supported", {"S256"}},
               {"token_endpoint_auth_methods_supported", {"client_secret_post", "client_secret_basic"}}}));
}

void Api::answer_auth_info(Response& response) {
  const bool wrong = faults_.strikes(Fault::authinfo_wrong_auth_url, "authinfo").has_value();
  const auto application = registration_.current();
  response.json(200, boost::json::serialize(boost::json::object{
                         {"auth_url", wrong ? "https://auth.invalid/auth" : base_url_ + "/auth"},
                         {"tenant_id", application->tenant.empty() ? tenant_ : application->tenant}}));
}

void Api::answer_instance_info(Response& response) const {
  const auto agents = data_.rows(Entity::agent).size();
  response.json(
      200, boost::json::serialize(boost::json::object{{"dbid", tenant_},
                                                      {"app_version", "2.214.1"},
                                                      {"database_version", 5000},
                                                      {"agent_count", agents},
                                                      {"licensed_agent_count", 100},
                                                      {"online_agent_count", 1},
                                                      {"last_login", datetime_text(clock_.now() - kHour)},
                                                      {"app_name", "HaloPSA Sandbox"},
                                                      {"agent_url", base_url_},
                                                      {"portal_url", base_url_ + "/portal"},
                                                      {"auth_url", base_url_ + "/auth"},
                                                      {"mobileapp_enabled", false},
                                                      {"teamsbot_enabled", false},
                                                      {"nhserver_version", "2.214.1"},
                                                      {"teams_chat_profile", 0},
                                                      {"using_event_service", true},
                                                      {"using_scheduling_service", true},
                                                      {"using_outgoing_service", true},
                                                      {"using_incoming_service", true}}));
}

void Api::answer_agent_me(Response& response) {
  const ApplicationAgent agent = registration_.current()->agent;
  reads_.single(*resource_at("agent"), std::to_string(agent.id), Request(), response);
  if (response.status != 200) return;
  boost::json::parse_options options;
  options.allow_invalid_utf8 = true;  // faults of values work here too
  boost::json::object me = boost::json::parse(response.body.view(), {}, options).as_object();
  const std::string role = agent.admin ? "Administrator" : "Integration";
  me["isdisabled"] = agent.disabled;
  me["isapiagent"] = agent.api_only;
  me["is_admin"] = agent.admin;
  me["role_list"] = role;
  me["roles"] = {{{"role_id", agent.admin ? 1 : 2}, {"role_name", role}}};
  me["claims"] = {{{"type", "sub"}, {"value", std::to_string(agent.id)}},
                  {{"type", "agent"}, {"value", "true"}},
                  {{"type", "role"}, {"value", role}}};
  response.json(200, boost::json::serialize(me));
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
