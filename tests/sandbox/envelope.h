// What a webhook tells: which events a change of data is, and the envelope that carries one of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/dataset.h"
#include "tests/sandbox/text_buffer.h"

namespace sandbox {

// One change of one row, or of one of a ticket's notes.
struct Change {
  static constexpr std::int64_t kColleague = 3;  // an agent of the tenant, not the application's

  Entity entity = Entity::ticket;
  std::optional<Row> before = std::nullopt;  // nothing: the row is new
  std::int32_t note = 0;                     // the note that was written; 0: none was
  bool note_is_new = false;
  std::int64_t agent = kColleague;  // who did it
};

// One line of the table of events.
struct EventKind {
  std::int32_t number;  // eventno
  std::string_view text;
  std::string_view message;  // the object's number follows
};

// In the order in which they are told. Agents and teams have none.
std::vector<const EventKind*> events_of(const Change& change, const Row& after);

// How much of the object an envelope shows.
enum class Payload { full, small, event_only, custom };

// How an envelope differs from the plain one.
struct Presentation {
  Payload payload = Payload::full;
  bool text_ids = false;
  std::optional<Ticks> stale_by;  // told that much late, with the row as it was before the change
};

// What makes one delivery of an event another one than the next.
struct Heading {
  std::string id;
  std::string webhook_id;
  std::string escmsg_id;
  std::int64_t notification_id = 0;
};

// The caller holds the data set's lock.
void write_envelope(TextBuffer& out, const Dataset& data, const EventKind& event, const Change& change,
                    const Row& after, const Heading& heading, const Presentation& presentation);
// What the button "Test" sends: an envelope about no object.
void write_test_envelope(TextBuffer& out, const Heading& heading, Ticks now);

}  // namespace sandbox
