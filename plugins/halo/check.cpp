#include "check.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <optional>
#include <set>
#include <vector>

#include "failure_finding.h"
#include "rights_check.h"
#include "server_answer.h"
#include "sign_in.h"
#include "slicer.h"

namespace psabridge::halo {
namespace {

namespace json = boost::json;
using sdk::Failure;
using sdk::Health;
using sdk::Outcome;

/// The example of RFC 7636: the sign-in page that is asked for here is never used.
constexpr std::string_view kAnyChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string lower(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return small;
}

template <class Words>
std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

json::object object_in(std::string_view body) {
  json::error_code error;
  const json::value parsed = json::parse(body, error);
  return !error && parsed.is_object() ? parsed.get_object() : json::object();
}

bool is_true(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_bool() && value->get_bool();
}

/// "https://acme.example:8443" of any address there.
std::string origin_of(const std::string& url) {
  const std::size_t host = url.find("://");
  return url.substr(0, host == std::string::npos ? host : url.find('/', host + 3));
}

/// The OAuth error that an address leads back with; empty: none.
std::string oauth_error_in(std::string_view location) {
  constexpr std::string_view kError = "error=";
  const std::size_t at = location.find(kError);
  if (at == std::string_view::npos || at == 0 || (location[at - 1] != '?' && location[at - 1] != '&'))
    return {};
  const std::string_view rest = location.substr(at + kError.size());
  return std::string(rest.substr(0, rest.find('&')));
}

/// A line of the error page, of which Halo's server has one per member of an OAuth error.
std::string line_of(std::string_view page, std::string_view name) {
  const std::size_t at = page.find(name);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = page.substr(at + name.size());
  return server_words(rest.substr(0, rest.find_first_of("\r\n<")));
}

/// The code of an error page that concerns the redirect URI or the application is the same, invalid_request:
/// its words tell which.
std::string oauth_error_on(std::string_view page) {
  const std::string text = lower(page);
  if (text.find("redirect_uri") != std::string::npos) return "invalid_request";
  for (const std::string_view error : {"invalid_client", "unauthorized_client", "invalid_scope"})
    if (text.find(error) != std::string::npos) return std::string(error);
  return text.find("client_id") != std::string::npos ? "invalid_client" : "*";
}

/// What to do about an OAuth error.
std::string advice_for(std::string_view error, const Settings& settings) {
  const Query all = advice(settings);
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& entry) { return entry.first == error; });
  return found == all.end() ? all.back().second : found->second;
}

/// A header by one of the names that servers use for it.
std::string_view first_header(const sdk::HttpResponse& answer, std::span<const std::string_view> names) {
  for (const std::string_view name : names)
    if (const std::string_view value = answer.header(name); !value.empty()) return value;
  return {};
}

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && rest != text.data() ? std::optional(number) : std::nullopt;
}

/// The looks at one tenant. One thread, used once.
class Examination {
 public:
  Examination(const Tenant& tenant, std::span<const std::string_view> entities, sdk::Findings& findings)
      : host_(tenant.host),
        settings_(tenant.settings),
        session_(tenant.session),
        entities_(entities),
        findings_(findings),
        rights_(tenant.settings, tenant.session, findings) {}

  void run();

 private:
  struct Stage {
    std::string_view check;
    void (Examination::*look)();
    std::string_view without;  ///< why nothing behind it can be found out when it fails; empty: all can
  };
  static const Stage kStages[];

  bool concerns(std::string_view check) const;
  void attempt(const Stage& stage);
  void skip(std::string_view check, std::string_view subject = {});
  void skip_stage(const Stage& stage);

  void address();
  void tenant();
  void redirect_uri();
  void credentials();
  void agent();
  void scopes() { rights_.look_at_lists(entities_, agent_); }
  void visibility() { rights_.look_behind_a_ticket(); }
  void rate_limit();
  void health();
  void granted();

  sdk::HttpResponse ask_openly(const std::string& url);
  void tell_outage(const Failure& failure);
  void find_halo_elsewhere(const Failure& here);
  std::string address_fix(const std::string& found) const;
  void judge_redirect(const sdk::HttpResponse& answer, const std::string& where);
  void describe_agent(const json::object& me);
  void tell_agent_in_order(const std::string& fact, bool admin);
  bool is_at_other_server(const Failure& failure) const;
  const sdk::HttpResponse& me();
  std::set<std::string> needed_scopes() const;

  const sdk::Host& host_;
  const Settings& settings_;
  Session& session_;
  const std::span<const std::string_view> entities_;
  sdk::Findings& findings_;
  RightsCheck rights_;
  std::string blocked_;                  // why nothing more can be found out; empty: it can
  bool out_of_service_ = false;          // told already
  AuthInfo info_;                        // once the address is right
  std::optional<sdk::HttpResponse> me_;  // the answer to Agent/me
  std::string agent_ = "of the application";
};

/// A person's sign-in needs the redirect URI; everything behind needs the credentials.
const Examination::Stage Examination::kStages[] = {
    {"address", &Examination::address, "the address is not known to be Halo's"},
    {"tenant", &Examination::tenant, ""},
    {"redirect_uri", &Examination::redirect_uri, ""},
    {"credentials", &Examination::credentials, "there is no sign-in"},
    {"agent", &Examination::agent, "Halo does not answer the signed-in application"},
    {"scope", &Examination::scopes, ""},
    {"visibility", &Examination::visibility, ""},
    {"rate limit", &Examination::rate_limit, ""},
    {"health", &Examination::health, ""},
    {"scopes granted", &Examination::granted, ""}};

void Examination::run() {
  for (const Stage& stage : kStages) {
    if (!concerns(stage.check)) continue;
    sdk::Host::stop_if_cancelled();
    if (blocked_.empty()) {
      attempt(stage);
    } else {
      skip_stage(stage);
    }
  }
}

bool Examination::concerns(std::string_view check) const {
  if (check == "redirect_uri") return settings_.grant == Grant::authorization_code;
  if (check == "health") return !out_of_service_;
  return check != "scopes granted" || settings_.grant != Grant::api_key;
}

void Examination::attempt(const Stage& stage) {
  try {
    (this->*stage.look)();
  } catch (const Failure& failure) {
    tell_failure(failure, stage.check, {}, findings_, advice(settings_));
    blocked_ = stage.without;
  }
}

void Examination::skip(std::string_view check, std::string_view subject) {
  findings_.add({.health = Health::skip,
                 .check = check,
                 .subject = subject,
                 .fact = "Not looked at, because " + blocked_ + ".",
                 .fix = "Mend what failed before it, then test again."});
}

void Examination::skip_stage(const Stage& stage) {
  if (stage.check != "scope") return skip(stage.check);
  for (const std::string_view entity : entities_) skip(stage.check, entity);
}

/// Without a sign-in.
sdk::HttpResponse Examination::ask_openly(const std::string& url) {
  sdk::Host::stop_if_cancelled();
  return host_.http({.url = url, .headers = {{"Accept", "application/json"}}});
}

void Examination::address() {
  const std::string url = session_.url_of("AuthInfo");
  const sdk::HttpResponse answer = ask_openly(url);
  try {
    info_ = read_auth_info(answer, url, session_.now());
  } catch (const Failure& failure) {
    if (failure.error_code() == "PB1206" || failure.error_code() == "PB1230") return tell_outage(failure);
    if (failure.error_code() != "PB1207") throw;
    find_halo_elsewhere(failure);
    blocked_ = "the address is not Halo's";
    return;
  }
  findings_.add({.check = "address",
                 .fact = settings_.api_url + " answers as Halo does; its Authorisation Server is " +
                         info_.auth_url + "."});
}

/// A server that serves nobody says nothing of its address.
void Examination::tell_outage(const Failure& failure) {
  out_of_service_ = true;
  blocked_ = "Halo does not serve requests now";
  skip("address");
  tell_failure(failure, "health", {}, findings_);
}

/// People write the portal's address, or the API's where only its server is asked for.
void Examination::find_halo_elsewhere(const Failure& here) {
  std::vector<std::string> places;
  for (const std::string& base : {settings_.url, origin_of(settings_.url), origin_of(settings_.api_url)})
    for (const std::string& place : {base + "/api", base})
      if (place != settings_.api_url && std::find(places.begin(), places.end(), place) == places.end())
        places.push_back(place);
  for (const std::string& place : places) {
    const std::string url = place + "/AuthInfo";
    try {
      read_auth_info(ask_openly(url), url, session_.now());
    } catch (const Failure& failure) {
      if (failure.outcome() == Outcome::cancelled) throw;
      continue;
    }
    findings_.add({.health = Health::fail,
                   .check = "address",
                   .error_code = "PB1207",
                   .fact = here.what(),
                   .fix = address_fix(place)});
    return;
  }
  tell_failure(here, "address", {}, findings_);
}

std::string Examination::address_fix(const std::string& found) const {
  const std::string why = " Halo answers at " + found + ".";
  const bool derived = settings_.api_url == settings_.url + "/api";
  if (derived && found.ends_with("/api"))
    return "Set url of the connection to " + found.substr(0, found.size() - 4) + "." + why;
  return "Set api_url of the connection to " + found + "." + why;
}

void Examination::tenant() {
  const std::string& named = info_.tenant_id;
  const std::string& set = settings_.tenant;
  if (named.empty() || lower(named) == lower(set)) {
    findings_.add(
        {.check = "tenant",
         .fact = named.empty()
                     ? "This Halo names no tenant" + (set.empty() ? "." : "; " + quoted(set) + " is sent.")
                     : "Halo's tenant is " + quoted(named) + ", as the connection says."});
    return;
  }
  findings_.add({.health = set.empty() ? Health::warn : Health::fail,
                 .check = "tenant",
                 .error_code = "PB1207",
                 .fact = "Halo's tenant is " + quoted(named) + "; the connection names " +
                         (set.empty() ? "none." : quoted(set) + "."),
                 .fix = "Set tenant of the connection to " + quoted(named) + " (" + std::string(kApiDetails) +
                        " shows it)."});
}

/// Asks for the sign-in page as a browser would, and goes no further.
void Examination::redirect_uri() {
  const std::string where = authorize_url(session_.auth_url());
  std::string scopes;
  for (const std::string& scope : asked_scopes(settings_)) scopes += (scopes.empty() ? "" : " ") + scope;
  Query query{{"response_type", "code"},
              {"client_id", settings_.client_id},
              {"redirect_uri", settings_.redirect_uri},
              {"scope", scopes},
              {"state", "check"},
              {"code_challenge", std::string(kAnyChallenge)},
              {"code_challenge_method", "S256"}};
  for (const auto& parameter : authorize_parameters(settings_)) query.push_back(parameter);
  sdk::Host::stop_if_cancelled();
  judge_redirect(host_.http({.url = where + "?" + encoded(query)}), where);
}

/// A server that accepts the redirect URI shows or leads to its sign-in page; one that accepts it but not the
/// rest of the question sends the browser back with an OAuth error; else it shows a page with the reason.
void Examination::judge_redirect(const sdk::HttpResponse& answer, const std::string& where) {
  const std::string error = oauth_error_in(answer.header("Location"));
  if (answer.status < 400 && error.empty()) {
    findings_.add(
        {.check = "redirect_uri",
         .fact = "Halo shows its sign-in page for the redirect URI " + settings_.redirect_uri + "."});
    return;
  }
  if (answer.status >= 500 || answer.status == 429)
    throw api_failure(answer, {"sign-in page", "", where}, session_.now());
  const bool by_uri = lower(answer.body).find("redirect_uri") != std::string::npos;
  const std::string described = line_of(answer.body, "error_description:");
  const std::string words = !error.empty()      ? error
                            : described.empty() ? server_words(answer.body)
                                                : described;
  findings_.add(
      {.health = Health::fail,
       .check = "redirect_uri",
       .error_code = "PB1203",
       .fact =
           (by_uri ? "Halo does not accept the redirect URI " + settings_.redirect_uri
                   : "Halo does not show its sign-in page for the client_id " + quoted(settings_.client_id)) +
           " (HTTP " + std::to_string(answer.status) + " from " + where + ")." +
           (words.empty() ? "" : " Halo said: " + quoted(words) + (words.ends_with('.') ? "" : ".")),
       .fix = advice_for(error.empty() ? oauth_error_on(answer.body) : error, settings_)});
}

const sdk::HttpResponse& Examination::me() {
  if (!me_) me_ = session_.get("Agent/me", "");
  return *me_;
}

/// True when no token is had because auth_url is not the server that Halo itself names.
bool Examination::is_at_other_server(const Failure& failure) const {
  const bool judged = failure.outcome() == Outcome::unauthorized || failure.outcome() == Outcome::cancelled;
  return !judged && !settings_.auth_url.empty() &&
         token_url(settings_, settings_.auth_url) != token_url(settings_, info_.auth_url);
}

void Examination::credentials() {
  if (settings_.grant == Grant::api_key) {
    if (me().status == 401) throw session_.failure(me(), "Agent/me", "agent", "");
    findings_.add({.check = "credentials", .fact = "Halo accepts the API key."});
    return;
  }
  try {
    host_.token(session_.sign_in());
  } catch (const Failure& failure) {
    if (!is_at_other_server(failure)) throw;
    blocked_ = "there is no sign-in";
    findings_.add({.health = Health::fail,
                   .check = "credentials",
                   .error_code = failure.error_code(),
                   .fact = failure.what(),
                   .fix = "Set auth_url of the connection to " + info_.auth_url +
                          ", which Halo names as its Authorisation Server, or leave it out."});
    return;
  }
  findings_.add({.check = "credentials",
                 .fact = "An access token is had from " + token_url(settings_, session_.auth_url()) + "."});
}

void Examination::agent() {
  const sdk::HttpResponse& answer = me();
  if (answer.status == 401 || answer.status == 429 || answer.status >= 500 || is_html(answer.body))
    throw session_.failure(answer, "Agent/me", "agent", "");
  const json::object me = answer.status == 200 ? object_in(answer.body) : json::object();
  const std::string id = member_of(answer.body, "id");
  if (!me.empty() && number_in(id).value_or(0) > 1) return describe_agent(me);
  findings_.add({.health = Health::warn,
                 .check = "agent",
                 .error_code = "PB1204",
                 .fact = "The application logs in as no agent (HTTP " + std::to_string(answer.status) +
                         " from " + session_.url_of("Agent/me") + "), so Halo hides some lists from it.",
                 .fix = "In Halo, " + std::string(kApplications) +
                        " > the application: set Login Type to Agent, and choose the agent to log in as."});
}

void Examination::describe_agent(const json::object& me) {
  const std::string text = json::serialize(me);
  agent_ = quoted(member_of(text, "name"));
  std::string fact = "The application logs in as the agent " + agent_ + " (id " + member_of(text, "id") + ")";
  if (is_true(me, "isapiagent")) fact += ", an API-only agent";
  const bool admin = is_true(me, "is_admin") || is_true(me, "isadmin");
  if (admin) fact += ", with an administrator's rights";
  if (const std::string role = member_of(text, "role_list"); !role.empty())
    fact += ", in the role " + quoted(role);
  if (const json::value* claims = me.if_contains("claims"); claims && claims->is_array())
    fact += "; claims: " + std::to_string(claims->get_array().size());
  if (!is_true(me, "isdisabled")) return tell_agent_in_order(fact, admin);
  blocked_ = "the agent is disabled";
  findings_.add(
      {.health = Health::fail,
       .check = "agent",
       .error_code = "PB1203",
       .fact = fact + ". This agent is disabled.",
       .fix = "Enable it in Halo (Configuration > Agents), or choose another agent for the application (" +
              std::string(kApplications) + ")."});
}

/// The scope admin is of no use to an agent who is no administrator: Halo asks for both.
void Examination::tell_agent_in_order(const std::string& fact, bool admin) {
  const auto& scopes = settings_.scopes;
  if (admin || std::find(scopes.begin(), scopes.end(), "admin") == scopes.end()) {
    findings_.add({.check = "agent", .fact = fact + "."});
    return;
  }
  findings_.add({.health = Health::warn,
                 .check = "agent",
                 .error_code = "PB1204",
                 .fact = fact +
                         ". The connection asks for admin, but this agent is no administrator: Halo will "
                         "refuse its configuration, webhooks for example.",
                 .fix = "In Halo, Configuration > Agents: give " + agent_ +
                        " an administrator's role; or leave admin out of auth.scopes."});
}

void Examination::rate_limit() {
  static constexpr std::string_view kLeft[] = {"X-RateLimit-Remaining", "RateLimit-Remaining",
                                               "X-Rate-Limit-Remaining"};
  static constexpr std::string_view kWhole[] = {"X-RateLimit-Limit", "RateLimit-Limit", "X-Rate-Limit-Limit"};
  const std::optional<std::int64_t> left = number_in(first_header(me(), kLeft));
  const std::optional<std::int64_t> whole = number_in(first_header(me(), kWhole));
  if (!left) {
    findings_.add({.check = "rate limit", .fact = "The server does not say how many requests are left."});
    return;
  }
  const std::string fact = "Requests left: " + std::to_string(*left) +
                           (whole ? " of " + std::to_string(*whole) : std::string()) + ".";
  constexpr std::int64_t kFew = 20;  // one request of so many left, or less
  const bool few = *left == 0 || (whole && *left < *whole / kFew);
  if (!few) {
    findings_.add({.check = "rate limit", .fact = fact});
    return;
  }
  findings_.add({.health = Health::warn,
                 .check = "rate limit",
                 .error_code = "PB1205",
                 .fact = fact + " Halo's limit holds for all integrations of a tenant together.",
                 .fix = "Lower rate_limit of the connection, or slow down the other integrations."});
}

void Examination::health() {
  const sdk::HttpResponse answer = session_.get("InstanceInfo", "");
  if (is_html(answer.body))
    throw page_failure(answer.body, {"InstanceInfo", "", session_.url_of("InstanceInfo")});
  if (answer.status == 429 || answer.status >= 500)
    throw session_.failure(answer, "InstanceInfo", "InstanceInfo", "");
  const std::string version = answer.status == 200 ? member_of(answer.body, "app_version") : std::string();
  findings_.add({.check = "health",
                 .fact = version.empty() ? "Halo serves requests; it does not tell its version (HTTP " +
                                               std::to_string(answer.status) + " from " +
                                               session_.url_of("InstanceInfo") + ")."
                                         : "Halo " + version + " serves requests."});
}

std::set<std::string> Examination::needed_scopes() const {
  std::set<std::string> needed;
  for (const std::string_view name : entities_)
    if (const Entity* entity = find_entity(name)) needed.emplace(entity->scope);
  return needed;
}

/// More rights than needed do no harm today; a stolen secret would do more of it.
void Examination::granted() {
  const std::string needed = joined(needed_scopes());
  std::vector<std::string> broad;
  for (const std::string& scope : settings_.scopes)
    if (scope == "admin" || scope == "all" || scope == "all:standard") broad.push_back(scope);
  const std::string fact = "The connection asks for " + joined(settings_.scopes) +
                           (needed.empty() ? "." : "; its pipelines need " + needed + ".");
  if (broad.empty()) {
    findings_.add({.check = "scopes granted", .fact = fact});
    return;
  }
  findings_.add({.health = Health::warn,
                 .check = "scopes granted",
                 .error_code = "PB1219",
                 .fact = fact,
                 .fix = "Leave out " + joined(broad) + ": set auth.scopes to [" +
                        (needed.empty() ? "read:tickets, read:customers, read:assets" : needed) +
                        "] and untick the rest on the Permissions tab of the application (" +
                        std::string(kApplications) + "). admin is needed only to manage webhooks."});
}

}  // namespace

void check_tenant(const Tenant& tenant, std::span<const std::string_view> entities, sdk::Findings& findings) {
  Examination(tenant, entities, findings).run();
}

}  // namespace psabridge::halo
