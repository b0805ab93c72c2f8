#include "core/app/commands.h"
#include "core/app/run_text.h"
#include "core/app/terminal.h"
#include "core/base/time.h"
#include "core/connection/standing.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;
using psabridge::app::to_json;

/// A pipeline that nobody synced for so many of its intervals is stale.
constexpr int kStaleIntervals = 3;
/// Past runs looked through for the last good one.
constexpr std::uint32_t kRunsConsidered = 50;

/// How one pipeline stands.
struct Standing {
  std::string pipeline;
  std::string state;  ///< "never run", "running", "current", "stale", or how the last run ended
  std::optional<store::RunInfo> last, last_good;
  store::Counts counts;  ///< of the last run
  std::uint64_t dead = 0, held = 0;
  std::int64_t age_ms = 0;  ///< of what is stored: since the start of the last good run
  store::ConnectionState connection;
  std::string advice;
};

/// True when syncs do not run because of how the connection stands.
bool is_closed(const store::ConnectionState& connection) {
  return connection.state == "paused" || connection.state == "unauthorized" ||
         connection.state == "maintenance";
}

bool is_good(const store::RunInfo& run) { return run.state == "done" || run.state == "partial"; }

std::string state_of(const Standing& standing, const config::Pipeline& pipeline) {
  if (is_closed(standing.connection)) return "connection " + standing.connection.state;
  if (!standing.last) return "never run";
  if (!is_good(*standing.last)) return standing.last->state;
  if (standing.age_ms > pipeline.every.count() * kStaleIntervals) return "stale";
  return standing.last->state == "partial" ? "partial" : "current";
}

std::string advice_for(const Standing& standing) {
  if (is_closed(standing.connection))
    return "`psabridge connection show " + standing.connection.connection + "`";
  if (standing.held) return "records wait for deletion: `psabridge holds list`";
  if (!standing.last) return "`psabridge sync`";
  if (!standing.last->error_code.empty())
    return "`psabridge explain " + standing.last->error_code + "`, then `psabridge sync`";
  if (standing.dead) return "some records could not be used: `psabridge dead list`";
  if (standing.state == "partial")
    return "`psabridge runs show " + std::to_string(standing.last->id) + "` says what is missing";
  if (standing.state == "interrupted" || standing.state == "stopped")
    return "`psabridge sync` goes on where it stopped";
  if (standing.state == "stale") return "`psabridge sync`, and check that it is called regularly";
  return "nothing";
}

void read_runs(Standing& standing, store::Reader& reader, SysMilliseconds now) {
  // A run for events says nothing of what nobody announced.
  const store::RunQuery query{standing.pipeline, "events", kRunsConsidered};
  for (auto& run : reader.runs(query)) {
    if (!standing.last) standing.last = run;
    if (!standing.last_good && is_good(run)) standing.last_good = std::move(run);
  }
  if (standing.last) standing.counts = total(reader.run_entities(standing.last->id));
  const auto since = standing.last_good ? parse_time(standing.last_good->started_at) : std::nullopt;
  if (since) standing.age_ms = (now - *since).count();
}

Standing standing_of(const config::Pipeline& pipeline, store::ConnectionState connection,
                     store::Reader* reader, SysMilliseconds now) {
  Standing standing;
  standing.pipeline = pipeline.name;
  standing.connection = std::move(connection);
  if (reader) {
    read_runs(standing, *reader, now);
    standing.dead = reader->dead_count(pipeline.name);
    for (const auto& hold : reader->holds("waiting"))
      if (hold.pipeline == pipeline.name) standing.held += hold.candidates;
  }
  standing.state = state_of(standing, pipeline);
  standing.advice = advice_for(standing);
  return standing;
}

json::object to_json(const Standing& standing) {
  return {{"pipeline", standing.pipeline},
          {"state", standing.state},
          {"last_run", standing.last ? json::value(to_json(*standing.last)) : json::value()},
          {"counts", to_json(standing.counts)},
          {"stored_as_of", standing.last_good ? json::value(standing.last_good->started_at) : json::value()},
          {"age_ms", standing.last_good ? json::value(standing.age_ms) : json::value()},
          {"dead_letters", standing.dead},
          {"held_deletes", standing.held},
          {"connection", standing.connection.connection},
          {"connection_state", standing.connection.state},
          {"connection_since", standing.connection.since},
          {"connection_cause", standing.connection.cause},
          {"advice", standing.advice}};
}

std::string flow_text(const json::object& live) {
  std::string text = "\ndaemon: serving " + std::string(live.at("listening").as_string()) + " since " +
                     std::string(live.at("since").as_string()) + "\n";
  if (!live.at("trouble").as_string().empty())
    text += "not ready: " + std::string(live.at("trouble").as_string()) + "\n";
  for (const json::value& value : live.at("pipelines").as_array()) {
    const json::object& pipeline = value.as_object();
    text += std::string(pipeline.at("pipeline").as_string()) + ": ";
    if (!pipeline.at("running").as_bool()) {
      const json::value& next = pipeline.at("next_at");
      text += "next poll " + (next.is_string() ? std::string(next.as_string()) : "soon") + "\n";
      continue;
    }
    text += "polling";
    for (const json::value& entry : pipeline.at("progress").as_array()) {
      const json::object& entity = entry.as_object();
      text += "\n  " + std::string(entity.at("entity").as_string()) + ": " +
              std::string(entity.at("phase").as_string()) + ", " +
              grouped(entity.at("read").to_number<std::uint64_t>()) + " read";
      if (entity.at("expected").is_number())
        text += " of " + grouped(entity.at("expected").to_number<std::uint64_t>());
      if (entity.at("remaining_ms").is_number())
        text += ", " + rough_span(entity.at("remaining_ms").to_number<std::int64_t>()) + " left";
    }
    text += "\n";
  }
  return text + "\n";
}

std::string webhooks_text(const json::object& live) {
  const json::object& webhooks = live.at("webhooks").as_object();
  Table table({"connection", "deliveries", "accepted", "duplicates", "refused", "missed"});
  for (const json::value& value : webhooks.at("connections").as_array()) {
    const json::object& connection = value.as_object();
    std::string refused;
    for (const auto& [reason, count] : connection.at("refused").as_object())
      refused += (refused.empty() ? "" : ", ") + grouped(count.to_number<std::uint64_t>()) + " " +
                 std::string(reason);
    const auto count = [&](std::string_view key) {
      return grouped(connection.at(key).to_number<std::uint64_t>());
    };
    table.add({std::string(connection.at("connection").as_string()), count("received"), count("accepted"),
               count("duplicates"), refused.empty() ? "0" : refused, count("missed")});
  }
  if (table.empty()) return {};
  const std::string oldest(webhooks.at("oldest_open_at").as_string());
  return table.text() + grouped(webhooks.at("open").to_number<std::uint64_t>()) + " events are open" +
         (oldest.empty() ? "" : ", the oldest since " + oldest) + "\n";
}

Outcome status(Context& context, const std::vector<std::string>& names) {
  connection::Standing standings = context.standing();
  store::Reader* reader = context.has_store() ? &context.reader() : nullptr;
  json::array data;
  Table table({"pipeline", "state", "last run", "stored as of", "changes of the last run", "dead", "held",
               "what to do"});
  for (const auto* pipeline : context.pipelines(names)) {
    const auto standing = standing_of(*pipeline, standings.of(context.connection(pipeline->connection)),
                                      reader, context.clock().now());
    data.push_back(to_json(standing));
    table.add({standing.pipeline, standing.state, standing.last ? standing.last->started_at : "-",
               standing.last_good ? rough_span(standing.age_ms) + " ago" : "-",
               standing.last ? summary(standing.counts) : "-", grouped(standing.dead), grouped(standing.held),
               standing.advice});
  }
  Outcome outcome{.data = json::object{{"pipelines", std::move(data)}, {"daemon", nullptr}},
                  .text = table.text("The configuration has no pipeline.")};
  if (serve::Daemon* const daemon = context.daemon()) {
    json::object live = daemon->live();
    outcome.text += flow_text(live) + webhooks_text(live);
    outcome.data.as_object()["daemon"] = std::move(live);
  }
  return outcome;
}

}  // namespace

void add_status_command(CommandTree& tree) {
  const auto names = std::make_shared<std::vector<std::string>>();
  auto& command =
      tree.add(tree.root(), {"status", "Show how each pipeline stands and what to do", "psabridge status"},
               [names](Context& context) { return status(context, *names); });
  command.add_option("PIPELINE", *names, "Only these pipelines");
  tree.ask_daemon_first(command);
}

}  // namespace psabridge::app
