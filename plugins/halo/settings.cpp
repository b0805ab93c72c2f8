#include "settings.h"

#include <algorithm>
#include <boost/json.hpp>
#include <psabridge/plugin.hpp>
#include <utility>

namespace psabridge::halo {
namespace {

namespace json = boost::json;

constexpr std::string_view kAreas[] = {
    "tickets",           "calendar", "customers", "crm", "timesheets", "contracts", "suppliers", "items",
    "projects",          "sales",    "quotes",    "sos", "pos",        "invoices",  "reporting", "software",
    "softwarelicensing", "kb",       "assets"};
constexpr std::string_view kSpecial[] = {
    "all",         "all:standard",           "admin",         "editMine:timesheets",
    "access:chat", "access:adpasswordreset", "offline_access"};
// Names that guides of integrations use for rights that Halo calls otherwise.
constexpr std::pair<std::string_view, std::string_view> kTranslations[] = {
    {"write:tickets", "edit:tickets"},    {"read:clients", "read:customers"},
    {"write:clients", "edit:customers"},  {"read:sites", "read:customers"},
    {"write:sites", "edit:customers"},    {"read:users", "read:customers"},
    {"read:contacts", "read:customers"},  {"write:users", "edit:customers"},
    {"write:contacts", "edit:customers"}, {"write:customers", "edit:customers"},
    {"write:assets", "edit:assets"},      {"write:webhooks", "admin"},
    {"read:agents", "read:tickets"},      {"read:teams", "read:tickets"}};
// The port is the one that `psabridge connection auth` listens on.
constexpr std::string_view kDefaultRedirectUri = "http://127.0.0.1:8741/callback";
constexpr std::string_view kDefaultScopes[] = {"read:tickets", "edit:tickets", "read:customers",
                                               "read:assets"};

bool is_real(std::string_view scope) {
  if (std::find(std::begin(kSpecial), std::end(kSpecial), scope) != std::end(kSpecial)) return true;
  const std::size_t colon = scope.find(':');
  const std::string_view verb = scope.substr(0, colon);
  if (colon == std::string_view::npos || (verb != "read" && verb != "edit")) return false;
  return std::find(std::begin(kAreas), std::end(kAreas), scope.substr(colon + 1)) != std::end(kAreas);
}

std::string_view translated(std::string_view scope) {
  for (const auto& [guide, halo] : kTranslations)
    if (guide == scope) return halo;
  return scope;
}

std::string text_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string address_in(const json::object& object, std::string_view key) {
  std::string address = text_in(object, key);
  while (address.ends_with('/')) address.pop_back();
  return address;
}

std::vector<std::string> scopes_in(const json::object& auth) {
  std::vector<std::string> scopes;
  if (const json::value* given = auth.if_contains("scopes"))
    for (const json::value& scope : given->as_array()) scopes.emplace_back(scope.as_string());
  if (scopes.empty()) scopes.assign(std::begin(kDefaultScopes), std::end(kDefaultScopes));
  return real_scopes(scopes);
}

Grant grant_in(const json::object& auth) {
  const std::string name = text_in(auth, "grant");
  if (name == "authorization_code") return Grant::authorization_code;
  return name == "api_key" ? Grant::api_key : Grant::client_credentials;
}

[[noreturn]] void refuse(const std::string& message) {
  throw sdk::Failure(sdk::Outcome::invalid, message, "PB1208");
}

}  // namespace

std::vector<std::string> real_scopes(const std::vector<std::string>& scopes) {
  std::vector<std::string> real;
  std::string unknown;
  for (const std::string& scope : scopes) {
    const std::string name(translated(scope));
    if (!is_real(name)) {
      unknown += (unknown.empty() ? "\"" : ", \"") + scope + "\"";
    } else if (std::find(real.begin(), real.end(), name) == real.end()) {
      real.push_back(name);
    }
  }
  if (!unknown.empty()) {
    refuse("auth.scopes names " + unknown +
           ", which Halo does not know; Halo would refuse the whole sign-in. Its scopes are all, admin, "
           "and read: or edit: followed by an area such as tickets, customers or assets. Correct the list or "
           "leave it out.");
  }
  return real;
}

std::string scope_text(const Settings& settings) {
  std::string text;
  for (const std::string& scope : settings.scopes) text += (text.empty() ? "" : " ") + scope;
  return text;
}

Settings read_settings(std::string_view text) {
  const json::value parsed = json::parse(text);
  const json::object& in = parsed.as_object();
  const json::object& auth = in.at("auth").as_object();
  Settings settings;
  settings.url = address_in(in, "url");
  settings.api_url = address_in(in, "api_url");
  if (settings.api_url.empty()) settings.api_url = settings.url + "/api";
  settings.auth_url = address_in(in, "auth_url");
  settings.tenant = text_in(in, "tenant");
  settings.grant = grant_in(auth);
  settings.client_id = text_in(auth, "client_id");
  settings.client_secret = text_in(auth, "client_secret");
  settings.redirect_uri = text_in(auth, "redirect_uri");
  if (settings.redirect_uri.empty()) settings.redirect_uri = kDefaultRedirectUri;
  settings.api_key = text_in(auth, "api_key");
  settings.scopes = scopes_in(auth);
  const std::string overlap = text_in(in, "overlap");
  const std::optional<Milliseconds> span = parse_span(overlap.empty() ? "2m" : overlap);
  if (!span) refuse("overlap is \"" + overlap + "\", which is no span of time; write for example 2m.");
  settings.overlap = *span;
  return settings;
}

}  // namespace psabridge::halo
