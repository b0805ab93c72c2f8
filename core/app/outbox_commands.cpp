#include <algorithm>

#include "core/app/commands.h"
#include "core/app/signals.h"
#include "core/app/terminal.h"
#include "core/base/text.h"
#include "core/writeback/sender.h"
#include "core/writeback/wish.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;
using store::OutboxChange;
using store::OutboxState;

struct OutboxOptions {
  std::int64_t id = 0;
  std::string connection, ticket, field;
  std::vector<std::string> states;
  std::uint32_t limit = 50;
  bool dry_run = false, ours = false, source = false;
};
using Options = std::shared_ptr<OutboxOptions>;

// ----------------------------------------------------------------------------------------------------
// looking

json::value or_null(const std::string& text) { return text.empty() ? json::value() : json::value(text); }

json::object to_json(const OutboxChange& change) {
  return {{"id", change.id},
          {"connection", change.connection},
          {"entity", change.entity},
          {"source_id", change.source_id},
          {"field", change.field},
          {"wanted", change.wanted},
          {"expected", change.expected ? json::value(*change.expected) : json::value()},
          {"shown", change.shown},
          {"origin", change.origin},
          {"by", change.by},
          {"state", store::name_of(change.state)},
          {"tries", change.tries},
          {"code", change.code},
          {"reason", change.reason},
          {"made_id", or_null(change.made_id)},
          {"created_at", change.created_at},
          {"due_at", change.due_at},
          {"tried_at", or_null(change.tried_at)},
          {"done_at", or_null(change.done_at)}};
}

std::string decided_by(const OutboxChange& change) {
  return change.by.empty() ? change.origin : change.origin + " " + change.by;
}

OutboxChange find_change(const store::Reader& reader, std::int64_t id) {
  if (auto change = reader.outbox().change(id)) return *std::move(change);
  throw Error("PB1602", "There is no change " + std::to_string(id) +
                            ": `psabridge outbox list` shows those that there are.");
}

store::OutboxQuery query_of(const OutboxOptions& options) {
  store::OutboxQuery query{.connection = options.connection,
                           .entity = options.ticket.empty() ? "" : "ticket",
                           .source_id = options.ticket,
                           .field = options.field,
                           .states = {},
                           .limit = options.limit};
  for (const std::string& name : options.states) query.states.push_back(*store::outbox_state_named(name));
  return query;
}

/// That nothing is written is the first thing to know of an empty or a growing outbox.
std::string off_text(Context& context) {
  std::string text;
  for (const config::Connection& connection : context.config().connections) {
    const bool written =
        std::ranges::any_of(context.config().pipelines, [&](const config::Pipeline& pipeline) {
          return pipeline.connection == connection.name && !pipeline.write_back.fields.empty();
        });
    if (!written)
      text += "Write-back to " + connection.name + " is off: no pipeline of it has `write_back`.\n";
  }
  return text;
}

Outcome list(Context& context, const OutboxOptions& options) {
  json::array data;
  Table table({"change", "record", "field", "wanted", "by", "state", "tries", "why", "since"});
  const auto changes = context.reader().outbox().list(query_of(options));
  for (const OutboxChange& change : changes) {
    data.push_back(to_json(change));
    table.add({std::to_string(change.id), change.entity + " " + change.source_id, change.field, change.wanted,
               decided_by(change), std::string(store::name_of(change.state)), grouped(change.tries),
               change.reason, change.created_at});
  }
  return {.data = std::move(data),
          .text = table.text() + off_text(context) +
                  (changes.size() == options.limit ? "There may be more: a larger --limit.\n" : "")};
}

Outcome show(Context& context, const OutboxOptions& options) {
  const OutboxChange change = find_change(context.reader(), options.id);
  const auto line = [](const std::string& name, const std::string& value) {
    return value.empty() ? std::string()
                         : name + std::string(name.size() < 12 ? 12 - name.size() : 1, ' ') + value + "\n";
  };
  std::string text = "change " + std::to_string(change.id) + ": " + change.field + " of " + change.entity +
                     " " + change.source_id + " of " + change.connection + ", " +
                     std::string(store::name_of(change.state)) + "\n";
  text += line("wanted", change.wanted) + line("in place of", change.expected.value_or("whatever is there")) +
          line("shown", change.shown) + line("decided by", decided_by(change)) +
          line("why",
               change.reason.empty() ? "" : (change.code.empty() ? "" : change.code + ": ") + change.reason) +
          line("made", change.made_id) + line("decided at", change.created_at) +
          line("first sent", change.tried_at) + line("tries", std::to_string(change.tries)) +
          line("next try", change.state == OutboxState::waiting ? change.due_at : "") +
          line("ended", change.done_at);
  return {.data = to_json(change), .text = std::move(text)};
}

// ----------------------------------------------------------------------------------------------------
// sending

/// Those that write, of the connection that was named or of all. Throws Error PB2301 when there is none.
std::vector<const config::Pipeline*> writing_pipelines(Context& context, const std::string& connection) {
  const std::string wanted = connection.empty() ? connection : context.connection(connection).name;
  std::vector<const config::Pipeline*> pipelines;
  for (const config::Pipeline& pipeline : context.config().pipelines)
    if (!pipeline.write_back.fields.empty() && (wanted.empty() || pipeline.connection == wanted))
      pipelines.push_back(&pipeline);
  if (pipelines.empty())
    throw Error("PB2301", "No pipeline" + (wanted.empty() ? "" : " of " + wanted) +
                              " has `write_back`: nothing is ever written.");
  return pipelines;
}

writeback::Sender sender_of(Context& context, const config::Pipeline& pipeline) {
  const pipeline::Premises& premises = context.premises();
  const config::Connection& connection = *premises.config.find_connection(pipeline.connection);
  return {pipeline,          connection,
          premises.registry, premises.installation,
          premises.store,    premises.limiter(connection)};
}

json::value failure_json(const std::optional<Error>& failure) {
  if (!failure) return nullptr;
  return json::object{{"code", failure->code()}, {"message", failure->message()}};
}

std::string change_text(const OutboxChange& change) {
  return "change " + std::to_string(change.id) + " (" + change.field + " of " + change.entity + " " +
         change.source_id + ")";
}

Outcome preview(Context& context, const OutboxOptions& options) {
  json::array data;
  std::string text = "Dry run: nothing is written.\n";
  std::string talk;
  for (const config::Pipeline* pipeline : writing_pipelines(context, options.connection)) {
    writeback::Sender sender = sender_of(context, *pipeline);
    const writeback::Preview seen = sender.preview(stop_asked);
    json::array calls, conflicts, there;
    for (const writeback::DryCall& call : seen.calls) {
      calls.push_back(json::object{{"method", call.method}, {"url", call.url}, {"body", call.body}});
      text += call.method + " " + call.url + "\n" + call.body + "\n";
    }
    for (const auto& conflict : seen.conflicts) {
      conflicts.push_back(json::object{{"change", conflict.change.id}, {"shown", conflict.shown}});
      text += change_text(conflict.change) + " would be a conflict: the source shows \"" + conflict.shown +
              "\".\n";
    }
    for (const OutboxChange& change : seen.there) {
      there.push_back(change.id);
      text += change_text(change) + ": the source shows it already.\n";
    }
    if (seen.calls.empty() && seen.conflicts.empty() && seen.there.empty() && !seen.failure)
      text += "Nothing is due for " + pipeline->connection + ".\n";
    if (seen.failure) talk += pipeline->connection + ": " + seen.failure->message() + "\n";
    data.push_back(json::object{{"connection", pipeline->connection},
                                {"calls", std::move(calls)},
                                {"conflicts", std::move(conflicts)},
                                {"there", std::move(there)},
                                {"failure", failure_json(seen.failure)}});
  }
  return {.data = std::move(data), .text = std::move(text), .talk = std::move(talk)};
}

Outcome send(Context& context, const OutboxOptions& options) {
  json::array data;
  std::string text, talk;
  int status = 0;
  for (const config::Pipeline* pipeline : writing_pipelines(context, options.connection)) {
    writeback::Sender sender = sender_of(context, *pipeline);
    const writeback::SendReport report = sender.send(stop_asked);
    data.push_back(json::object{{"connection", pipeline->connection},
                                {"confirmed", report.confirmed},
                                {"conflicts", report.conflicts},
                                {"failed", report.failed},
                                {"dropped", report.dropped},
                                {"put_off", report.put_off},
                                {"failure", failure_json(report.failure)}});
    text += pipeline->connection + ": " + grouped(report.confirmed) + " confirmed, " +
            grouped(report.conflicts) + " conflicts, " + grouped(report.failed) + " refused, " +
            grouped(report.dropped) + " given up, " + grouped(report.put_off) + " put off.\n";
    if (!report.failure) continue;
    talk += std::string(report.failure->code()) + ": " + report.failure->message() + "\n";
    if (status == 0) status = exit_status(report.failure->error_class());
  }
  return {.data = std::move(data), .text = std::move(text), .status = status, .talk = std::move(talk)};
}

// ----------------------------------------------------------------------------------------------------
// deciding

/// Brings one change into another state. Throws Error PB1601 when it is in none of `from`.
Outcome decide(Context& context, std::int64_t id, std::initializer_list<OutboxState> from,
               const std::string& done,
               const std::function<void(OutboxChange&, const std::string& now)>& move) {
  const auto writer = context.writer();
  OutboxChange change = find_change(*writer, id);
  if (std::ranges::find(from, change.state) == from.end())
    throw Error("PB1601", "Change " + std::to_string(id) + " is " +
                              std::string(store::name_of(change.state)) + ": that cannot be done with it.");
  move(change, format_time(context.clock().now()));
  writer->in_one([&] { writer->outbox().update(change); });
  return {.data = to_json(change), .text = "Change " + std::to_string(id) + " " + done + ".\n"};
}

void send_again(OutboxChange& change, const std::string& now) {
  change.state = OutboxState::waiting;
  change.due_at = now;
  change.tries = 0;
  change.code.clear(), change.reason.clear(), change.done_at.clear();
}

Outcome retry(Context& context, const OutboxOptions& options) {
  return decide(context, options.id, {OutboxState::waiting, OutboxState::failed, OutboxState::dropped},
                "is tried again now", send_again);
}

Outcome drop(Context& context, const OutboxOptions& options) {
  const std::string& by = context.caller();
  return decide(context, options.id,
                {OutboxState::waiting, OutboxState::sent, OutboxState::conflict, OutboxState::failed},
                "is given up: the source stays as it is", [&](OutboxChange& change, const std::string& now) {
                  change.state = OutboxState::dropped;
                  change.reason = "Given up by " + by + ".";
                  change.done_at = now;
                });
}

Outcome resolve(Context& context, const OutboxOptions& options) {
  if (options.ours == options.source)
    throw Error("PB1601", "Say who wins: --ours writes our value, --source keeps that of the source.");
  const std::string& by = context.caller();
  if (options.ours)
    return decide(context, options.id, {OutboxState::conflict}, "is written over what the source shows",
                  [](OutboxChange& change, const std::string& now) {
                    send_again(change, now);
                    change.expected.reset();
                  });
  return decide(context, options.id, {OutboxState::conflict}, "is given up: the source's value stays",
                [&](OutboxChange& change, const std::string& now) {
                  change.state = OutboxState::dropped;
                  change.reason += " " + by + " kept the source's value.";
                  change.done_at = now;
                });
}

// ----------------------------------------------------------------------------------------------------
// the commands

void add_id(CLI::App& command, const Options& options) {
  command.add_option("ID", options->id, "Number of the change")->required();
}

}  // namespace

void add_outbox_commands(CommandTree& tree) {
  auto& group =
      tree.add_group("outbox", "What goes back to the sources: list, show, send, retry, drop, resolve");
  const auto options = std::make_shared<OutboxOptions>();
  auto& listing = tree.add(
      group, {"list", "List changes for the sources, newest first", "psabridge outbox list --state conflict"},
      [options](Context& context) { return list(context, *options); });
  listing.add_option("--connection", options->connection, "Only those of this connection");
  listing.add_option("--ticket", options->ticket, "Only those of this ticket");
  listing.add_option("--field", options->field, "Only those of this field");
  listing.add_option("--state", options->states, "Only those in this state")
      ->check(CLI::IsMember({"waiting", "sent", "confirmed", "conflict", "failed", "dropped", "superseded"}));
  listing.add_option("--limit", options->limit, "At most so many")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  add_id(tree.add(
             group,
             {"show", "Show one change: who decided it, how far it is, and why", "psabridge outbox show 12"},
             [options](Context& context) { return show(context, *options); }),
         options);
  auto& sending =
      tree.add(group, {"send", "Send what is due, without a daemon", "psabridge outbox send --dry-run"},
               [options](Context& context) {
                 return options->dry_run ? preview(context, *options) : send(context, *options);
               });
  sending.add_option("--connection", options->connection, "Only to this connection");
  sending.add_flag("--dry-run", options->dry_run,
                   "Only show each request that would be made, and write nothing");
  add_id(tree.add(group, {"retry", "Try a change again now", "psabridge outbox retry 12"},
                  [options](Context& context) { return retry(context, *options); }),
         options);
  add_id(tree.add(group, {"drop", "Give a change up", "psabridge outbox drop 12"},
                  [options](Context& context) { return drop(context, *options); }),
         options);
  auto& resolving = tree.add(group, {"resolve", "Decide a conflict", "psabridge outbox resolve 12 --ours"},
                             [options](Context& context) { return resolve(context, *options); });
  add_id(resolving, options);
  resolving.add_flag("--ours", options->ours, "Write our value over that of the source");
  resolving.add_flag("--source", options->source, "Keep the source's value");
}

}  // namespace psabridge::app
