#include "core/app/commands.h"
#include "core/app/config_file.h"
#include "core/app/prompt.h"
#include "core/app/secret_users.h"
#include "core/config/edit.h"
#include "core/connection/token_keeper.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

struct RemoveOptions {
  std::string name;
  bool yes = false;
};

void refuse_used(const config::Config& config, const std::string& connection) {
  std::string users;
  for (const auto& pipeline : config.pipelines)
    if (pipeline.connection == connection) users += (users.empty() ? "" : ", ") + pipeline.name;
  if (!users.empty())
    throw Error("PB1606", "The connection " + connection + " is used by these pipelines: " + users +
                              ". Take them out of the configuration, or give them another connection.");
}

/// A name is not typed by accident, as a "y" is.
void confirm(const RemoveOptions& options) {
  if (options.yes) return;
  if (!can_ask())
    throw Error("PB1601", "To remove the connection " + options.name + " without being asked, give --yes.");
  if (ask("This forgets the connection, its secret and its sign-in. Type its name to go on") != options.name)
    throw Error("PB1601", "Another name was typed, so nothing was removed.");
}

FileChange cut_out(const config::Connection& connection) {
  return change_file(connection.at.file, [&](const std::optional<std::string>& present) {
    return config::without_entry(present.value_or(""), "connections", connection.name);
  });
}

/// What was forgotten beside the entry, for people.
std::vector<std::string> forget(Context& context, const std::string& name) {
  std::vector<std::string> forgotten;
  auto users = users_of(context.config(), "secret://" + name);
  std::erase(users, "connections." + name);
  if (users.empty() && context.vault().remove(name)) forgotten.push_back("its secret secret://" + name);
  if (context.vault().remove(connection::token_entry(name))) forgotten.push_back("its sign-in");
  context.control().forget_connection(name);
  std::error_code ignored;  // an empty file that nobody misses
  std::filesystem::remove(connection::renewal_lock(context.control().file(), name), ignored);
  forgotten.push_back("its state and history");
  return forgotten;
}

Outcome remove(Context& context, const RemoveOptions& options) {
  const auto& connection = context.connection(options.name);
  refuse_used(context.config(), connection.name);
  confirm(options);
  const FileChange change = cut_out(connection);
  const auto forgotten = forget(context, connection.name);
  std::string text = "Removed the connection " + connection.name + " from " + change.file.string() +
                     "; the text before is kept as " + change.backup->string() + ".\nForgotten: ";
  for (const auto& what : forgotten) text += what + (&what == &forgotten.back() ? ".\n" : ", ");
  return {.data = json::object{{"connection", connection.name},
                               {"file", change.file.string()},
                               {"backup", change.backup->string()},
                               {"forgotten", json::array(forgotten.begin(), forgotten.end())}},
          .text = text + "The records that came from it stay in the store.\n"};
}

}  // namespace

void add_connection_remove_command(CommandTree& tree, CLI::App& group) {
  const auto options = std::make_shared<RemoveOptions>();
  auto& command =
      tree.add(group,
               {"remove", "Take a connection out of the configuration, with its secret and sign-in",
                "psabridge connection remove acme"},
               [options](Context& context) { return remove(context, *options); });
  command.add_option("NAME", options->name, "Connection")->required();
  command.add_flag("--yes", options->yes, "Do not ask");
}

}  // namespace psabridge::app
