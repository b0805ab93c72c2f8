#include "tests/sandbox/envelope.h"

#include <algorithm>
#include <iterator>

#include "tests/sandbox/catalog.h"
#include "tests/sandbox/renderer.h"
#include "tests/sandbox/row_writer.h"

namespace sandbox {
namespace {

constexpr std::int32_t kNewTicket = 3;
constexpr std::int32_t kTicketClosed = 39;
constexpr std::int32_t kTicketUpdated = 61;
constexpr std::int32_t kStatusChanged = 76;
constexpr std::int32_t kTicketDeleted = 1072;
// Halo has events for these, too; nobody has told their numbers. These are the sandbox's own.
constexpr std::int32_t kActionAdded = 2001;
constexpr std::int32_t kTicketReassigned = 2002;
constexpr std::int32_t kClientUpdated = 2101;
constexpr std::int32_t kSiteUpdated = 2102;
constexpr std::int32_t kUserUpdated = 2103;
constexpr std::int32_t kAssetUpdated = 2104;

constexpr EventKind kEvents[] = {
    {kNewTicket, "new ticket logged", "A new ticket has been logged with Ticket ID: "},
    {kTicketUpdated, "ticket updated", "An update has been made to Ticket ID: "},
    {kTicketClosed, "ticket closed", "The closure has been recorded for Ticket ID: "},
    {kStatusChanged, "ticket status changed", "The status has been changed for Ticket ID: "},
    {kTicketDeleted, "ticket deleted", "A deletion has been made of Ticket ID: "},
    {kActionAdded, "action added", "An action has been added to Ticket ID: "},
    {kTicketReassigned, "ticket reassigned", "The agent or team has been changed for Ticket ID: "},
    {kClientUpdated, "client updated", "An update has been made to Client ID: "},
    {kSiteUpdated, "site updated", "An update has been made to Site ID: "},
    {kUserUpdated, "user updated", "An update has been made to User ID: "},
    {kAssetUpdated, "asset updated", "An update has been made to Asset ID: "}};
constexpr std::string_view kTestEvent = "test";

std::vector<std::int32_t> ticket_events(const Change& change, const Row& after) {
  if (!change.before) return {kNewTicket};
  const Row& before = *change.before;
  if (after.deleted && !before.deleted) return {kTicketDeleted};
  std::vector<std::int32_t> numbers{kTicketUpdated};
  if (change.note_is_new) numbers.push_back(kActionAdded);
  if (after.status != before.status) numbers.push_back(kStatusChanged);
  if (after.closed() && !before.closed()) numbers.push_back(kTicketClosed);
  if (after.agent != before.agent || after.team != before.team) numbers.push_back(kTicketReassigned);
  return numbers;
}

std::vector<std::int32_t> event_numbers(const Change& change, const Row& after) {
  switch (change.entity) {
    case Entity::ticket:
      return ticket_events(change, after);
    case Entity::client:
      return {kClientUpdated};
    case Entity::site:
      return {kSiteUpdated};
    case Entity::contact:
      return {kUserUpdated};
    case Entity::asset:
      return {kAssetUpdated};
    case Entity::agent:
    case Entity::team:
      break;
  }
  return {};
}

// The member that holds the object, in Halo's word for it.
std::string_view object_key(Entity entity) {
  constexpr std::string_view kKeys[] = {"client", "site", "user", "agent", "team", "ticket", "asset"};
  return kKeys[static_cast<std::size_t>(entity)];
}

// "2026-10-03T06:24:10.9670000Z": unlike the API's dates, always seven digits and a zone.
std::string timestamp(Ticks ticks) {
  constexpr std::size_t kToSeconds = 19;
  constexpr std::size_t kWhole = 27;
  std::string text = datetime_text(ticks);
  if (text.size() == kToSeconds) text += '.';
  text.resize(kWhole, '0');
  return text + 'Z';
}

// As Halo shows a number to people: at least seven digits.
std::string padded(std::int64_t number) {
  constexpr std::size_t kWidth = 7;
  const std::string digits = std::to_string(number);
  return std::string(kWidth - std::min(kWidth, digits.size()), '0') + digits;
}

void write_small_ticket(RowWriter& out, const Dataset& data, const Row& row) {
  out.text("summary", data.name(Entity::ticket, row.id).view());
  out.identifier("status_id", row.status);
  out.identifier("tickettype_id", row.type);
  out.identifier("priority_id", row.priority);
  out.identifier("client_id", row.client);
  out.identifier("site_id", row.site);
  out.identifier("user_id", row.contact);
  out.identifier("team_id", row.team);
  out.identifier("agent_id", row.agent);
  if (row.closed()) out.boolean("hasbeenclosed", true);
  out.date("lastupdate", row.last_update);
}

void write_small(TextBuffer& buffer, const Dataset& data, Entity entity, const Row& row,
                 const ValueQuirks& quirks) {
  RowWriter out(buffer, quirks);
  out.identifier("id", row.id);
  if (entity == Entity::ticket) {
    write_small_ticket(out, data, row);
  } else {
    out.text(entity == Entity::asset ? "inventory_number" : "name", data.name(entity, row.id).view());
    out.boolean("inactive", row.inactive);
  }
  out.end();
}

// A template of the admin's, which need not look like an envelope at all.
void write_custom(TextBuffer& buffer, const EventKind& event, Entity entity, const Row& row) {
  const ValueQuirks none;
  RowWriter out(buffer, none);
  out.text(std::string(object_key(entity)) + "_id", std::to_string(row.id));
  if (entity == Entity::ticket) {
    out.text("status", status_name(row.status));
  } else {
    out.text("event", event.text);
  }
  out.end();
}

void write_head(RowWriter& out, const Heading& heading, std::string_view event, const std::string& message) {
  out.text("id", heading.id);
  out.text("webhook_id", heading.webhook_id);
  out.identifier("notification_id", heading.notification_id);
  out.text("escmsg_id", heading.escmsg_id);
  out.text("event", event);
  out.text("message", message);
}

}  // namespace

std::vector<const EventKind*> events_of(const Change& change, const Row& after) {
  std::vector<const EventKind*> events;
  for (const std::int32_t number : event_numbers(change, after)) {
    events.push_back(std::find_if(std::begin(kEvents), std::end(kEvents),
                                  [&](const EventKind& event) { return event.number == number; }));
  }
  return events;
}

void write_envelope(TextBuffer& buffer, const Dataset& data, const EventKind& event, const Change& change,
                    const Row& after, const Heading& heading, const Presentation& presentation) {
  const bool stale = presentation.stale_by.has_value() && change.before.has_value();
  const Row& row = stale ? *change.before : after;
  if (presentation.payload == Payload::custom) return write_custom(buffer, event, change.entity, row);
  Shown shown;
  shown.form = Form::posted;
  shown.quirks.text_ids = presentation.text_ids;
  const Renderer renderer(data, shown);
  RowWriter out(buffer, shown.quirks);
  write_head(out, heading, event.text, std::string(event.message) + padded(after.id) + ".");
  out.identifier("object_id", after.id);
  out.identifier("agent_id", change.agent);
  out.text("timestamp", timestamp(after.last_update - presentation.stale_by.value_or(0)));
  if (presentation.payload == Payload::event_only) return out.end();
  out.nested(object_key(change.entity), [&](TextBuffer& json) {
    if (presentation.payload == Payload::small)
      return write_small(json, data, change.entity, row, shown.quirks);
    renderer.row(json, change.entity, row);
  });
  if (change.note != 0)
    out.nested("action", [&](TextBuffer& json) { renderer.note(json, after, change.note); });
  out.end();
}

void write_test_envelope(TextBuffer& buffer, const Heading& heading, Ticks now) {
  const ValueQuirks none;
  RowWriter out(buffer, none);
  write_head(out, heading, kTestEvent, "This is a test of the webhook.");
  out.integer("object_id", 0);
  out.integer("agent_id", 0);
  out.text("timestamp", timestamp(now));
  out.end();
}

}  // namespace sandbox
