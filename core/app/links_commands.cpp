#include <algorithm>
#include <map>

#include "core/app/commands.h"
#include "core/app/record_choice.h"
#include "core/app/terminal.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

struct LinksOptions {
  std::string connection, client, team;
};

/// Client names of a connection by source id; empty as long as no client is stored.
std::map<std::string, std::string> client_names(store::Reader& reader, const std::string& connection) {
  std::map<std::string, std::string> names;
  const auto entities = reader.entities();
  if (std::ranges::find(entities, "client") == entities.end()) return names;
  for (auto& [name, id] : reader.names("client", connection)) names.emplace(std::move(id), std::move(name));
  return names;
}

Outcome list(Context& context, const LinksOptions& options) {
  json::array data;
  Table table({"connection", "client", "name", "team"});
  for (const auto& connection : context.config().connections) {
    if (!options.connection.empty() && &connection != &context.connection(options.connection)) continue;
    const auto names = client_names(context.reader(), connection.name);
    for (const auto& [client, team] : context.reader().links(connection.name)) {
      const auto name = names.contains(client) ? names.at(client) : std::string();
      data.push_back(
          json::object{{"connection", connection.name}, {"client", client}, {"name", name}, {"team", team}});
      table.add({connection.name, client, name, team});
    }
  }
  return {.data = std::move(data), .text = table.text()};
}

Outcome add(Context& context, const LinksOptions& options) {
  const auto& connection = context.connection(options.connection).name;
  require_entity(*context.writer(), "client");
  const auto client = client_id(*context.writer(), connection, options.client);
  context.writer()->set_link(connection, client, options.team);
  return {
      .data = json::object{{"connection", connection}, {"client", client}, {"team", options.team}},
      .text =
          "Client " + client + " of " + connection + " is linked to team " + options.team +
          ". Its tickets are routed so when they next change, all of them with `psabridge sync --full`.\n"};
}

Outcome remove(Context& context, const LinksOptions& options) {
  const auto& connection = context.connection(options.connection).name;
  // A link may outlive its client: then only the source id that `links list` shows can name it.
  const auto names = client_names(*context.writer(), connection);
  const bool linked_id = context.writer()->remove_link(connection, options.client);
  const auto client =
      linked_id || names.empty() ? options.client : client_id(*context.writer(), connection, options.client);
  if (!linked_id && !context.writer()->remove_link(connection, client))
    throw Error("PB1602", "Client " + client + " of " + connection +
                              " is linked to no team: `psabridge links list` shows the links.");
  return {.data = json::object{{"connection", connection}, {"client", client}},
          .text = "Client " + client + " of " + connection + " is no longer linked to a team.\n"};
}

void add_connection_option(CLI::App& command, LinksOptions& options) {
  command.add_option("--connection", options.connection,
                     "Connection of the client; needed when there are several");
}

}  // namespace

void add_links_commands(CommandTree& tree) {
  auto& group = tree.add_group("links", "Ties of clients to managed teams: list, add, remove");
  const auto options = std::make_shared<LinksOptions>();
  add_connection_option(tree.add(group, {"list", "List links", "psabridge links list"},
                                 [options](Context& context) { return list(context, *options); }),
                        *options);
  auto& adding = tree.add(
      group, {"add", "Link a client to a team, or to another one", "psabridge links add \"Acme Ltd\" noc"},
      [options](Context& context) { return add(context, *options); });
  adding.add_option("CLIENT", options->client, "Name or source id of the client")->required();
  adding.add_option("TEAM", options->team, "Managed team")->required();
  add_connection_option(adding, *options);
  auto& removing =
      tree.add(group, {"remove", "Remove the link of a client", "psabridge links remove \"Acme Ltd\""},
               [options](Context& context) { return remove(context, *options); });
  removing.add_option("CLIENT", options->client, "Name or source id of the client")->required();
  add_connection_option(removing, *options);
}

}  // namespace psabridge::app
