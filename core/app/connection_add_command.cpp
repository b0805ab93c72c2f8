// `connection add`: from a few answers to a connection that works: settings checked against the connector's
// schema, secret in the vault, text in the configuration, everything tried.
#include "core/app/commands.h"
#include "core/app/config_file.h"
#include "core/app/config_text.h"
#include "core/app/prompt.h"
#include "core/app/secret_input.h"
#include "core/app/secret_users.h"
#include "core/config/edit.h"
#include "core/pipeline/assembly.h"
#include "core/vault/key.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

struct AddOptions {
  NewConnection connection;
  bool pipeline = false;  ///< a pipeline of the same name too
  bool no_test = false;
};

/// The text with the connection, and its pipeline when it was asked for.
std::string with_connection(const std::string& yaml, const AddOptions& options) {
  const auto& connection = options.connection;
  const std::string text =
      config::with_entry(yaml, "connections", connection.name, connection_block(connection));
  return options.pipeline
             ? config::with_entry(text, "pipelines", connection.name, pipeline_block(connection.name))
             : text;
}

// --- what is asked ---

void require(std::string& answer, const std::string& option, const char* question) {
  if (answer.empty() && can_ask()) answer = ask(question);
  if (answer.empty()) throw Error("PB1601", "`psabridge connection add` needs " + option + ".");
}

void complete(NewConnection& connection) {
  require(connection.url, "--url", "Address of your Halo, as in the browser");
  if (connection.tenant.empty() && can_ask())
    connection.tenant =
        ask("Tenant, as Halo's page API Details shows it (a server of your own: leave it empty)");
  if (connection.grant != "api_key")
    require(connection.client_id, "--client-id", "Client id of the API application");
  if (!connection.ca_file.empty()) connection.ca_file = fs::absolute(connection.ca_file).string();
}

/// Empty only when the way to sign in can do without.
std::string secret_for(const NewConnection& connection) {
  const bool is_optional = connection.grant == "authorization_code";
  std::string secret =
      read_optional_secret(connection.grant == "api_key" ? "API key"
                           : is_optional ? "Client secret (a native application has none: leave it empty)"
                                         : "Client secret");
  if (secret.empty() && !is_optional)
    throw Error("PB1601",
                "The connection needs its secret: answer the question, or give it on standard input "
                "(`psabridge connection add " +
                    connection.name + " ... < FILE`).");
  return secret;
}

// --- what is checked before anything is written ---

void refuse_taken(const config::Config& config, const AddOptions& options) {
  const std::string& name = options.connection.name;
  if (config.find_connection(name))
    throw Error("PB1605", "There is a connection " + name + " already, at " +
                              config::to_string(config.find_connection(name)->at) + ".");
  if (options.pipeline && config.find_pipeline(name))
    throw Error("PB1605", "There is a pipeline " + name + " already, at " +
                              config::to_string(config.find_pipeline(name)->at) + ": leave --pipeline out.");
  const auto users = users_of(config, "secret://" + name);
  if (!users.empty())
    throw Error("PB1605", "The secret secret://" + name + " would be replaced, and " + users.front() +
                              " uses it: choose another name.");
}

std::vector<config::Problem> problems_of(const AddOptions& options, const plugin::Registry& registry) try {
  return pipeline::check(config::load_text(with_connection("version: 1\n", options), ""), registry);
} catch (const config::ConfigError& error) {
  return error.problems();
}

/// The settings stand in no file yet, so that no place is told.
void check(const AddOptions& options, const plugin::Registry& registry) {
  auto problems = problems_of(options, registry);
  for (config::Problem& problem : problems) problem.at = {};
  if (!problems.empty()) throw config::ConfigError(std::move(problems));
}

// --- what is written ---

fs::path file_for(const fs::path& config, const std::string& connection) {
  return fs::is_directory(config) ? config / (connection + ".yaml") : config;
}

FileChange write(const fs::path& file, bool first, const AddOptions& options) try {
  return change_file(file, [&](const std::optional<std::string>& present) {
    return with_connection(present.value_or(first ? configuration_start() : ""), options);
  });
} catch (const Error& error) {
  if (error.code() != "PB1012") throw;
  throw Error("PB1012", file.string() + ": " + error.message());
}

/// The configuration has been changed since `context` read it, so that this is done in one of its own.
void keep_secret(Context& changed, const std::string& name, const std::string& secret) {
  changed.config();
  changed.redactor().add(secret);
  if (!secret.empty()) changed.vault().seal(name, secret);
}

// --- what comes next ---

/// `works`: the test passed.
std::string next_steps(const AddOptions& options, bool works) {
  const std::string& name = options.connection.name;
  const bool by_person = options.connection.grant == "authorization_code";
  std::string text = "Next:\n";
  if (by_person)
    text += "  psabridge connection auth " + name + "\n";
  else if (!works)
    text += "  psabridge connection test " + name + "\n";
  return text + (options.pipeline ? "  psabridge plan " + name + "\n  psabridge sync " + name + "\n"
                                  : "  add a pipeline that reads from it: docs/guide/configuration.md\n");
}

Outcome report(Context& changed, const FileChange& change, const AddOptions& options) {
  const NewConnection& connection = options.connection;
  json::object data{{"connection", connection.name}, {"file", change.file.string()}};
  data["backup"] = change.backup ? json::value(change.backup->string()) : json::value();
  data["secret"] = connection.has_secret ? json::value("secret://" + connection.name) : json::value();
  std::string text =
      "Added the connection " + connection.name + " to " + change.file.string() +
      (change.backup ? "; the text before is kept as " + change.backup->string() : "") + ".\n" +
      (connection.has_secret ? "Its secret is in the vault as secret://" + connection.name + ".\n" : "");
  const bool tested = !options.no_test && connection.grant != "authorization_code";
  Outcome test = tested ? test_connection(changed, changed.connection(connection.name)) : Outcome{};
  data["test"] = std::move(test.data);
  return {.data = std::move(data),
          .text = text + (tested ? "\n" + test.text : "") + "\n" +
                  next_steps(options, tested && test.status == 0),
          .status = test.status};
}

Outcome add(Context& context, AddOptions options) {
  NewConnection& connection = options.connection;
  require(connection.name, "a NAME for the connection", "Name of the connection, for commands and logs");
  const fs::path& config = context.options().config;
  const bool first = !config::is_present(config);
  if (!first) refuse_taken(context.config(), options);
  complete(connection);
  check(options, context.registry());
  std::string secret = secret_for(connection);
  context.redactor().add(secret);
  connection.has_secret = !secret.empty();
  const FileChange change = write(file_for(config, connection.name), first, options);
  Context changed(context.options(), context.clock());
  try {
    keep_secret(changed, connection.name, secret);
  } catch (...) {
    take_back(change);
    throw;
  }
  vault::wipe(secret);
  return report(changed, change, options);
}

void add_options(CLI::App& command, AddOptions& options) {
  NewConnection& connection = options.connection;
  command.add_option("NAME", connection.name, "Name of the connection, for commands and logs");
  command.add_option("--url", connection.url, "Address of your Halo, as in the browser");
  command.add_option("--tenant", connection.tenant, "Tenant, as Halo's page API Details shows it");
  command.add_option("--client-id", connection.client_id, "Client id of the API application");
  command
      .add_option("--grant", connection.grant, "How to sign in: as an application, as a person, with a key")
      ->check(CLI::IsMember({"client_credentials", "authorization_code", "api_key"}))
      ->default_str(connection.grant);
  command.add_option("--redirect-uri", connection.redirect_uri,
                     "For authorization_code: as in the application, letter by letter");
  command.add_option("--scopes", connection.scopes, "Permissions to ask for, with commas between")
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_option("--ca-file", connection.ca_file, "PEM file of a certificate authority of your own");
  command.add_option("--proxy", connection.proxy,
                     "Proxy for every request: http://HOST:PORT, or secret://NAME");
  command.add_flag("--allow-private", connection.allow_private,
                   "Halo is in a private network or on this machine");
  command.add_flag("--pipeline", options.pipeline,
                   "Add a pipeline of the same name that reads everything usual");
  command.add_flag("--no-test", options.no_test, "Do not try the connection afterwards");
}

}  // namespace

void add_connection_add_command(CommandTree& tree, CLI::App& group) {
  const auto options = std::make_shared<AddOptions>();
  auto& command = tree.add(group,
                           {"add",
                            "Add a connection to the configuration and try it; the secret is asked for, or "
                            "read from standard input",
                            "psabridge connection add acme --url https://acme.halopsa.com --tenant acme "
                            "--client-id 5c1e... --pipeline "
                            "< secret.txt"},
                           [options](Context& context) { return add(context, *options); });
  add_options(command, *options);
}

}  // namespace psabridge::app
