#include "core/store/event_table.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/store/journal_rows.h"

namespace psabridge::store {
namespace {

constexpr std::chrono::hours kRepetition{24};  ///< in which equal bytes without a key are a repetition
constexpr std::int64_t kPrunedAtOnce = 1000;

Blob blob_of(const Digest& digest) { return {{reinterpret_cast<const char*>(digest.data()), digest.size()}}; }

Digest digest_from(std::string_view bytes) {
  Digest digest{};
  bytes.copy(reinterpret_cast<char*>(digest.data()), digest.size());
  return digest;
}

Digest name_digest(std::string_view connection, std::string_view key) { return digest_of({connection, key}); }

int number_of(EventState state) { return static_cast<int>(state); }
bool is_finished(EventState state) { return state >= EventState::done; }

}  // namespace

Arrival::Arrival(Delivery from, SysMilliseconds at)
    : delivery(std::move(from)),
      received(at),
      digest(digest_of({delivery.connection, delivery.key, delivery.body})) {
  if (!delivery.key.empty()) name = name_digest(delivery.connection, delivery.key);
}

EventTable::EventTable(Database& database, Clock& clock) : database_(database), clock_(clock) {
  Rows rows = database_.rows("SELECT id, digest, connection, key FROM event WHERE digest <> x'' ORDER BY id");
  while (rows.next()) {
    book_.put(digest_from(rows->text(1)), rows->integer(0));
    if (!rows->text(3).empty()) book_.put(name_digest(rows->text(2), rows->text(3)), rows->integer(0));
    book_.keep();
  }
}

std::int64_t EventTable::now() const { return stored(clock_.now()); }

/// The newest row is never deleted, so that its number is not given again.
EventId EventTable::next_id() { return database_.number("SELECT max(id) FROM event") + 1; }

bool EventTable::keep() {
  book_.keep();
  return std::exchange(made_ready_, false);
}

void EventTable::undo() {
  book_.undo();
  made_ready_ = false;
}

// ----------------------------------------------------------------------------------------------------
// accepting

std::optional<EventTable::Known> EventTable::with_digest(EventId id, const Digest& digest) {
  if (id == 0) return std::nullopt;
  Rows rows = database_.rows("SELECT received, revision FROM event WHERE id = ?1 AND digest = ?2", id,
                             blob_of(digest));
  if (!rows.next()) return std::nullopt;
  return Known{SysMilliseconds(Milliseconds(rows->integer(0))), static_cast<std::uint32_t>(rows->integer(1))};
}

/// 0 when the event has another key.
std::uint32_t EventTable::revision_of_key(EventId id, const Delivery& delivery) {
  if (id == 0) return 0;
  return static_cast<std::uint32_t>(
      database_.number("SELECT revision FROM event WHERE id = ?1 AND connection = ?2 AND key = ?3", id,
                       delivery.connection, delivery.key));
}

Acceptance EventTable::accept(const Arrival& arrival) {
  const bool named = !arrival.delivery.key.empty();
  const EventId earlier = book_.find(arrival.digest);
  const auto same = with_digest(earlier, arrival.digest);
  if (same && (named || arrival.received - same->received < kRepetition)) return {earlier, true, false};
  const std::uint32_t revision =
      named ? revision_of_key(book_.find(arrival.name), arrival.delivery) : (same ? same->revision : 0);
  const EventId id = next_id();
  insert(id, arrival, revision + 1);
  return {id, false, named && revision > 0};
}

void EventTable::insert(EventId id, const Arrival& arrival, std::uint32_t revision) {
  const Delivery& delivery = arrival.delivery;
  database_.run(
      "INSERT INTO event (id, place, connection, peer, key, digest, revision, received, state)"
      " VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)",
      id, delivery.connection, delivery.peer, delivery.key, blob_of(arrival.digest), revision,
      stored(arrival.received));
  database_.run("INSERT INTO body (id, bytes) VALUES (?1, ?2)", id, Blob{delivery.body});
  book_.put(arrival.digest, id);
  if (!delivery.key.empty()) book_.put(arrival.name, id);
  made_ready_ = true;
}

// ----------------------------------------------------------------------------------------------------
// processing

void EventTable::start(std::span<const EventId> ids) {
  for (const EventId id : ids) database_.run("UPDATE event SET started = 1 WHERE id = ?1", id);
}

void EventTable::count_crashes() {
  const std::string reason = "The process ended while this event was being processed.";
  database_.run(
      "INSERT INTO step (event, at, state, code, reason)"
      " SELECT id, ?1, iif(state = 2, 2, 0), '', ?2 FROM event WHERE state <= 2 AND started = 1",
      now(), reason);
  database_.run(
      "UPDATE event SET crashes = crashes + 1, started = 0, state = iif(state = 2, 2, 0), due = 0"
      " WHERE state <= 2 AND started = 1");
}

std::vector<Event> EventTable::decode(std::span<const Decoding> decodings) {
  std::vector<Event> ready;
  const auto add = [&](EventId id) {
    auto event = find_event(database_, id);
    if (event->state == EventState::ready) ready.push_back(std::move(*event));
  };
  for (const Decoding& decoding : decodings) {
    // An admin may have decided otherwise meanwhile.
    if (database_.number("SELECT state <= 1 AND decoded = 0 FROM event WHERE id = ?1", decoding.id) == 0)
      continue;
    if (decoding.events.empty()) {
      finish(decoding.id, EventState::skipped, decoding.reason, "", 0);
    } else if (decoding.events.size() == 1) {
      decode_one(decoding.id, decoding.events.front());
      add(decoding.id);
    } else {
      const EventId first = next_id();
      split(decoding);
      for (std::size_t i = 0; i < decoding.events.size(); ++i) add(first + static_cast<EventId>(i));
    }
  }
  return ready;
}

void EventTable::decode_one(EventId id, const DecodedEvent& decoded) {
  describe(id, decoded);
  const bool whole =
      database_.number("SELECT bytes = ?2 FROM body WHERE id = ?1", id, Blob{decoded.body}) != 0;
  if (!whole)
    database_.run("INSERT OR REPLACE INTO piece (id, bytes) VALUES (?1, ?2)", id, Blob{decoded.body});
  skip_repetition(id, decoded);
}

void EventTable::split(const Decoding& decoding) {
  const std::size_t count = decoding.events.size();
  const EventId first = next_id();
  for (const DecodedEvent& decoded : decoding.events) {
    const EventId part = add_part(decoding.id, decoded);
    describe(part, decoded);
    skip_repetition(part, decoded);
  }
  database_.run("UPDATE event SET decoded = 1, first_part = ?2, parts = ?3 WHERE id = ?1", decoding.id, first,
                count);
  finish(decoding.id, EventState::done, "", std::to_string(count) + " events", 0);
  made_ready_ = true;
}

EventId EventTable::add_part(EventId delivery, const DecodedEvent& decoded) {
  const EventId id = next_id();
  database_.run(
      "INSERT INTO event (id, place, connection, peer, key, digest, revision, received, state)"
      " SELECT ?2, id, connection, peer, '', x'', 1, received, 0 FROM event WHERE id = ?1",
      delivery, id);
  database_.run("INSERT INTO body (id, bytes) VALUES (?1, ?2)", id, Blob{decoded.body});
  return id;
}

void EventTable::describe(EventId id, const DecodedEvent& decoded) {
  database_.run(
      "UPDATE event SET state = 0, decoded = 1, event_key = ?2, kind = ?3, entity = ?4, source_id = ?5,"
      " occurred_at = ?6, actor = ?7, due = 0, code = '', reason = '', started = 0 WHERE id = ?1",
      id, decoded.key, decoded.kind, decoded.entity, decoded.source_id, decoded.occurred_at, decoded.actor);
}

void EventTable::skip_repetition(EventId id, const DecodedEvent& decoded) {
  if (decoded.key.empty()) return;
  const EventId first = database_.number(
      "SELECT e.id FROM event AS e JOIN event AS own ON own.id = ?1 WHERE e.connection = own.connection"
      " AND e.event_key = ?2 AND e.event_key <> '' AND e.id <> ?1 ORDER BY e.id LIMIT 1",
      id, decoded.key);
  if (first != 0)
    finish(id, EventState::skipped, "It repeats event " + std::to_string(first) + ".", "", first);
}

void EventTable::finish(EventId id, EventState state, const std::string& reason, const std::string& effect,
                        EventId cause) {
  database_.run(
      "UPDATE event SET state = ?2, code = '', reason = ?3, effect = ?4, cause = ?5, finished = ?6, due = 0,"
      " started = 0 WHERE id = ?1",
      id, number_of(state), reason, effect, cause, now());
}

void EventTable::settle(const Settlement& settlement) {
  const EventState state = settlement.state;
  const bool finished = is_finished(state);
  const std::string fingerprint = state == EventState::dead ? fingerprint_of(settlement) : std::string();
  // What an admin decided meanwhile stands, but for an event that has been applied: that has happened.
  database_.run(
      "UPDATE event SET state = ?2, code = ?3, reason = ?4, effect = ?5, due = ?6, tries = tries + ?7,"
      " cause = ?8, run = ?9, finished = ?10, fingerprint = ?11 WHERE id = ?1 AND (state <= 1 OR ?2 = 3)",
      settlement.id, number_of(state), settlement.code, settlement.reason, settlement.effect,
      state == EventState::waiting ? stored(settlement.due) : 0, settlement.costs_try ? 1 : 0,
      finished ? settlement.cause : 0, settlement.run, finished ? now() : 0, fingerprint);
  const bool changed = database_.changes() > 0;
  database_.run("UPDATE event SET started = 0 WHERE id = ?1", settlement.id);
  if (!changed) return;
  if (state == EventState::ready) made_ready_ = true;
  if (state == EventState::waiting || state == EventState::held || state == EventState::dead)
    note(settlement.id, state, settlement.code, settlement.reason);
}

std::string EventTable::fingerprint_of(const Settlement& settlement) {
  Rows rows = database_.rows("SELECT connection, entity, kind FROM event WHERE id = ?1", settlement.id);
  if (!rows.next()) return {};
  const Digest digest = digest_of(
      {settlement.code, rows->text(0), rows->text(1), rows->text(2), without_numbers(settlement.reason)});
  return hexadecimal(blob_of(digest).bytes.substr(0, 8));
}

// ----------------------------------------------------------------------------------------------------
// decisions

std::uint64_t EventTable::hold(EventId id, const std::string& why) {
  database_.run("UPDATE event SET state = 2, due = 0 WHERE id = ?1 AND state <= 1", id);
  return noted(id, EventState::held, why);
}

std::uint64_t EventTable::release(EventId id, const std::string& why) {
  database_.run("UPDATE event SET state = 0 WHERE id = ?1 AND state = 2", id);
  return noted(id, EventState::ready, why);
}

std::uint64_t EventTable::skip(EventId id, const std::string& why) {
  database_.run(
      "UPDATE event SET state = 4, code = '', reason = ?2, finished = ?3, due = 0, started = 0"
      " WHERE id = ?1 AND state <= 2",
      id, why, now());
  return noted(id, EventState::skipped, why);
}

std::uint64_t EventTable::discard(EventId id, const std::string& why) {
  database_.run("UPDATE event SET state = 6 WHERE id = ?1 AND state = 5", id);
  return noted(id, EventState::discarded, why);
}

std::uint64_t EventTable::replay(EventId id, const std::string& why) {
  const EventId parts = database_.number("SELECT parts FROM event WHERE id = ?1", id);
  if (parts == 0) return replay_one(id, why);
  const EventId first = database_.number("SELECT first_part FROM event WHERE id = ?1", id);
  std::uint64_t changed = 0;
  for (EventId part = first; part < first + parts; ++part) changed += replay_one(part, why);
  return changed;
}

std::uint64_t EventTable::replay_one(EventId id, const std::string& why) {
  // A dead one's outcome is in the history already.
  database_.run(
      "INSERT INTO step (event, at, state, code, reason)"
      " SELECT id, finished, state, code, iif(reason <> '', reason, effect) FROM event"
      " WHERE id = ?1 AND state IN (3, 4)",
      id);
  database_.run(
      "UPDATE event SET state = 0, tries = 0, crashes = 0, replays = replays + 1, code = '', reason = '',"
      " effect = '', fingerprint = '', cause = 0, run = 0, finished = 0 WHERE id = ?1 AND state >= 3",
      id);
  return noted(id, EventState::ready, why);
}

std::uint64_t EventTable::noted(EventId id, EventState state, const std::string& why) {
  if (database_.changes() == 0) return 0;
  if (state == EventState::ready) made_ready_ = true;
  note(id, state, "", why);
  return 1;
}

void EventTable::note(EventId id, EventState state, const std::string& code, const std::string& reason) {
  database_.run("INSERT INTO step (event, at, state, code, reason) VALUES (?1, ?2, ?3, ?4, ?5)", id, now(),
                number_of(state), code, reason);
}

// ----------------------------------------------------------------------------------------------------
// pruning

bool EventTable::prune(const Retention& retention) {
  const std::int64_t done = now() - retention.done.count(), dead = now() - retention.dead.count();
  const std::int64_t finished =
      database_.number("SELECT count(*) FROM event INDEXED BY event_finished WHERE finished > 0");
  const std::int64_t excess = finished - static_cast<std::int64_t>(retention.events);
  std::vector<EventId> old;
  const auto gather = [&](Rows rows) {
    while (rows.next()) old.push_back(rows->integer(0));
  };
  // A delivery stays as long as one of its parts.
  const std::string removable =
      "SELECT id FROM event INDEXED BY event_finished WHERE finished > 0 AND id < (SELECT max(id) FROM event)"
      " AND NOT EXISTS (SELECT 1 FROM event AS part WHERE part.id >= event.first_part"
      " AND part.id < event.first_part + event.parts AND part.place = event.id)";
  gather(database_.rows(removable + " AND finished < max(?1, ?2) AND finished < iif(state IN (3, 4), ?1, ?2)"
                                    " ORDER BY finished LIMIT ?3",
                        done, dead, kPrunedAtOnce));
  if (old.empty() && excess > 0)
    gather(database_.rows(removable + " AND state IN (3, 4) ORDER BY finished LIMIT ?1",
                          std::min(excess, kPrunedAtOnce)));
  for (const EventId id : old) remove(id);
  database_.run("DELETE FROM gap WHERE judged > 0 AND judged < ?1", done);
  return !old.empty();
}

void EventTable::remove(EventId id) {
  {
    Rows rows = database_.rows("SELECT digest, connection, key FROM event WHERE id = ?1", id);
    if (rows.next() && !rows->text(0).empty()) {
      book_.forget(digest_from(rows->text(0)), id);
      if (!rows->text(2).empty()) book_.forget(name_digest(rows->text(1), rows->text(2)), id);
    }
  }
  for (const char* sql : {"DELETE FROM event WHERE id = ?1", "DELETE FROM body WHERE id = ?1",
                          "DELETE FROM piece WHERE id = ?1", "DELETE FROM step WHERE event = ?1"})
    database_.run(sql, id);
}

}  // namespace psabridge::store
