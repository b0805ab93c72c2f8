#include "core/app/reread.h"

#include "core/app/progress.h"
#include "core/app/run_text.h"
#include "core/app/signals.h"
#include "core/app/terminal.h"
#include "core/pipeline/record_outcomes.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;
using pipeline::RunReport;

struct Why {
  std::string code, reason;
};

/// Why not everything was read; without a code: everything was.
Why shortfall(const RunReport& report) {
  if (!report.run.error_code.empty()) return {report.run.error_code, report.run.error};
  for (const store::RunEntity& entity : report.entities)
    if (!entity.error_code.empty()) return {entity.error_code, entity.error};
  return {};
}

/// A report names one record for each code that made dead letters.
Why death_of(const RunReport& report, const std::string& entity, const std::string& id) {
  const auto groups = report.dead.find(entity);
  if (groups == report.dead.end()) return {};
  for (const auto& [code, group] : groups->second)
    if (group.source_id == id) return {code, group.reason};
  return {};
}

std::vector<TrialEffect> effects_of(const config::Pipeline& pipeline, const std::string& entity,
                                    const std::set<std::string>& ids,
                                    const pipeline::RecordOutcomes& outcomes, const RunReport& report) {
  std::vector<TrialEffect> effects;
  const Why missing = shortfall(report);
  for (const std::string& id : ids) {
    std::string outcome = outcomes.of(id);
    const bool told = !outcome.empty();
    if (!told) outcome = missing.code.empty() ? "unchanged" : "not read";
    Why why = told ? death_of(report, entity, id) : missing;
    effects.push_back({pipeline.connection, pipeline.name, entity, id, std::move(outcome),
                       std::move(why.code), std::move(why.reason)});
  }
  return effects;
}

std::vector<TrialEffect> try_entity(pipeline::LivePipeline& live, const config::Pipeline& pipeline,
                                    const std::string& entity, const std::set<std::string>& ids) try {
  pipeline::RecordOutcomes outcomes(entity);
  pipeline::RunOptions options;
  options.trial = true;
  const RunReport report = live.refetch(entity, {ids.begin(), ids.end()}, options, outcomes, stop_asked);
  return effects_of(pipeline, entity, ids, outcomes, report);
} catch (const Error& error) {  // the connection is paused, the pipeline has no such entity any more
  std::vector<TrialEffect> effects;
  effects.reserve(ids.size());
  for (const std::string& id : ids)
    effects.push_back({pipeline.connection, pipeline.name, entity, id, "not read", std::string(error.code()),
                       error.message()});
  return effects;
}

}  // namespace

std::string reread(Context& context, const RereadWork& work) {
  std::string talk;
  const auto resting = context.alone();
  for (const auto& [name, ids_by_entity] : work) {
    pipeline::LivePipeline live(context.premises(), *context.pipelines({name}).front());
    const auto progress = make_progress(context.clock(), true);
    for (const auto& [entity, ids] : ids_by_entity) {
      const RunReport report = live.refetch(entity, {ids.begin(), ids.end()}, {}, *progress, stop_asked);
      talk += to_text(failure_of(report), colours_on(Stream::err));
    }
  }
  return talk;
}

std::vector<TrialEffect> reread_on_trial(Context& context, const RereadWork& work) {
  std::vector<TrialEffect> effects;
  if (work.empty()) return effects;
  const auto resting = context.alone();
  for (const auto& [name, ids_by_entity] : work) {
    const config::Pipeline& pipeline = *context.pipelines({name}).front();
    pipeline::LivePipeline live(context.premises(), pipeline);
    for (const auto& [entity, ids] : ids_by_entity)
      for (TrialEffect& effect : try_entity(live, pipeline, entity, ids))
        effects.push_back(std::move(effect));
  }
  return effects;
}

RereadWork first_of(const RereadWork& work, std::size_t records) {
  RereadWork first;
  for (const auto& [pipeline, ids_by_entity] : work)
    for (const auto& [entity, ids] : ids_by_entity)
      for (const std::string& id : ids)
        if (records > 0) {
          first[pipeline][entity].insert(id);
          --records;
        }
  return first;
}

std::size_t size_of(const RereadWork& work) {
  std::size_t size = 0;
  for (const auto& [pipeline, ids_by_entity] : work)
    for (const auto& [entity, ids] : ids_by_entity) size += ids.size();
  return size;
}

json::object to_json(const TrialEffect& effect) {
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? json::value() : json::value(text);
  };
  return {{"connection", effect.connection},
          {"pipeline", effect.pipeline},
          {"entity", effect.entity},
          {"source_id", effect.source_id},
          {"effect", effect.effect},
          {"code", text_or_null(effect.code)},
          {"reason", text_or_null(effect.reason)}};
}

std::string to_text(const TrialEffect& effect) {
  return effect.code.empty() ? effect.effect
                             : effect.effect + " (" + effect.code + ": " + effect.reason + ")";
}

}  // namespace psabridge::app
