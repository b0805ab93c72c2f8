#include "core/doctor/routing_checks.h"

#include <algorithm>
#include <map>

#include "core/base/text.h"
#include "core/doctor/store_probe.h"
#include "core/routing/rule_set.h"
#include "core/store/entity_layout.h"

namespace psabridge::doctor {
namespace {

constexpr std::uint32_t kLookedAt = 1000;  // decisions with trouble
constexpr std::size_t kSamples = 3;

/// "acme/12, acme/17 and 4 more"
std::string samples_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kSamples); ++i) text += (i == 0 ? "" : ", ") + names[i];
  return text + (names.size() > kSamples ? " and " + std::to_string(names.size() - kSamples) + " more" : "");
}

void look_at_decisions(const store::Reader& reader, Notes& notes) {
  std::vector<std::string> nowhere, troubled;
  store::DecisionQuery query;
  query.troubled = true;
  query.latest = true;
  query.limit = kLookedAt;
  for (const store::Decision& decision : reader.decisions().find(query))
    (decision.team.empty() ? nowhere : troubled).push_back(decision.connection + "/" + decision.ticket);
  if (!nowhere.empty())
    notes.fail(
        {}, "PB2401", std::to_string(nowhere.size()) + " tickets have no team: " + samples_of(nowhere) + ".",
        "`psabridge route log --trouble` says why; a `fallback` rule at the end takes what is left, then "
        "`psabridge route apply`.");
  if (!troubled.empty())
    notes.warn({}, "PB2401",
               "For " + std::to_string(troubled.size()) +
                   " tickets a rule failed or chose a team that takes none: " + samples_of(troubled) + ".",
               "`psabridge route log --trouble` names rule and reason.");
}

/// The fields of what the pipeline reads, as the store has them.
std::vector<EntitySchema> stored_schemas(const store::Reader& reader) {
  std::vector<EntitySchema> schemas;
  const std::vector<std::string> entities = reader.entities();
  schemas.reserve(entities.size());
  for (const std::string& entity : entities) schemas.push_back(reader.schema(entity));
  return schemas;
}

/// Conditions that compare with a priority, status or type of which nothing is stored.
void look_at_rules(const config::Pipeline& pipeline, const store::Reader& reader,
                   const std::vector<EntitySchema>& stored, Notes& notes) {
  std::vector<const EntitySchema*> schemas;
  schemas.reserve(stored.size());
  for (const EntitySchema& schema : stored) schemas.push_back(&schema);
  routing::Vocabulary vocabulary(schemas);
  for (std::size_t i = 0; i < pipeline.routing.size(); ++i) {
    const config::RuleUse& rule = pipeline.routing[i];
    if (!rule.when) continue;
    const std::string tree = "pipelines." + pipeline.name + ".routing[" + std::to_string(i + 1) + "].when";
    std::vector<config::Problem> problems;
    const auto condition = routing::Condition::compile(*rule.when, vocabulary, tree, problems);
    if (!condition) continue;  // the check "configuration" says so
    const auto names = [&](std::string_view entity) { return reader.names(entity, pipeline.connection); };
    for (const config::Problem& doubt : routing::doubts(*condition, vocabulary, names, tree))
      notes.warn(pipeline.name, doubt.code, config::to_string(doubt.at) + ": " + doubt.message,
                 "Correct the value; `psabridge records list` shows those that there are.");
  }
}

}  // namespace

void look_at_routing(const Subjects& subjects, Notes& notes, const plugin::Stop&) {
  if (!has_store(subjects.config)) return notes.skip({}, "There is no store yet.");
  const auto reader = store::open_reader(subjects.config.store);
  const auto entities = reader->entities();
  if (std::ranges::find(entities, store::kRoutedEntity) == entities.end())
    return notes.skip({}, "No ticket is stored yet.");
  look_at_decisions(*reader, notes);
  const std::vector<EntitySchema> stored = stored_schemas(*reader);
  for (const config::Pipeline& pipeline : subjects.config.pipelines)
    look_at_rules(pipeline, *reader, stored, notes);
  if (notes.nothing_found()) notes.pass({}, "Every ticket that was routed has a team that takes it.");
}

void look_at_values(const Subjects& subjects, Notes& notes, const plugin::Stop&) {
  if (!has_store(subjects.config)) return notes.skip({}, "There is no store yet.");
  const auto reader = store::open_reader(subjects.config.store);
  std::map<std::string, std::vector<std::string>> values;
  for (const store::Unmapped& value : reader->unmapped().all())
    values[value.connection + "." + value.entity + "." + value.field].push_back(in_quotes(value.value));
  for (const auto& [field, missing] : values)
    notes.warn(
        field, "PB1407",
        std::to_string(missing.size()) + " values came that the map of " + field +
            " does not list: " + samples_of(missing) + ".",
        "`psabridge values list` shows since when and in which record. Add them to `values` of the map.");
  if (values.empty()) notes.pass({}, "Every value that came is listed where a map lists values.");
}

}  // namespace psabridge::doctor
