#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "core/app/commands.h"
#include "core/app/terminal.h"

namespace psabridge::app {
namespace {

struct InitOptions {
  std::string url, tenant, client_id;
  bool force = false;
};

/// Text as a quoted YAML scalar; JSON strings are ones.
std::string quoted(const std::string& text) { return boost::json::serialize(boost::json::value(text)); }

std::string configuration(const InitOptions& options) {
  return R"yaml(# A first configuration of psabridge. `psabridge validate` checks it, `psabridge plan` shows what a sync would do.
version: 1

# Where the synced records are kept; relative to this file.
store: sqlite:psabridge.db

connections:
  halo:
    connector: halo
    # Address of your Halo, as in the browser.
    url: )yaml" +
         quoted(options.url) + R"yaml(
    # "Tenant" on Halo's page Configuration > Integrations > Halo API > API Details; on a hosted Halo the first part of the address.
    tenant: )yaml" +
         quoted(options.tenant) + R"yaml(
    auth:
      grant: client_credentials
      # Of an API application of the kind "Client ID and Secret (Services)" that acts as an agent.
      client_id: )yaml" +
         quoted(options.client_id) + R"yaml(
      # Never the secret itself: secret://halo is the file secrets/halo beside this one, env://NAME an environment variable.
      client_secret: secret://halo

pipelines:
  halo:
    connection: halo
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

/// Asks for what was not given, if somebody is there to answer.
void ask(std::string& answer, const char* question, const char* example) {
  if (!answer.empty()) return;
  if (is_terminal(Stream::in) && is_terminal(Stream::err)) {
    std::cerr << question << " [" << example << "]: " << std::flush;
    std::getline(std::cin, answer);
  }
  if (answer.empty()) answer = example;
}

void write_new_file(const std::filesystem::path& file, const std::string& text, bool replace) {
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (replace ? O_TRUNC : O_EXCL);
  const int descriptor = ::open(file.c_str(), flags, 0640);
  if (descriptor < 0 && errno == EEXIST)
    throw Error("PB1604",
                file.string() + " exists already and was left as it is. Give --force to replace it.");
  const bool written =
      descriptor >= 0 && ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int reason = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!written) throw Error("PB1603", file.string() + " cannot be written: " + std::strerror(reason) + ".");
}

Outcome init(Context& context, InitOptions options) {
  const auto& file = context.options().config;
  if (std::filesystem::exists(file) && !options.force)
    throw Error("PB1604",
                file.string() + " exists already and was left as it is. Give --force to replace it.");
  const bool complete = !options.url.empty() && !options.tenant.empty() && !options.client_id.empty();
  ask(options.url, "Address of your Halo", "https://example.halopsa.com");
  ask(options.tenant, "Tenant", "example");
  ask(options.client_id, "Client id of the API application", "00000000-0000-0000-0000-000000000000");
  write_new_file(file, configuration(options), options.force);
  const auto secret = (std::filesystem::absolute(file).parent_path() / "secrets" / "halo").string();
  return {.data = boost::json::object{{"file", file.string()}, {"secret_file", secret}},
          .text = "Wrote " + file.string() + ".\nNext:\n" +
                  (complete ? "" : "  check url, tenant and client_id in it\n") +
                  "  put the client secret into " + secret +
                  ", readable by you only (chmod 600)\n  psabridge validate\n" +
                  "  psabridge plan\n  psabridge sync\n"};
}

}  // namespace

void add_init_command(CommandTree& tree) {
  const auto options = std::make_shared<InitOptions>();
  auto& command =
      tree.add(tree.root(),
               {"init", "Write a first configuration with comments",
                "psabridge init --url https://acme.halopsa.com --tenant acme --client-id 0a1b..."},
               [options](Context& context) { return init(context, *options); });
  command.add_option("--url", options->url, "Address of your Halo");
  command.add_option("--tenant", options->tenant, "Tenant of your Halo");
  command.add_option("--client-id", options->client_id, "Client id of the API application");
  command.add_flag("--force", options->force, "Replace a configuration that exists");
}

}  // namespace psabridge::app
