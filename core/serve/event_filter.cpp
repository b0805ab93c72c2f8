#include "core/serve/event_filter.h"

#include <algorithm>

namespace psabridge::serve {

std::set<std::string> wanted_kinds(const config::Pipeline& pipeline,
                                   const plugin::ConnectorProfile& profile) {
  if (!pipeline.webhooks.events.empty())
    return {pipeline.webhooks.events.begin(), pipeline.webhooks.events.end()};
  std::set<std::string> kinds;
  for (const auto& [kind, event] : profile.events) {
    const bool read = std::ranges::find(pipeline.entities, event.entity, &config::EntityUse::entity) !=
                      pipeline.entities.end();
    const bool numbered = !event.number.empty() || pipeline.webhooks.numbers.contains(kind);
    if (read && numbered) kinds.insert(kind);
  }
  return kinds;
}

EventFilter::EventFilter(const std::vector<const config::Pipeline*>& pipelines,
                         const plugin::ConnectorProfile& profile)
    : known_(profile.events) {
  for (const config::Pipeline* pipeline : pipelines) {
    kinds_[pipeline->name] = wanted_kinds(*pipeline, profile);
    for (const config::EntityUse& use : pipeline->entities) entities_[pipeline->name].insert(use.entity);
  }
}

std::string EventFilter::objection(const store::Event& event) const {
  if (event.entity.empty() || event.source_id.empty())
    return "The event names no object that could be read: the next poll brings whatever changed.";
  const bool read =
      std::ranges::any_of(entities_, [&](const auto& entry) { return entry.second.contains(event.entity); });
  if (!read) return "No pipeline of this connection reads " + event.entity + " records.";
  const bool wanted = std::ranges::any_of(kinds_, [&](const auto& entry) {
    return entities_.at(entry.first).contains(event.entity) && wants(entry.first, event.kind);
  });
  return wanted ? "" : "No pipeline asks for events of the kind " + event.kind + ".";
}

bool EventFilter::wants(const std::string& pipeline, const std::string& kind) const {
  return !known_.contains(kind) || kinds_.at(pipeline).contains(kind);
}

bool EventFilter::wants(const std::string& pipeline, const std::set<std::string>& kinds) const {
  return std::ranges::any_of(kinds, [&](const std::string& kind) { return wants(pipeline, kind); });
}

std::set<std::string> EventFilter::announced(const std::string& pipeline) const {
  std::set<std::string> entities;
  for (const std::string& kind : kinds_.at(pipeline))
    if (const auto event = known_.find(kind); event != known_.end()) entities.insert(event->second.entity);
  return entities;
}

}  // namespace psabridge::serve
