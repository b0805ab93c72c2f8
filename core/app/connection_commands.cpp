#include "core/app/commands.h"
#include "core/app/findings_text.h"
#include "core/app/signals.h"
#include "core/app/terminal.h"
#include "core/base/time.h"
#include "core/connection/standing.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

struct ConnectionOptions {
  std::string name, reason;
};

constexpr std::uint32_t kHistoryShown = 10;

std::string since_text(const store::ConnectionState& state, SysMilliseconds now) {
  const auto since = parse_time(state.since);
  return since ? rough_span((now - *since).count()) : "-";
}

std::string address_of(const config::Connection& connection) {
  const json::value* url = connection.settings.values.if_contains("url");
  return url && url->is_string() ? std::string(url->get_string()) : std::string();
}

json::object to_json(const store::ConnectionState& state) {
  return {{"connection", state.connection}, {"state", state.state},
          {"since", state.since},           {"code", state.code},
          {"cause", state.cause},           {"checked_at", state.checked_at}};
}

/// What an admin does about a state.
std::string advice_for(const store::ConnectionState& state) {
  if (state.state == "new") return "`psabridge connection test " + state.connection + "`";
  if (state.state == "paused") return "`psabridge connection resume " + state.connection + "`";
  if (state.state == "unauthorized")
    return "`psabridge connection test " + state.connection + "`, mend, then `connection auth`";
  if (state.state == "connected" || state.state == "maintenance" || state.state == "rate_limited")
    return "nothing";
  return "`psabridge doctor --connection " + state.connection + "`";
}

Outcome list(Context& context) {
  connection::Standing standing = context.standing();
  json::array data;
  Table table({"connection", "connector", "address", "state", "for", "cause", "what to do"});
  for (const auto& connection : context.config().connections) {
    const auto state = standing.of(connection);
    json::object row = to_json(state);
    row["connector"] = connection.connector;
    row["url"] = address_of(connection);
    data.push_back(std::move(row));
    table.add({connection.name, connection.connector, address_of(connection), state.state,
               since_text(state, context.clock().now()), state.cause.empty() ? "-" : state.cause,
               advice_for(state)});
  }
  return {.data = std::move(data),
          .text = table.text("The configuration has no connection: `psabridge connection add`.")};
}

Outcome show(Context& context, const ConnectionOptions& options) {
  const auto& connection = context.connection(options.name);
  connection::Standing standing = context.standing();
  const auto state = standing.of(connection);
  json::object data = to_json(state);
  json::array history, pipelines;
  std::string text = "connection " + connection.name + " (" + connection.connector + ", " +
                     address_of(connection) + ")\nstate " + state.state +
                     (state.since.empty() ? "" : " since " + state.since) + "\n" +
                     (state.cause.empty() ? "" : "cause " + state.code + ": " + state.cause + "\n") +
                     "what to do: " + advice_for(state) + "\n\n";
  for (const auto& pipeline : context.config().pipelines)
    if (pipeline.connection == connection.name) pipelines.emplace_back(pipeline.name);
  Table table({"since", "state", "code", "cause"});
  for (const auto& past : context.control().history(connection.name, kHistoryShown)) {
    history.push_back(to_json(past));
    table.add({past.since, past.state, past.code, past.cause});
  }
  data["connector"] = connection.connector;
  data["url"] = address_of(connection);
  data["pipelines"] = std::move(pipelines);
  data["history"] = std::move(history);
  return {.data = std::move(data), .text = text + table.text("Nothing has been noted yet.")};
}

Outcome pause(Context& context, const ConnectionOptions& options) {
  const auto& connection = context.connection(options.name);
  context.standing().pause(connection, options.reason);
  return {
      .data = json::object{{"connection", connection.name}, {"state", "paused"}, {"cause", options.reason}},
      .text = "The connection " + connection.name +
              " is paused: nothing is asked of its source. A sync that is running stops within seconds and "
              "keeps what it has; `psabridge connection resume " +
              connection.name + "` lets the syncs go on where they stopped.\n"};
}

Outcome resume(Context& context, const ConnectionOptions& options) {
  const auto& connection = context.connection(options.name);
  context.standing().resume(connection);
  return {.data = json::object{{"connection", connection.name}, {"state", "new"}},
          .text = "The connection " + connection.name +
                  " is in use again; the next sync goes on where the last one stopped.\n"};
}

/// What the checks say becomes the connection's state, so that a mended connection is in use again.
void note(Context& context, const config::Connection& connection,
          const std::vector<doctor::Finding>& findings) {
  connection::Standing standing = context.standing();
  for (const doctor::Finding& finding : findings) {
    if (finding.health != doctor::Health::fail) continue;
    if (const auto observed = connection::observe(finding.code, finding.fact))
      standing.note(connection, *observed);
    return;
  }
  standing.note(connection, {});
}

Outcome test(Context& context, const ConnectionOptions& options) {
  return test_connection(context, context.connection(options.name));
}

}  // namespace

Outcome test_connection(Context& context, const config::Connection& connection) {
  const doctor::Subjects subjects{context.config(), context.options().config, context.registry(),
                                  context.installation()};
  const auto findings = doctor::examine_connection(subjects, connection, {}, stop_asked);
  note(context, connection, findings);
  return {.data = json::object{{"connection", connection.name},
                               {"findings", to_json(findings)},
                               {"summary", summary(findings)}},
          .text = to_text(findings, colours_on(Stream::out)),
          .status = status_of(findings)};
}

void add_connection_commands(CommandTree& tree) {
  auto& group = tree.add_group("connection", "Connections to sources: set up, sign in, test, pause, remove");
  const auto options = std::make_shared<ConnectionOptions>();
  const auto named = [&](const CommandWords& words,
                         Outcome (*act)(Context&, const ConnectionOptions&)) -> CLI::App& {
    auto& command =
        tree.add(group, words, [options, act](Context& context) { return act(context, *options); });
    command.add_option("NAME", options->name, "Connection; may be left out when there is only one");
    return command;
  };
  add_connection_add_command(tree, group);
  add_sign_in_commands(tree, group);
  named({"test", "Try everything that the connection needs, and note how it stands",
         "psabridge connection test acme"},
        test);
  tree.add(group, {"list", "Show how every connection stands and what to do", "psabridge connection list"},
           list);
  named({"show", "Show one connection with its history", "psabridge connection show acme"}, show);
  named({"pause", "Ask nothing of the source until `resume`",
         "psabridge connection pause acme --reason \"Halo is moved\""},
        pause)
      .add_option("--reason", options->reason, "Why; others will read it");
  named({"resume", "Let the syncs go on", "psabridge connection resume acme"}, resume);
  add_connection_remove_command(tree, group);
}

}  // namespace psabridge::app
