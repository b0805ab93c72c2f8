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
  for (auto& run : reader.runs(standing.pipeline, kRunsConsidered)) {
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
  return {.data = json::object{{"pipelines", std::move(data)}},
          .text = table.text("The configuration has no pipeline.")};
}

}  // namespace

void add_status_command(CommandTree& tree) {
  const auto names = std::make_shared<std::vector<std::string>>();
  auto& command =
      tree.add(tree.root(), {"status", "Show how each pipeline stands and what to do", "psabridge status"},
               [names](Context& context) { return status(context, *names); });
  command.add_option("PIPELINE", *names, "Only these pipelines");
}

}  // namespace psabridge::app
