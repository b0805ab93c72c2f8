#include "core/app/commands.h"
#include "core/app/run_text.h"
#include "core/app/terminal.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

struct RunsOptions {
  std::string pipeline;
  std::uint32_t limit = 20;
  store::RunId id = 0;
  bool events = false;
};

Outcome list(Context& context, const RunsOptions& options) {
  if (!options.pipeline.empty()) context.pipelines({options.pipeline});
  json::array data;
  Table table({"run", "pipeline", "mode", "state", "started", "finished", "changes", "error"});
  const store::RunQuery query{options.pipeline, options.events ? "" : "events", options.limit};
  for (const auto& run : context.reader().runs(query)) {
    const auto counts = total(context.reader().run_entities(run.id));
    auto object = to_json(run);
    object["counts"] = to_json(counts);
    data.push_back(std::move(object));
    table.add({std::to_string(run.id), run.pipeline, run.mode, run.state, run.started_at, run.finished_at,
               summary(counts), run.error_code});
  }
  return {.data = std::move(data), .text = table.text("No run yet: `psabridge sync` makes the first.")};
}

Outcome show(Context& context, const RunsOptions& options) {
  const auto run = context.reader().run(options.id);
  if (!run)
    throw Error("PB1602", "There is no run " + std::to_string(options.id) +
                              ": `psabridge runs list` shows those that there are.");
  const auto entities = context.reader().run_entities(run->id);
  json::array rows;
  std::string errors;
  for (const auto& entity : entities) {
    rows.push_back(to_json(entity));
    if (!entity.error.empty())
      errors += entity.entity + ": " + entity.error_code + ": " + entity.error + "\n";
  }
  auto data = to_json(*run);
  data["entities"] = std::move(rows);
  std::string text = "run " + std::to_string(run->id) + " of pipeline " + run->pipeline + " (" + run->mode +
                     "): " + run->state + "\nstarted " + run->started_at +
                     (run->finished_at.empty() ? "" : ", finished " + run->finished_at) + "\n";
  if (!run->error.empty()) text += run->error_code + ": " + run->error + "\n";
  return {.data = std::move(data),
          .text = text + "\n" + entity_table(entities) + (errors.empty() ? "" : "\n" + errors)};
}

}  // namespace

void add_runs_commands(CommandTree& tree) {
  auto& group = tree.add_group("runs", "Past syncs: list, show");
  const auto options = std::make_shared<RunsOptions>();
  auto& listing =
      tree.add(group, {"list", "List runs, newest first", "psabridge runs list --pipeline acme --limit 5"},
               [options](Context& context) { return list(context, *options); });
  listing.add_option("--pipeline", options->pipeline, "Only runs of this pipeline");
  listing.add_flag("--events", options->events, "Those too in which the daemon applied events");
  listing.add_option("--limit", options->limit, "At most so many")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  auto& showing = tree.add(group, {"show", "Show one run with its entities", "psabridge runs show 17"},
                           [options](Context& context) { return show(context, *options); });
  showing.add_option("RUN", options->id, "Number of the run")->required();
}

}  // namespace psabridge::app
