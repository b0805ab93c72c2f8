#include "core/app/event_choice.h"

#include "core/base/error.h"
#include "core/base/time.h"

namespace psabridge::app {

void add_event_filters(CLI::App& command, EventChoice& choice) {
  command.add_option("ID", choice.ids, "Numbers of events");
  command.add_option("--connection", choice.connection, "Only events of this connection");
  command.add_option("--kind", choice.kind, "Only of this kind: ticket.updated, ...");
  command.add_option("--entity", choice.entity, "Only about this entity");
  command.add_option("--object", choice.source_id, "Only about the object with this source id");
  command
      .add_option("--state", choice.states,
                  "Only in this state: ready, waiting, held, done, skipped, dead, discarded; may be repeated")
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"ready", "waiting", "held", "done", "skipped", "dead", "discarded"}));
  command.add_option("--code", choice.code, "Only with this error code");
  command.add_option("--search", choice.search, "Only with this text in any fact or in the body");
  command.add_option("--since", choice.since, "Only received since: 2h, 7d, 2026-01-31T00:00:00Z");
  command.add_option("--until", choice.until, "Only received before: 2h, 7d, 2026-01-31T00:00:00Z");
}

bool says_which(const EventChoice& choice) noexcept {
  for (const std::string* text : {&choice.connection, &choice.kind, &choice.entity, &choice.source_id,
                                  &choice.code, &choice.search, &choice.since, &choice.until})
    if (!text->empty()) return true;
  return !choice.ids.empty() || !choice.states.empty();
}

store::EventQuery query_of(Context& context, const EventChoice& choice) {
  for (const store::EventId id : choice.ids) find_event(context.journal_reader(), id);
  store::EventQuery query;
  query.ids = choice.ids;
  query.connection = choice.connection;
  query.kind = choice.kind;
  query.entity = choice.entity;
  query.source_id = choice.source_id;
  query.code = choice.code;
  query.search = choice.search;
  query.since = moment_of("--since", choice.since, context.clock());
  query.until = moment_of("--until", choice.until, context.clock());
  for (const std::string& state : choice.states) query.states.push_back(*store::event_state_named(state));
  return query;
}

std::optional<SysMilliseconds> moment_of(const std::string& option, const std::string& text, Clock& clock) {
  if (text.empty()) return std::nullopt;
  if (const auto span = parse_span(text)) return clock.now() - *span;
  if (const auto time = parse_time(text)) return time;
  throw Error("PB1601", option +
                            " needs a span such as 2h or 7d, or a time such as 2026-01-31T00:00:00Z, not \"" +
                            text + "\".");
}

store::Event find_event(store::JournalReader& reader, store::EventId id) {
  if (auto event = reader.event(id)) return *std::move(event);
  throw Error("PB1602", "There is no event " + std::to_string(id) +
                            ": `psabridge events list` shows those that there are.");
}

}  // namespace psabridge::app
