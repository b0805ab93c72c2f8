#include "core/app/commands.h"
#include "core/app/config_file.h"
#include "core/app/config_text.h"
#include "core/app/prompt.h"
#include "core/config/edit.h"

namespace psabridge::app {
namespace {

struct InitOptions {
  std::string url, tenant, client_id;
  bool force = false;
};

constexpr const char* kName = "halo";  // of the connection, its secret and its pipeline

std::string configuration(const InitOptions& options) {
  const NewConnection connection{
      .name = kName, .url = options.url, .tenant = options.tenant, .client_id = options.client_id};
  const std::string text =
      config::with_entry(configuration_start(), "connections", kName, connection_block(connection));
  return config::with_entry(text, "pipelines", kName, pipeline_block(kName));
}

/// Asks for what was not given, if somebody is there to answer.
void complete(std::string& answer, const std::string& question, const char* example) {
  if (answer.empty() && can_ask()) answer = ask(question + " [" + example + "]");
  if (answer.empty()) answer = example;
}

Error exists_already(const std::filesystem::path& file) {
  return Error("PB1604",
               file.string() + " exists already and was left as it is. Give --force to replace it.");
}

Outcome init(Context& context, InitOptions options) {
  const auto& file = context.options().config;
  if (std::filesystem::exists(file) && !options.force) throw exists_already(file);
  const bool is_complete = !options.url.empty() && !options.tenant.empty() && !options.client_id.empty();
  complete(options.url, "Address of your Halo", "https://example.halopsa.com");
  complete(options.tenant, "Tenant", "example");
  complete(options.client_id, "Client id of the API application", "00000000-0000-0000-0000-000000000000");
  change_file(file, [&](const std::optional<std::string>& present) {
    if (present && !options.force) throw exists_already(file);
    return configuration(options);
  });
  return {.data = boost::json::object{{"file", file.string()}, {"secret", kName}},
          .text = "Wrote " + file.string() + ".\nNext:\n" +
                  (is_complete ? "" : "  check url, tenant and client_id in it\n") +
                  "  psabridge secrets set halo      takes the client secret and keeps it sealed\n"
                  "  psabridge connection test halo  tries the connection\n"
                  "  psabridge plan\n"
                  "  psabridge sync\n"};
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
  command.add_flag("--force", options->force, "Replace a configuration that exists; it is kept as FILE.bak");
}

}  // namespace psabridge::app
