#include "core/app/webhook_events.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/serve/event_filter.h"

namespace psabridge::app {
namespace {

std::string number_of(const std::string& kind, const config::Pipeline& pipeline,
                      const plugin::SourceEvent& event) {
  const auto given = pipeline.webhooks.numbers.find(kind);
  return given == pipeline.webhooks.numbers.end() ? event.number : given->second;
}

bool reads(const config::Pipeline& pipeline, const std::string& entity) {
  return std::ranges::find(pipeline.entities, entity, &config::EntityUse::entity) != pipeline.entities.end();
}

}  // namespace

WebhookEvents webhook_events(const config::Config& config, const config::Connection& connection,
                             const plugin::ConnectorProfile& profile) {
  std::map<std::string, plugin::Webhook::Subscription> wanted;  // by number
  std::set<std::string> unnumbered;
  for (const config::Pipeline& pipeline : config.pipelines) {
    if (pipeline.connection != connection.name) continue;
    const std::set<std::string> kinds = serve::wanted_kinds(pipeline, profile);
    const bool chosen = !pipeline.webhooks.events.empty();
    for (const auto& [kind, event] : profile.events) {
      const std::string number = number_of(kind, pipeline, event);
      if (!number.empty() && kinds.contains(kind)) wanted[number] = {kind, number, event.title};
      if (number.empty() && !chosen && reads(pipeline, event.entity))
        unnumbered.insert(kind + " (" + event.title + ")");
    }
  }
  WebhookEvents events{{}, {unnumbered.begin(), unnumbered.end()}};
  for (auto& [number, subscription] : wanted) events.wanted.push_back(std::move(subscription));
  return events;
}

std::string numbers_advice(const WebhookEvents& events) {
  if (events.unnumbered.empty()) return {};
  std::string kinds;
  for (const std::string& kind : events.unnumbered) kinds += (kinds.empty() ? "" : ", ") + kind;
  const std::string first = events.unnumbered.front().substr(0, events.unnumbered.front().find(' '));
  return "Polls alone bring what these events would tell, because the source's numbers of them are not "
         "known: " +
         kinds + ". To have them announced give the numbers, as in webhooks: { numbers: { " + first +
         ": NUMBER } } of the pipeline; docs/guide/webhooks.md says where the source shows them.";
}

}  // namespace psabridge::app
