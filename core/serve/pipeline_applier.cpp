#include "core/serve/pipeline_applier.h"

#include <algorithm>
#include <map>

#include "core/pipeline/record_outcomes.h"
#include "core/serve/event_verdict.h"

namespace psabridge::serve {
namespace {

constexpr std::string_view kUnchanged = "unchanged";

/// Events of these kinds speak of a record's children, which may change without it.
bool speaks_of_children(const ObjectWork& object) {
  return std::ranges::any_of(object.kinds, [](const std::string& kind) { return kind.starts_with("note."); });
}

/// Why the records were not applied; nothing when they were.
std::optional<Error> failure_of(const pipeline::RunReport& report) {
  if (!report.run.error_code.empty()) return Error(report.run.error_code, report.run.error);
  for (const store::RunEntity& entity : report.entities)
    if (!entity.error_code.empty()) return Error(entity.error_code, entity.entity + ": " + entity.error);
  for (const store::RunEntity& entity : report.entities)
    if (entity.state == "stopped") return Error("PB1410", "Stopped on request before it was applied.");
  return std::nullopt;
}

/// What a delivery brought along is taken only when it is newer than a record that is there: an older one
/// hides a change, and one of a record that was deleted meanwhile would bring it back.
bool is_news(const ObjectWork& object, const std::string& connection, store::Writer& writer) {
  const auto stored = writer.record(object.entity, connection, object.source_id);
  if (!stored) return false;
  const auto column = [&](std::string_view name) {
    return std::ranges::find(stored->columns, name, &store::FieldText::name);
  };
  const auto version = column("source_version"), deleted = column("deleted_at");
  return deleted != stored->columns.end() && deleted->null && version != stored->columns.end() &&
         object.given->version > version->text;
}

/// What several pipelines did to one record, as one word: a change says more than none.
void join(ObjectOutcome& outcome, std::string effect, store::RunId run) {
  if (effect.empty()) effect = kUnchanged;
  if (!outcome.effect.empty() && effect == kUnchanged) return;
  outcome.effect = std::move(effect);
  outcome.run = run;
}

}  // namespace

PipelineApplier::PipelineApplier(const pipeline::Premises& premises,
                                 const std::vector<const config::Pipeline*>& pipelines,
                                 const EventFilter& filter, connection::Services& services, EventRuns& runs)
    : premises_(premises),
      filter_(filter),
      services_(services),
      standing_(premises.installation.control, premises.installation.redactor, premises.installation.clock),
      runs_(runs) {
  for (const config::Pipeline* pipeline : pipelines)
    assemblies_.push_back(
        pipeline::assemble(premises.config, *pipeline, premises.registry, services, premises.deduplicator));
}

std::vector<ObjectOutcome> PipelineApplier::apply(std::span<const ObjectWork> objects,
                                                  const plugin::Stop& stop) {
  std::vector<ObjectOutcome> outcomes(objects.size());
  for (pipeline::Assembly& assembly : assemblies_) {
    std::map<std::string, Members> by_entity;
    for (std::size_t i = 0; i < objects.size(); ++i)
      if (assembly.find_stage(objects[i].entity) && filter_.wants(assembly.pipeline->name, objects[i].kinds))
        by_entity[objects[i].entity].push_back(i);
    for (const auto& [entity, members] : by_entity)
      apply_entity(assembly, entity, members, objects, outcomes, stop);
  }
  return outcomes;
}

/// When several fail together, each is tried alone: one bad record must not hold up the others.
void PipelineApplier::apply_entity(pipeline::Assembly& assembly, const std::string& entity,
                                   const Members& members, std::span<const ObjectWork> objects,
                                   std::vector<ObjectOutcome>& outcomes, const plugin::Stop& stop) {
  const auto failure = try_together(assembly, entity, members, objects, outcomes, stop);
  if (!failure) return;
  if (members.size() == 1 || judge(*failure, 0, 1).of_connection) {
    for (const std::size_t member : members) outcomes[member].error = failure;
    return;
  }
  for (const std::size_t member : members) apply_entity(assembly, entity, {member}, objects, outcomes, stop);
}

std::optional<Error> PipelineApplier::try_together(pipeline::Assembly& assembly, const std::string& entity,
                                                   const Members& members,
                                                   std::span<const ObjectWork> objects,
                                                   std::vector<ObjectOutcome>& outcomes,
                                                   const plugin::Stop& stop) {
  try {
    standing_.require_usable(*assembly.connection);
    pipeline::Announced announced{entity, {}, {}, {}};
    for (const std::size_t member : members) {
      const ObjectWork& object = objects[member];
      if (object.given && is_news(object, assembly.connection->name, *store::Turn(premises_.store)))
        announced.given.push_back(*object.given);
      else
        announced.ids.push_back(object.source_id);
      if (speaks_of_children(object)) announced.with_children.push_back(object.source_id);
    }
    const auto lease = runs_.lease(assembly, entity);
    pipeline::RecordOutcomes observed(entity);
    const pipeline::RunReport report =
        pipeline::apply_announced(assembly, services_, premises_.store, lease->run(), std::move(announced),
                                  premises_.installation.clock, observed, stop);
    if (auto failure = failure_of(report)) {
      if (const auto said = connection::observe(failure->code(), failure->message()))
        standing_.note(*assembly.connection, *said);
      return failure;
    }
    for (const std::size_t member : members)
      join(outcomes[member], observed.of(objects[member].source_id), lease->run());
    return std::nullopt;
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& error) {  // a defect, which is the business of this object alone
    return Error("PB1499", error.what());
  }
}

}  // namespace psabridge::serve
