#include "tests/sandbox/application.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>
#include <map>
#include <span>
#include <stdexcept>

#include "tests/sandbox/scopes.h"

namespace sandbox {
namespace {

namespace json = boost::json;

template <typename Value>
struct Named {
  std::string_view name;
  Value value;
};
constexpr Named<SignInMethod> kMethods[] = {{"any", SignInMethod::any},
                                            {"client_credentials", SignInMethod::client_credentials},
                                            {"authorization_code", SignInMethod::authorization_code},
                                            {"api_key", SignInMethod::api_key}};
constexpr Named<Consent> kConsents[] = {
    {"allow", Consent::allow}, {"deny", Consent::deny}, {"ask", Consent::ask}};

template <typename Value>
Value value_named(std::span<const Named<Value>> table, const json::value& name) {
  const std::string_view wanted = name.as_string();
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const auto& it) { return it.name == wanted; });
  if (found == table.end()) throw std::invalid_argument("There is no \"" + std::string(wanted) + "\" here.");
  return found->value;
}

template <typename Value>
std::string_view name_of(std::span<const Named<Value>> table, Value value) {
  return std::find_if(table.begin(), table.end(), [&](const auto& it) { return it.value == value; })->name;
}

std::vector<std::string> texts(const json::value& list) {
  std::vector<std::string> all;
  for (const json::value& text : list.as_array()) all.emplace_back(text.as_string());
  return all;
}

// null: none; a text: that one; an array: all of them, as while a secret is exchanged.
std::vector<std::string> secrets(const json::value& setting) {
  if (setting.is_null()) return {};
  return setting.is_string() ? std::vector{std::string(setting.get_string())} : texts(setting);
}

std::vector<std::string> known_scopes(const json::value& setting) {
  std::vector<std::string> scopes = texts(setting);
  for (const std::string& scope : scopes) {
    if (!scope_bits(scope)) throw std::invalid_argument("There is no scope \"" + scope + "\".");
  }
  return scopes;
}

template <typename Target>
using Setters = std::map<std::string_view, void (*)(Target&, const json::value&)>;

// Wrong types throw in Boost.JSON's words, which name no setting: the setting is put before them.
template <typename Target>
void set_all(Target& target, const json::object& changes, const Setters<Target>& setters) {
  for (const auto& [key, value] : changes) {
    const auto setter = setters.find(key);
    if (setter == setters.end())
      throw std::invalid_argument("There is no setting \"" + std::string(key) + "\".");
    try {
      setter->second(target, value);
    } catch (const std::exception& error) {
      throw std::invalid_argument(std::string(key) + ": " + error.what());
    }
  }
}

const Setters<ApplicationAgent>& agent_setters() {
  using Agent = ApplicationAgent;
  static const Setters<Agent> setters = {
      {"id", [](Agent& agent, const json::value& value) { agent.id = value.as_int64(); }},
      {"disabled", [](Agent& agent, const json::value& value) { agent.disabled = value.as_bool(); }},
      {"admin", [](Agent& agent, const json::value& value) { agent.admin = value.as_bool(); }},
      {"api_only", [](Agent& agent, const json::value& value) { agent.api_only = value.as_bool(); }},
      {"sees_clients", [](Agent& agent, const json::value& value) { agent.sees_clients = value.as_bool(); }},
      {"sees_tickets", [](Agent& agent, const json::value& value) { agent.sees_tickets = value.as_bool(); }},
      {"sees_assets", [](Agent& agent, const json::value& value) { agent.sees_assets = value.as_bool(); }}};
  return setters;
}

const Setters<Application>& setters() {
  using App = Application;
  static const Setters<App> setters = {
      {"secret", [](App& app, const json::value& value) { app.secrets = secrets(value); }},
      {"api_key", [](App& app, const json::value& value) { app.api_key = value.as_string(); }},
      {"active", [](App& app, const json::value& value) { app.active = value.as_bool(); }},
      {"grant",
       [](App& app, const json::value& value) { app.method = value_named<SignInMethod>(kMethods, value); }},
      {"scopes", [](App& app, const json::value& value) { app.scopes = known_scopes(value); }},
      {"redirect_uris", [](App& app, const json::value& value) { app.redirect_uris = texts(value); }},
      {"consent",
       [](App& app, const json::value& value) { app.consent = value_named<Consent>(kConsents, value); }},
      {"tenant", [](App& app, const json::value& value) { app.tenant = value.as_string(); }},
      {"refresh_life_seconds",
       [](App& app, const json::value& value) { app.refresh_life_seconds = value.as_int64(); }},
      {"agent",
       [](App& app, const json::value& value) { set_all(app.agent, value.as_object(), agent_setters()); }}};
  return setters;
}

}  // namespace

std::uint32_t ApplicationAgent::rights() const { return admin ? ~0U : ~std::uint32_t{kAdmin}; }

bool ApplicationAgent::is_blind_to(std::uint32_t read_scopes) const {
  const std::uint32_t hidden = (sees_clients ? 0U : kReadCustomers) | (sees_tickets ? 0U : kReadTickets) |
                               (sees_assets ? 0U : kReadAssets);
  return (read_scopes & ~hidden) == 0;
}

bool Application::permits_scope(std::string_view name) const {
  const auto has = [&](std::string_view scope) {
    return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
  };
  if (name == "offline_access" || has("all") || has(name)) return true;
  return name != "all" && name != "admin" && has("all:standard");
}

bool Application::accepts_tenant(const Query& query, const Query& form) const {
  return tenant.empty() || query.get("tenant") == tenant || form.get("tenant") == tenant;
}

Registration::Registration(Application application)
    : current_(std::make_shared<const Application>(std::move(application))) {}

std::shared_ptr<const Application> Registration::current() const {
  const std::scoped_lock lock(mutex_);
  return current_;
}

void Registration::apply(const json::object& changes) {
  const std::scoped_lock lock(mutex_);
  Application changed = *current_;
  set_all(changed, changes, setters());
  current_ = std::make_shared<const Application>(std::move(changed));
}

std::string Registration::describe() const {
  const auto app = current();
  const ApplicationAgent& agent = app->agent;
  return json::serialize(json::object{{"client_id", app->client_id},
                                      {"secret", json::value_from(app->secrets)},
                                      {"api_key", app->api_key},
                                      {"active", app->active},
                                      {"grant", name_of<SignInMethod>(kMethods, app->method)},
                                      {"scopes", json::value_from(app->scopes)},
                                      {"redirect_uris", json::value_from(app->redirect_uris)},
                                      {"consent", name_of<Consent>(kConsents, app->consent)},
                                      {"tenant", app->tenant},
                                      {"refresh_life_seconds", app->refresh_life_seconds},
                                      {"agent",
                                       {{"id", agent.id},
                                        {"disabled", agent.disabled},
                                        {"admin", agent.admin},
                                        {"api_only", agent.api_only},
                                        {"sees_clients", agent.sees_clients},
                                        {"sees_tickets", agent.sees_tickets},
                                        {"sees_assets", agent.sees_assets}}}});
}

}  // namespace sandbox
