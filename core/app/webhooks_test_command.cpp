#include "core/app/commands.h"
#include "core/app/local_door.h"
#include "core/app/signals.h"
#include "core/base/time.h"
#include "core/connection/live_connection.h"
#include "core/webhook/own_webhook.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;
using connection::LiveConnection;

struct TestOptions {
  std::string name, timeout = "60s";
};

constexpr Milliseconds kLook{200};        // between looks into the journal
constexpr std::uint32_t kLinesOfLog = 3;  // of the source's, in the error

Milliseconds timeout_of(const TestOptions& options) {
  if (const auto timeout = parse_span(options.timeout)) return *timeout;
  throw Error("PB1601", "--timeout: \"" + options.timeout + "\" is no span such as 60s or 5m.");
}

void require_daemon(Context& context) {
  if (ask_daemon(door_of(context.config().store), {{"version", "--json"}, {}})) return;
  throw Error("PB2205",
              "A delivery can only be tried while the daemon runs that takes it, and none holds the store " +
                  context.config().store + ".");
}

std::string id_of_ours(LiveConnection& live, const config::Connection& connection) {
  for (const plugin::Webhook& webhook : live.connector().webhooks(stop_asked))
    if (webhook.name == webhook::own_name(connection)) return webhook.id;
  throw Error("PB2107",
              "The source has no webhook \"" + webhook::own_name(connection) + "\" that could be tried.");
}

store::EventId newest_event(Context& context) {
  const auto newest = context.journal_reader().list({.limit = 1});
  return newest.empty() ? 0 : newest.front().id;
}

/// What the source itself says of its last deliveries.
std::string log_of(LiveConnection& live, const std::string& id) {
  std::string text;
  try {
    for (const plugin::WebhookDelivery& line : live.connector().webhook_log(id, kLinesOfLog, stop_asked))
      text += "\n  " + line.at + " " + (line.event.empty() ? "delivery" : line.event) + ": " +
              (line.error.empty() ? "HTTP " + std::to_string(line.status) : line.error);
  } catch (const Error& error) {
    if (error.error_class() == ErrorClass::cancelled) throw;
    return " Its log of deliveries cannot be read: " + error.message();
  }
  return text.empty() ? " Its log of deliveries is empty." : " The newest of its log of deliveries:" + text;
}

/// The first event of the connection behind `before`; nothing when none came in time.
std::optional<store::Event> await_event(Context& context, const std::string& connection,
                                        store::EventId before, Milliseconds until) {
  for (;;) {
    auto events = context.journal_reader().list({.connection = connection, .after = before, .limit = 1});
    if (!events.empty()) return std::move(events.front());
    if (stop_asked()) throw Error("PB1410", "Stopped on request.");
    if (context.clock().monotonic() >= until) return std::nullopt;
    context.clock().sleep(kLook, stop_asked);
  }
}

Outcome test(Context& context, const TestOptions& options) {
  const Milliseconds timeout = timeout_of(options);
  const config::Connection& connection = context.connection(options.name);
  webhook::require_settings(context.config(), connection);
  require_daemon(context);
  LiveConnection live(connection, context.registry(), context.installation());
  const std::string id = id_of_ours(live, connection);
  const store::EventId before = newest_event(context);
  const Milliseconds began = context.clock().monotonic();
  live.connector().test_webhook(id, stop_asked);
  const auto event = await_event(context, connection.name, before, began + timeout);
  if (!event)
    throw Error("PB2110", "The source was asked for a delivery to " + connection.name +
                              ", and none arrived within " + options.timeout + "." + log_of(live, id));
  const Milliseconds took = context.clock().monotonic() - began;
  return {
      .data = json::object{{"connection", connection.name}, {"event", event->id}, {"took_ms", took.count()}},
      .text = "A delivery of " + connection.name + " arrived after " + std::to_string(took.count()) +
              " ms, proved where it comes from, and is kept as event " + std::to_string(event->id) + ".\n"};
}

}  // namespace

void add_webhooks_test_command(CommandTree& tree, CLI::App& group) {
  const auto options = std::make_shared<TestOptions>();
  auto& command = tree.add(
      group,
      {"test", "Have the source send a delivery, and wait until it is here; needs the running daemon",
       "psabridge webhooks test acme"},
      [options](Context& context) { return test(context, *options); });
  command.add_option("NAME", options->name, "Connection; may be left out when there is only one");
  command.add_option("--timeout", options->timeout, "How long to wait for it")->capture_default_str();
}

}  // namespace psabridge::app
