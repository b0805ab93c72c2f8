#include "core/plugin/event_sink.h"

#include "core/base/time.h"

namespace psabridge::plugin {
namespace {

constexpr std::uint32_t kKnownFlags = PSABRIDGE_EVENT_DELETED | PSABRIDGE_EVENT_WHOLE;

}  // namespace

std::string EventSink::text(psabridge_str given, std::string_view name) const {
  return std::string(call_.checked_text(given, name));
}

Event EventSink::copy(const psabridge_event& event) const {
  return {.key = text(event.key, "key"),
          .kind = text(event.kind, "kind"),
          .entity = text(event.entity, "entity"),
          .source_id = text(event.source_id, "source id"),
          .occurred_at = text(event.occurred_at, "time"),
          .actor = text(event.actor, "actor"),
          .body = text(event.body, "body"),
          .deleted = (event.flags & PSABRIDGE_EVENT_DELETED) != 0,
          .whole = (event.flags & PSABRIDGE_EVENT_WHOLE) != 0,
          .version = text(event.record.version, "version"),
          .text = text(event.record.text, "record")};
}

void EventSink::check_object(const Event& event) const {
  if (event.kind.empty()) call_.broke_contract("gave an event without a kind");
  if (!event.entity.empty() && !profile_.entities.contains(event.entity))
    call_.broke_contract("gave an event about \"" + event.entity +
                         "\", an entity that its description does not name");
  if (!event.occurred_at.empty() && !parse_time(event.occurred_at))
    call_.broke_contract("gave an event of the time \"" + event.occurred_at + "\", which is no time");
}

void EventSink::check_record(const Event& event, const psabridge_slice& record) const {
  const bool given = !event.text.empty();
  if (given != event.whole)
    call_.broke_contract(given ? "gave an event with a record that it does not call whole"
                               : "gave an event that it calls whole, without the record");
  if (given && (event.entity.empty() || view(record.source_id) != event.source_id || event.source_id.empty()))
    call_.broke_contract("gave an event about \"" + event.source_id + "\" with the record of another object");
}

void EventSink::add(const psabridge_event& event) {
  if (!PSABRIDGE_HAS(&event, psabridge_event, flags))
    call_.broke_contract("gave an event of " + std::to_string(event.size) + " bytes, too small for one");
  if ((event.flags & ~kKnownFlags) != 0)
    call_.broke_contract("gave an event with the unknown flags " + std::to_string(event.flags));
  Event taken = copy(event);
  check_object(taken);
  check_record(taken, event.record);
  events_.push_back(std::move(taken));
}

void EventSink::on_event(void* self, const psabridge_event* event) noexcept {
  auto& sink = *static_cast<EventSink*>(self);
  sink.call_.take([&] { sink.add(*event); });
}

}  // namespace psabridge::plugin
