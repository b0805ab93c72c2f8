#include <algorithm>

#include "core/app/commands.h"
#include "core/app/progress.h"
#include "core/app/route_text.h"
#include "core/app/run_text.h"
#include "core/app/signals.h"
#include "core/app/terminal.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;
using pipeline::EntityEffect;
using pipeline::RunReport;
using psabridge::app::to_json;

constexpr std::size_t kSampleMoves = 5;

struct SyncOptions {
  std::vector<std::string> pipelines;
  pipeline::RunOptions run;
};

json::object to_json(const EntityEffect& effect) {
  json::object counts;
  for (const auto& [action, count] : effect.counts) counts[store::name_of(action)] = count;
  json::array samples;
  for (const auto& sample : effect.samples)
    samples.push_back(
        json::object{{"action", store::name_of(sample.action)}, {"source_id", sample.source_id}});
  return {{"counts", std::move(counts)}, {"samples", std::move(samples)}};
}

json::object to_json(const RunReport& report) {
  json::object data = to_json(report.run);
  json::array entities;
  for (const auto& entity : report.entities) entities.push_back(to_json(entity));
  json::object effects, routed, duplicates;
  for (const auto& [entity, effect] : report.effects) effects[entity] = to_json(effect);
  for (const auto& [team, tickets] : report.routed) routed[team] = tickets;
  data["entities"] = std::move(entities);
  data["effects"] = std::move(effects);
  for (const auto& [entity, found] : report.duplicates)
    duplicates[entity] =
        json::object{{"records", found.records}, {"joined", found.joined}, {"reviews", found.reviews}};
  data["routed"] = std::move(routed);
  data["duplicates"] = std::move(duplicates);
  data["requests"] = report.requests;
  data["plan"] = report.plan_hash;
  return data;
}

std::string routing_text(const RunReport& report) {
  if (report.routed.empty()) return {};
  Table table({"team", "tickets read"});
  for (const auto& [team, tickets] : report.routed)
    table.add({team.empty() ? "(no team: no rule decided)" : team, grouped(tickets)});
  return "\n" + table.text();
}

std::string duplicates_text(const RunReport& report) {
  std::string text;
  for (const auto& [entity, found] : report.duplicates)
    if (found.joined + found.reviews > 0)
      text += entity + ": " + grouped(found.joined) + " of " + grouped(found.records) +
              " new or changed records are duplicates, " + grouped(found.reviews) +
              " pairs are to be reviewed (psabridge dedup review " + entity + ")\n";
  return text.empty() ? text : "\n" + text;
}

std::string sync_text(const RunReport& report) {
  return "pipeline " + report.run.pipeline + ", run " + std::to_string(report.run.id) + " (" +
         report.run.mode + "): " + report.run.state + ", " + summary(total(report.entities)) + ", " +
         grouped(report.requests) + " requests\n\n" + entity_table(report.entities) + routing_text(report) +
         duplicates_text(report);
}

std::string sample_text(const EntityEffect& effect, store::Action action) {
  std::string text;
  for (const auto& sample : effect.samples)
    if (sample.action == action) text += (text.empty() ? "" : ", ") + sample.source_id;
  return effect.counts.at(action) >
                 std::uint64_t(std::ranges::count(effect.samples, action, &pipeline::EffectSample::action))
             ? text + ", ..."
             : text;
}

/// A plan can be applied when nothing but dead letters and held deletes stood in its way.
bool is_whole(const RunReport& report) {
  return report.run.error_code.empty() &&
         std::ranges::none_of(report.entities, [](const store::RunEntity& entity) {
           return entity.state == "failed" || entity.state == "degraded";
         });
}

std::string plan_text(const RunReport& report) {
  Table table({"entity", "action", "records", "such as"});
  for (const auto& [entity, effect] : report.effects)
    for (const auto& [action, count] : effect.counts)
      table.add({entity, std::string(store::name_of(action)), grouped(count), sample_text(effect, action)});
  const bool whole = is_whole(report);
  std::string text =
      "pipeline " + report.run.pipeline + ": what a sync would do now. Nothing was changed.\n\n" +
      table.text(whole ? "Nothing: the store is up to date." : "Nothing that could be found out.") +
      routing_text(report) + duplicates_text(report);
  if (const store::Counts counts = total(report.entities); counts.dead)
    text += "\n" + grouped(counts.dead) + " records would become dead letters.\n";
  if (!whole) return text + "\nThis plan is not whole: see the errors.\n";
  return text + "\nTo do exactly this (with the same options): psabridge sync " + report.run.pipeline +
         " --plan " + report.plan_hash + "\n";
}

/// A run that a signal stopped exits as the signal says.
int exit_status(const RunReport& report) {
  const bool by_signal = report.run.error_code == "PB1410" && stop_asked();
  return by_signal ? 128 + stop_signal() : report.exit_status();
}

/// Runs the pipelines one after the other; the first that does not end well decides the exit status.
template <class Text>
Outcome run_all(Context& context, const SyncOptions& options, Text text_of) {
  Outcome outcome;
  json::array runs;
  const auto resting = context.alone();
  for (const config::Pipeline* pipeline : context.pipelines(options.pipelines)) {
    const auto progress = make_progress(context.clock(), context.options().quiet || context.options().json);
    pipeline::LivePipeline live(context.premises(), *pipeline);
    const RunReport report = live.sync(options.run, *progress, stop_asked);
    runs.push_back(to_json(report));
    outcome.text += (outcome.text.empty() ? "" : "\n") + text_of(report);
    outcome.talk += to_text(failure_of(report), colours_on(Stream::err));
    if (outcome.status == 0) outcome.status = exit_status(report);
    if (report.run.state == "stopped") break;
  }
  outcome.data = json::object{{"runs", std::move(runs)}};
  return outcome;
}

Outcome sync(Context& context, const SyncOptions& options) {
  const bool names_plan = !options.run.plan.empty();
  if (names_plan && options.run.trial)
    throw Error("PB1601", "--plan applies what a plan showed; --dry-run changes nothing: choose one.");
  if (names_plan && context.pipelines(options.pipelines).size() != 1)
    throw Error("PB1601", "--plan is the hash of one pipeline's plan: say which pipeline.");
  if (!options.run.trial) return run_all(context, options, sync_text);
  return run_all(context, options, [](const RunReport& report) {
    return "Dry run: nothing was changed.\n" + sync_text(report);
  });
}

/// Tickets that do not change at the source stay where they are until somebody says otherwise.
void add_rule_changes(Context& context, const SyncOptions& options, Outcome& outcome) {
  json::object data;
  for (const config::Pipeline* pipeline : context.pipelines(options.pipelines)) {
    pipeline::LivePipeline live(context.premises(), *pipeline);
    const auto moves = live.moves_of_new_rules(kSampleMoves, stop_asked);
    if (!moves) continue;
    data[pipeline->name] = to_json(*moves);
    outcome.text +=
        "\npipeline " + pipeline->name +
        ": its routing rules have changed. Beside the above, `psabridge route apply` would move open "
        "tickets:\n" +
        moves_text(*moves, "would move");
  }
  outcome.data.as_object()["rule_changes"] = std::move(data);
}

Outcome plan(Context& context, SyncOptions options) {
  options.run.trial = true;
  Outcome outcome = run_all(context, options, plan_text);
  if (!stop_asked()) add_rule_changes(context, options, outcome);
  return outcome;
}

void add_scope_options(CLI::App& command, SyncOptions& options) {
  command.add_option("PIPELINE", options.pipelines, "Pipelines; all when none is named");
  command.add_flag("--full", options.run.full, "Read everything again and look for deletions");
  command.add_option("--entity", options.run.entities, "Only this entity (may be repeated)");
  command.add_option("--since", options.run.narrowing.since,
                     "Only what the source changed since: 7d, 12h, 2026-01-31T00:00:00Z");
  command.add_option("--client", options.run.narrowing.clients,
                     "Only records of this client, by name or source id (may be repeated)");
}

}  // namespace

void add_sync_command(CommandTree& tree) {
  const auto options = std::make_shared<SyncOptions>();
  auto& command = tree.add(tree.root(),
                           {"sync", "Copy what changed in the source into the store",
                            "psabridge sync acme --entity ticket --since 7d"},
                           [options](Context& context) { return sync(context, *options); });
  add_scope_options(command, *options);
  command.add_flag("--dry-run", options->run.trial, "Do everything but keep nothing");
  command.add_option("--plan", options->run.plan, "Only if the run does what the plan of this hash showed");
}

void add_plan_command(CommandTree& tree) {
  const auto options = std::make_shared<SyncOptions>();
  auto& command = tree.add(
      tree.root(), {"plan", "Show what a sync would do to the data, and its hash", "psabridge plan acme"},
      [options](Context& context) { return plan(context, *options); });
  add_scope_options(command, *options);
}

}  // namespace psabridge::app
