#include "sign_in.h"

#include <algorithm>
#include <boost/json.hpp>

#include "server_answer.h"
#include "slicer.h"

namespace psabridge::halo {
namespace {

namespace json = boost::json;

constexpr std::string_view kOfflineAccess = "offline_access";

/// The Authorisation Server without what people paste behind it.
std::string_view server_of(std::string_view auth_url) {
  const auto without = [](std::string_view text, std::string_view end) {
    while (text.ends_with(end)) text.remove_suffix(end.size());
    return text;
  };
  return without(without(without(auth_url, "/"), "/token"), "/");
}

std::string text_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool by_browser(const Settings& settings) { return settings.grant == Grant::authorization_code; }

std::string client_advice(const Settings& settings) {
  const std::string application =
      "Check client_id \"" + settings.client_id + "\"" +
      (settings.client_secret.empty() ? "" : " and client_secret of the connection") +
      " against the API application in Halo (" + std::string(kApplications) + "), which must be active. ";
  if (settings.client_secret.empty())
    return application +
           "It must use the authentication method Authorisation Code (Native Application); any other needs "
           "client_secret.";
  return application + "When in doubt, make a new secret there: Halo shows it once.";
}

std::string method_advice(const Settings& settings) {
  return "Set the authentication method of the API application to " +
         std::string(by_browser(settings) ? "Authorisation Code (Native Application)"
                                          : "Client ID and Secret (Services)") +
         " (" + std::string(kApplications) +
         "), or auth.grant of the connection to what the application uses.";
}

std::string scope_advice(const Settings& settings) {
  return "Tick every one of " + scope_text(settings) + " on the Permissions tab of the API application (" +
         std::string(kApplications) + "), or name in auth.scopes only those it has.";
}

std::string request_advice(const Settings& settings) {
  if (!by_browser(settings))
    return "Check auth_url of the connection against " + std::string(kApiDetails) + ".";
  return "Enter exactly " + settings.redirect_uri + " as a Redirect URI of the API application (" +
         std::string(kApplications) + "): a slash or the port makes it another one.";
}

std::string tenant_advice(const Settings& settings) {
  const std::string page = " (" + std::string(kApiDetails) +
                           " shows it). When it is right, wait: Halo may be "
                           "being upgraded.";
  return settings.tenant.empty() ? "The tenant of the connection may have to be set" + page
                                 : "Check the tenant \"" + settings.tenant + "\" of the connection" + page;
}

json::object object_of(const Query& members) {
  json::object object;
  for (const auto& [name, value] : members) object[name] = value;
  return object;
}

}  // namespace

AuthInfo read_auth_info(const sdk::HttpResponse& answer, const std::string& url, Milliseconds now) {
  const Subject subject{"AuthInfo", "", url};
  if (answer.status != 200) throw api_failure(answer, subject, now);
  if (is_html(answer.body)) throw page_failure(answer.body, subject);
  json::error_code error;
  const json::value parsed = json::parse(answer.body, error);
  if (error) throw broken_failure(subject);
  const json::object info = parsed.is_object() ? parsed.get_object() : json::object();
  AuthInfo found{std::string(server_of(text_in(info, "auth_url"))), text_in(info, "tenant_id")};
  if (found.auth_url.empty()) throw not_halo(url, "no auth_url", "url or api_url");
  return found;
}

std::string token_url(const Settings& settings, std::string_view auth_url) {
  const std::string url = std::string(server_of(auth_url)) + "/token";
  return settings.tenant.empty() ? url : url + "?" + encoded({{"tenant", settings.tenant}});
}

std::string authorize_url(std::string_view auth_url) {
  return std::string(server_of(auth_url)) + "/authorize";
}

Query authorize_parameters(const Settings& settings) {
  return settings.tenant.empty() ? Query{} : Query{{"tenant", settings.tenant}};
}

std::vector<std::string> asked_scopes(const Settings& settings) {
  std::vector<std::string> scopes = settings.scopes;
  const bool lasts = std::find(scopes.begin(), scopes.end(), kOfflineAccess) != scopes.end();
  if (by_browser(settings) && !lasts) scopes.emplace_back(kOfflineAccess);
  return scopes;
}

Query advice(const Settings& settings) {
  const std::string grant_advice =
      by_browser(settings)
          ? "The consent has ended or was withdrawn, or its token was used elsewhere: sign in once more with "
            "`psabridge connection auth` and the connection's name."
          : method_advice(settings);
  return {{"invalid_client", client_advice(settings)},
          {"unauthorized_client", method_advice(settings)},
          {"unsupported_grant_type", method_advice(settings)},
          {"invalid_scope", scope_advice(settings)},
          {"invalid_grant", grant_advice},
          {"invalid_request", request_advice(settings)},
          {"access_denied", "Sign in as an agent of Halo that may use the API application, and agree."},
          {"server_error", tenant_advice(settings)},
          {"*", "Check auth_url, client_id, client_secret and tenant of the connection against " +
                    std::string(kApiDetails) + "."}};
}

std::string sign_in_text(const Settings& settings, std::string_view auth_url) {
  json::object out{{"grant", by_browser(settings) ? "authorization_code" : "client_credentials"},
                   {"token_url", token_url(settings, auth_url)},
                   {"client_id", settings.client_id},
                   {"scopes", json::value_from(asked_scopes(settings))},
                   {"advice", object_of(advice(settings))}};
  if (!settings.client_secret.empty()) out["client_secret"] = settings.client_secret;
  if (by_browser(settings)) {
    out["authorize_url"] = authorize_url(auth_url);
    out["redirect_uri"] = settings.redirect_uri;
    out["parameters"] = object_of(authorize_parameters(settings));
  }
  return json::serialize(out);
}

}  // namespace psabridge::halo
