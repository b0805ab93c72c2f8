#include "core/app/replay_preview.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "core/app/terminal.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kPage = 1'000;

/// Connection, entity, source id.
using ObjectKey = std::tuple<std::string, std::string, std::string>;

/// The objects of all events that fit, with how many events name each; counts the events in `preview`.
std::map<ObjectKey, std::uint64_t> objects_of(store::JournalReader& reader, store::EventQuery query,
                                              ReplayPreview& preview) {
  std::map<ObjectKey, std::uint64_t> objects;
  query.limit = kPage;
  for (auto page = reader.list(query); !page.empty(); page = reader.list(query)) {
    for (const store::Event& event : page) {
      ++preview.events;
      if (event.source_id.empty())
        ++preview.unread;
      else
        ++objects[{event.connection, event.entity, event.source_id}];
    }
    query.before = page.back().id;
  }
  return objects;
}

std::vector<std::string> pipelines_with(const config::Config& config, const ObjectKey& object) {
  const auto& [connection, entity, id] = object;
  std::vector<std::string> names;
  for (const config::Pipeline& pipeline : config.pipelines)
    if (pipeline.connection == connection &&
        std::ranges::find(pipeline.entities, entity, &config::EntityUse::entity) != pipeline.entities.end())
      names.push_back(pipeline.name);
  return names;
}

/// Fills in how the object stands in the store.
void look_up(store::Reader& reader, NamedObject& object) {
  object.stored = "not stored";
  const auto entities = reader.entities();
  if (std::ranges::find(entities, object.entity) == entities.end()) return;
  const auto record = reader.record(object.entity, object.connection, object.source_id);
  if (!record) return;
  object.stored = "stored";
  for (const auto& [name, text, null] : record->columns) {
    if (name == "deleted_at" && !null) object.stored = "deleted";
    if (name == "source_version") object.version = text;
  }
}

std::string effects_text(const ReplayPreview& preview, const NamedObject& object) {
  std::string text;
  for (const TrialEffect& effect : preview.effects)
    if (effect.connection == object.connection && effect.entity == object.entity &&
        effect.source_id == object.source_id)
      text += (text.empty() ? "" : ", ") + to_text(effect);
  return text.empty() ? "no pipeline reads it" : text;
}

}  // namespace

ReplayPreview preview_replay(Context& context, const store::EventQuery& query) {
  context.premises();  // whoever holds the store answers, not this process
  ReplayPreview preview;
  RereadWork work;
  for (const auto& [object, events] : objects_of(context.journal_reader(), query, preview)) {
    const auto& [connection, entity, id] = object;
    const auto pipelines = pipelines_with(context.config(), object);
    ++preview.objects;
    preview.requests += pipelines.size();
    if (preview.shown.size() == kMostTrials) continue;
    preview.shown.push_back({connection, entity, id, events, {}, {}});
    look_up(context.reader(), preview.shown.back());
    for (const std::string& pipeline : pipelines) work[pipeline][entity].insert(id);
  }
  preview.effects = reread_on_trial(context, work);
  return preview;
}

json::object to_json(const ReplayPreview& preview) {
  json::array objects, effects;
  for (const auto& [connection, entity, source_id, events, stored, version] : preview.shown)
    objects.push_back(
        json::object{{"connection", connection},
                     {"entity", entity},
                     {"source_id", source_id},
                     {"events", events},
                     {"stored", stored},
                     {"source_version", version.empty() ? json::value() : json::value(version)}});
  for (const TrialEffect& effect : preview.effects) effects.push_back(to_json(effect));
  return {{"events", preview.events},     {"unread", preview.unread},      {"object_count", preview.objects},
          {"requests", preview.requests}, {"objects", std::move(objects)}, {"effects", std::move(effects)}};
}

std::string to_text(const ReplayPreview& preview) {
  std::string text = grouped(preview.events) + " events would be processed again, about " +
                     grouped(preview.objects) + " objects, with at most " + grouped(preview.requests) +
                     " requests to the source.\n";
  if (preview.unread)
    text += grouped(preview.unread) +
            " of them name no object: what they are about is found out by the replay.\n";
  if (preview.shown.empty()) return text;
  Table table({"connection", "object", "events", "in the store", "a read now"});
  for (const NamedObject& object : preview.shown)
    table.add({object.connection, object.entity + " " + object.source_id, grouped(object.events),
               object.version.empty() ? object.stored : object.stored + ", " + object.version,
               effects_text(preview, object)});
  text += "\n" + table.text();
  if (preview.objects > preview.shown.size())
    text += "and " + grouped(preview.objects - preview.shown.size()) +
            " more objects, which were not looked at\n";
  return text;
}

}  // namespace psabridge::app
