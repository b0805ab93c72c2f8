#include "core/app/config_text.h"

#include <boost/json/serialize.hpp>

namespace psabridge::app {
namespace {

/// Text as a quoted YAML scalar; JSON strings are ones.
std::string quoted(const std::string& text) { return boost::json::serialize(boost::json::string(text)); }

std::string line(const std::string& key, const std::string& text) {
  return text.empty() ? "" : key + ": " + quoted(text) + "\n";
}

std::string list_line(const std::string& key, const std::vector<std::string>& texts) {
  std::string items;
  for (const std::string& text : texts) items += (items.empty() ? "" : ", ") + quoted(text);
  return texts.empty() ? "" : key + ": [" + items + "]\n";
}

std::string secret_lines(const NewConnection& connection) {
  if (!connection.has_secret) return "";
  const std::string what = connection.grant == "api_key" ? "api_key" : "client_secret";
  return "  # Never the secret itself: this one is in the vault, where `psabridge secrets set " +
         connection.name + "` puts it.\n  " + what + ": secret://" + connection.name + "\n";
}

/// How Halo calls the kind of application that the grant needs.
std::string application_comment(const std::string& grant) {
  const std::string kind = grant == "client_credentials"
                               ? "\"Client ID and Secret (Services)\" that acts as an agent"
                               : "\"Authorisation Code\"";
  return "  # Of an API application of the kind " + kind + ".\n";
}

std::string auth_lines(const NewConnection& connection) {
  const bool has_client = !connection.client_id.empty();
  const auto nested = [](const std::string& text) { return text.empty() ? text : "  " + text; };
  return "auth:\n  grant: " + connection.grant + "\n" +
         (has_client ? application_comment(connection.grant) : "") +
         nested(line("client_id", connection.client_id)) + secret_lines(connection) +
         nested(line("redirect_uri", connection.redirect_uri)) +
         nested(list_line("scopes", connection.scopes));
}

}  // namespace

std::string configuration_start() {
  return "# A configuration of psabridge. `psabridge validate` checks it, `psabridge plan` shows what a sync "
         "would "
         "do.\n"
         "version: 1\n"
         "\n"
         "# Where the synced records are kept; relative to this file.\n"
         "store: sqlite:psabridge.db\n";
}

std::string connection_block(const NewConnection& connection) {
  const std::string tenant_comment =
      "# \"Tenant\" on Halo's page Configuration > Integrations > Halo API > API Details; on a hosted Halo "
      "the "
      "first part of the address.\n";
  return "connector: halo\n"
         "# Address of your Halo, as in the browser.\n" +
         line("url", connection.url) + (connection.tenant.empty() ? "" : tenant_comment) +
         line("tenant", connection.tenant) + auth_lines(connection) +
         (connection.ca_file.empty() ? "" : "tls:\n  " + line("ca_file", connection.ca_file)) +
         line("proxy", connection.proxy) +
         (connection.allow_private
              ? "# The source is in a private network or on this machine.\nallow_private: true\n"
              : "");
}

std::string pipeline_block(const std::string& connection) {
  return "connection: " + quoted(connection) + R"yaml(
every: 15m
# What to read. Statuses, priorities and other lists that these refer to join by themselves.
entities:
  client: { active: true }
  site: {}
  contact: {}
  agent: {}
  team: {}
  asset: {}
  ticket: { since: 90d, open_first: true, notes: true }
# The first rule that decides wins. Clients are tied to teams with `psabridge links add CLIENT TEAM`.
routing:
  - client_team
  - { use: fallback, team: triage }
# More deletions at once than this wait for `psabridge holds approve`.
guard: { delete_share: 5%, delete_count: 500 }
)yaml";
}

}  // namespace psabridge::app
