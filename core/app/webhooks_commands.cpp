#include <algorithm>
#include <memory>

#include "core/app/commands.h"
#include "core/app/signals.h"
#include "core/app/terminal.h"
#include "core/app/webhook_events.h"
#include "core/base/time.h"
#include "core/connection/live_connection.h"
#include "core/pipeline/assembly.h"
#include "core/webhook/own_webhook.h"
#include "core/webhook/receiver.h"
#include "core/webhook/rotation.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;
using connection::LiveConnection;
using plugin::Webhook;

struct WebhooksOptions {
  std::string name, overlap = "24h";
};

/// Everything that is known of a connection's webhook before the source is asked to change it.
struct Work {
  Context& context;
  const config::Connection& connection;
  std::unique_ptr<LiveConnection> live;
  WebhookEvents events;
  std::vector<Webhook> ours;  ///< as the source has them
};

Work opened(Context& context, const config::Connection& connection) {
  return {context,
          connection,
          std::make_unique<LiveConnection>(connection, context.registry(), context.installation()),
          {},
          {}};
}

std::vector<Webhook> ours_of(const Work& work) {
  std::vector<Webhook> ours;
  for (Webhook& webhook : work.live->connector().webhooks(stop_asked))
    if (webhook.name == webhook::own_name(work.connection)) ours.push_back(std::move(webhook));
  return ours;
}

/// Throws what is wrong with the configuration, and what the source says.
Work begin(Context& context, const WebhooksOptions& options) {
  const config::Connection& connection = context.connection(options.name);
  webhook::require_settings(context.config(), connection);
  if (auto problems = pipeline::check(context.config(), context.registry()); !problems.empty())
    throw config::ConfigError(std::move(problems));
  Work work = opened(context, connection);
  work.events = webhook_events(context.config(), connection, work.live->connector().profile());
  if (work.events.wanted.empty())
    throw Error("PB2106", "No pipeline of the connection " + connection.name +
                              " reads anything that its source announces. " + numbers_advice(work.events));
  work.ours = ours_of(work);
  return work;
}

json::object to_json(const Webhook& webhook, const Work& work) {
  json::array events;
  for (const Webhook::Subscription& event : webhook.events)
    events.push_back(json::object{{"kind", event.kind}, {"number", event.number}, {"title", event.title}});
  return {{"connection", work.connection.name},
          {"id", webhook.id},
          {"name", webhook.name},
          {"url", webhook::shown_address(webhook.url, work.context.config(), work.connection)},
          {"auth", webhook.auth},
          {"active", webhook.active},
          {"trouble", webhook.trouble},
          {"events", std::move(events)}};
}

std::string text_of(const std::vector<Webhook::Subscription>& events) {
  std::string text;
  for (const Webhook::Subscription& event : events)
    text += (text.empty() ? "" : ", ") + (event.kind.empty() ? event.title : event.kind) + " (" +
            event.number + ")";
  return text.empty() ? "none" : text;
}

Webhook put(Work& work, const std::string& id, const std::string& secret) {
  work.context.redactor().add(secret);
  // The first delivery may come before the daemon would have looked by itself.
  if (serve::Daemon* const daemon = work.context.daemon()) daemon->refresh_secrets();
  plugin::WantedWebhook wanted = webhook::wanted_webhook(work.context.config(), work.connection, secret);
  wanted.id = id;
  wanted.events = work.events.wanted;
  return work.live->connector().put_webhook(wanted, stop_asked);
}

/// Of several the one that delivers here; empty: there is none.
std::string id_to_keep(const Work& work, const std::string& secret) {
  const std::string url =
      webhook::delivery_url(work.context.config().serve.public_url, work.connection, secret);
  const auto here = std::ranges::find(work.ours, url, &Webhook::url);
  if (here != work.ours.end()) return here->id;
  return work.ours.empty() ? std::string() : work.ours.front().id;
}

Outcome told(const Work& work, const Webhook& webhook, const std::string& what) {
  json::object data = to_json(webhook, work);
  data["unnumbered"] = json::value_from(work.events.unnumbered);
  const std::string& name = work.connection.name;
  std::string text = what + "\n  id:      " + webhook.id + "\n  address: " +
                     webhook::shown_address(webhook.url, work.context.config(), work.connection) +
                     "\n  events:  " + text_of(webhook.events) + "\n";
  text += "The source has been given the secret too: nothing has to be copied by hand.\n";
  if (!webhook.trouble.empty()) text += "The source says of it: " + webhook.trouble + ".\n";
  if (const std::string advice = numbers_advice(work.events); !advice.empty()) text += advice + "\n";
  return {.data = std::move(data),
          .text = text + "Next, while `psabridge serve` runs: `psabridge webhooks test " + name + "`\n"};
}

std::string ensured_secret(Work& work) {
  return webhook::ensure_secret(work.connection, work.context.secrets(), work.context.vault());
}

Outcome create(Context& context, const WebhooksOptions& options) {
  Work work = begin(context, options);
  const std::string secret = ensured_secret(work);
  const Webhook webhook = put(work, id_to_keep(work, secret), secret);
  Outcome outcome =
      told(work, webhook, "The webhook \"" + webhook.name + "\" of " + work.connection.name + " is set up.");
  if (work.ours.size() > 1)
    outcome.text += "There are " + std::to_string(work.ours.size()) +
                    " webhooks of this name: `psabridge webhooks recreate " + work.connection.name +
                    "` leaves one.\n";
  return outcome;
}

json::array remove_ours(Work& work) {
  json::array removed;
  for (const Webhook& webhook : work.ours) {
    work.live->connector().remove_webhook(webhook.id, stop_asked);
    removed.emplace_back(webhook.id);
  }
  return removed;
}

Outcome recreate(Context& context, const WebhooksOptions& options) {
  Work work = begin(context, options);
  const std::string secret = ensured_secret(work);  // before anything is removed
  json::array removed = remove_ours(work);
  const Webhook webhook = put(work, {}, secret);
  Outcome outcome = told(work, webhook,
                         "The webhook \"" + webhook.name + "\" of " + work.connection.name +
                             " is made anew; removed: " + std::to_string(removed.size()) + ".");
  outcome.data.as_object()["removed"] = std::move(removed);
  return outcome;
}

/// Works without settings too: whoever has taken them out wants to tidy up.
Outcome remove(Context& context, const WebhooksOptions& options) {
  const config::Connection& connection = context.connection(options.name);
  Work work = opened(context, connection);
  work.ours = ours_of(work);
  json::array removed = remove_ours(work);
  const std::string text =
      removed.empty()
          ? "The source has no webhook \"" + webhook::own_name(connection) + "\": nothing was removed.\n"
          : "Removed " + std::to_string(removed.size()) + " webhook" + (removed.size() == 1 ? "" : "s") +
                " \"" + webhook::own_name(connection) + "\". Polls bring every change as before.\n";
  return {.data = json::object{{"connection", connection.name}, {"removed", std::move(removed)}},
          .text = text};
}

Milliseconds overlap_of(const WebhooksOptions& options) {
  if (const auto overlap = parse_span(options.overlap)) return *overlap;
  throw Error("PB1601", "--overlap: \"" + options.overlap + "\" is no span such as 24h, 30m or 0s.");
}

Outcome rotate(Context& context, const WebhooksOptions& options) {
  const Milliseconds overlap = overlap_of(options);
  Work work = begin(context, options);
  const std::string& name = work.connection.name;
  if (work.ours.empty())
    throw Error("PB2107", "The source has no webhook \"" + webhook::own_name(work.connection) +
                              "\" that could be given a new secret; nothing was changed.");
  const std::string before = ensured_secret(work);
  context.redactor().add(before);
  const std::string id = id_to_keep(work, before);
  const std::string until = format_time(context.clock().now() + overlap);
  const std::string secret =
      webhook::rotate_secret(work.connection, context.secrets(), context.vault(), context.clock(), overlap);
  try {
    put(work, id, secret);
  } catch (const Error& error) {
    throw Error(error.code(), "The secret of " + name +
                                  " was exchanged here, and the source could not be told: " +
                                  error.message() + " Deliveries with the old one are taken until " + until +
                                  ": mend it before then and run `psabridge webhooks create " + name +
                                  "`, which sends the new one.");
  }
  return {
      .data = json::object{{"connection", name}, {"id", id}, {"old_until", until}},
      .text = "The webhook of " + name +
              " has a new secret, here and at the source. Deliveries that are under way with the old one are "
              "taken until " +
              until + ".\n"};
}

Outcome list(Context& context, const WebhooksOptions& options) {
  const config::Connection& connection = context.connection(options.name);
  Work work = opened(context, connection);
  json::array data;
  Table table({"name", "address", "ours", "active", "events", "trouble", "id"});
  for (const Webhook& webhook : work.live->connector().webhooks(stop_asked)) {
    const bool ours = webhook.name == webhook::own_name(connection);
    json::object row = to_json(webhook, work);
    row["ours"] = ours;
    table.add({webhook.name, std::string(row.at("url").as_string()), ours ? "yes" : "no",
               webhook.active ? "yes" : "no", text_of(webhook.events),
               webhook.trouble.empty() ? "-" : webhook.trouble, webhook.id});
    data.push_back(std::move(row));
  }
  return {
      .data = std::move(data),
      .text = table.text("The source has no webhook: `psabridge webhooks create " + connection.name + "`.")};
}

/// Without the secret, even where the address holds it: what is printed ends in logs and chats.
Outcome url(Context& context, const WebhooksOptions& options) {
  const config::Connection& connection = context.connection(options.name);
  webhook::require_settings(context.config(), connection);
  std::string url = webhook::delivery_url(context.config().serve.public_url, connection, {});
  std::string talk;
  if (connection.webhook.auth == "url") {
    url += "[secret]";
    talk = "The last part is the secret and is not shown: `psabridge webhooks create " + connection.name +
           "` tells the source the whole address.\n";
  }
  return {.data = json::object{{"connection", connection.name}, {"url", url}},
          .text = url + "\n",
          .talk = std::move(talk)};
}

}  // namespace

void add_webhooks_commands(CommandTree& tree) {
  auto& group =
      tree.add_group("webhooks", "The webhook at the source that announces changes: set up, look at, try");
  const auto options = std::make_shared<WebhooksOptions>();
  const auto named = [&](const CommandWords& words,
                         Outcome (*act)(Context&, const WebhooksOptions&)) -> CLI::App& {
    auto& command =
        tree.add(group, words, [options, act](Context& context) { return act(context, *options); });
    command.add_option("NAME", options->name, "Connection; may be left out when there is only one");
    return command;
  };
  named({"list", "Show the webhooks of the source, ours and others", "psabridge webhooks list acme"}, list);
  // A daemon that runs has to know a secret before the source uses it.
  const auto by_daemon = [&](CLI::App& command) -> CLI::App& {
    tree.ask_daemon_first(command);
    return command;
  };
  by_daemon(named({"create", "Make our webhook, or bring it into form; the same again changes nothing",
                   "psabridge webhooks create acme"},
                  create));
  by_daemon(named({"recreate", "Remove our webhook and make it anew", "psabridge webhooks recreate acme"},
                  recreate));
  named({"remove", "Remove our webhook from the source", "psabridge webhooks remove acme"}, remove);
  add_webhooks_test_command(tree, group);
  add_webhooks_check_command(tree, group);
  by_daemon(named({"rotate", "Exchange the secret, here and at the source", "psabridge webhooks rotate acme"},
                  rotate))
      .add_option("--overlap", options->overlap, "How long deliveries with the old one are still taken")
      ->capture_default_str();
  named({"url", "Print the address at which deliveries are awaited", "psabridge webhooks url acme"}, url);
}

}  // namespace psabridge::app
