#include "core/store/journal_rows.h"

#include <algorithm>
#include <array>

namespace psabridge::store {
namespace {

// `place` gives the order: the row's own id, or for a part that of its delivery, whose parts are the `parts`
// rows from `first_part` on. `digest` is empty for a part; KeyBook finds rows by it, so no index does: every
// acceptance would change a page of such an index somewhere (docs/adr/0008-the-journal.md). An acceptance
// costs one entry in event_open, at its end; the other indexes are fed later. States are numbers of
// EventState: up to 2 open, from 3 on finished, and then, only then, `finished` is set.
constexpr const char* kFirst = R"sql(
CREATE TABLE event (
  id INTEGER PRIMARY KEY, place INTEGER NOT NULL, connection TEXT NOT NULL, peer TEXT NOT NULL,
  key TEXT NOT NULL, digest BLOB NOT NULL, revision INTEGER NOT NULL, received INTEGER NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 6),
  started INTEGER NOT NULL DEFAULT 0, decoded INTEGER NOT NULL DEFAULT 0,
  first_part INTEGER NOT NULL DEFAULT 0, parts INTEGER NOT NULL DEFAULT 0,
  event_key TEXT NOT NULL DEFAULT '', kind TEXT NOT NULL DEFAULT '', entity TEXT NOT NULL DEFAULT '',
  source_id TEXT NOT NULL DEFAULT '', occurred_at TEXT NOT NULL DEFAULT '', actor TEXT NOT NULL DEFAULT '',
  tries INTEGER NOT NULL DEFAULT 0, crashes INTEGER NOT NULL DEFAULT 0, replays INTEGER NOT NULL DEFAULT 0,
  due INTEGER NOT NULL DEFAULT 0, finished INTEGER NOT NULL DEFAULT 0,
  code TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', effect TEXT NOT NULL DEFAULT '',
  fingerprint TEXT NOT NULL DEFAULT '', cause INTEGER NOT NULL DEFAULT 0, run INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX event_open ON event (place) WHERE state <= 2;
CREATE INDEX event_finished ON event (finished, state, connection) WHERE finished > 0;
CREATE INDEX event_dead ON event (fingerprint) WHERE state = 5;
CREATE INDEX event_object ON event (connection, entity, source_id, received) WHERE source_id <> '';
CREATE INDEX event_by_key ON event (connection, event_key) WHERE event_key <> '';

CREATE TABLE body (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE piece (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;

CREATE TABLE step (
  id INTEGER PRIMARY KEY, event INTEGER NOT NULL, at INTEGER NOT NULL, state INTEGER NOT NULL,
  code TEXT NOT NULL, reason TEXT NOT NULL
) STRICT;
CREATE INDEX step_by_event ON step (event);

CREATE TABLE gap (
  id INTEGER PRIMARY KEY, connection TEXT NOT NULL, pipeline TEXT NOT NULL, entity TEXT NOT NULL,
  source_id TEXT NOT NULL, changed_at TEXT NOT NULL, seen INTEGER NOT NULL,
  judged INTEGER NOT NULL DEFAULT 0,
  verdict TEXT NOT NULL DEFAULT 'open' CHECK (verdict IN ('open', 'late', 'missed')),
  UNIQUE (connection, entity, source_id, changed_at)
) STRICT;
CREATE INDEX gap_open ON gap (seen) WHERE verdict = 'open';
CREATE INDEX gap_judged ON gap (judged) WHERE judged > 0;
)sql";

constexpr auto kSteps = std::to_array<const char*>({kFirst});
constexpr Lineage kJournal{0x50534145, kSteps};  // "PSAE"

constexpr auto kStateNames =
    std::to_array<std::string_view>({"ready", "waiting", "held", "done", "skipped", "dead", "discarded"});

constexpr std::string_view kColumns =
    "id, connection, peer, iif(event_key <> '', event_key, key), revision, kind, entity, source_id,"
    " occurred_at, actor, state, tries, crashes, replays, received, due, finished, code, reason, effect,"
    " iif(cause = 0 AND place <> id, place, cause), run, decoded, ";
constexpr std::string_view kBody =
    "coalesce((SELECT bytes FROM piece WHERE piece.id = event.id),"
    " (SELECT bytes FROM body WHERE body.id = event.id))";

// What a search looks into.
constexpr auto kTextColumns =
    std::to_array<std::string_view>({"connection", "peer", "key", "event_key", "kind", "entity", "source_id",
                                     "occurred_at", "actor", "code", "reason", "effect"});

/// Gathers conditions; a text becomes a parameter.
class FilterMaker {
 public:
  void add(const std::string& condition) { filter_.sql += " AND " + condition; }
  std::string parameter(std::string text) {
    filter_.texts.push_back(std::move(text));
    return "?" + std::to_string(filter_.texts.size());
  }
  void equal(const std::string& column, const std::string& text) {
    if (!text.empty()) add(column + " = " + parameter(text));
  }
  EventFilter filter() && { return std::move(filter_); }

 private:
  EventFilter filter_{"TRUE", {}};
};

std::string json_list(const std::vector<EventId>& ids) {
  std::string list = "[";
  for (const EventId id : ids) list += (list.size() > 1 ? "," : "") + std::to_string(id);
  return list + "]";
}

std::string search_condition(const std::string& pattern) {
  const std::string like = " LIKE " + pattern + " ESCAPE '\\' OR ";
  std::string any = "(";
  for (const std::string_view column : kTextColumns) any += std::string(column) + like;
  // A piece of a delivery stands in its bytes, too, so they suffice.
  return any + "EXISTS (SELECT 1 FROM body WHERE body.id = event.id AND CAST(bytes AS TEXT) LIKE " + pattern +
         " ESCAPE '\\'))";
}

}  // namespace

std::string_view name_of(EventState state) noexcept { return kStateNames[static_cast<std::size_t>(state)]; }

std::optional<EventState> event_state_named(std::string_view name) noexcept {
  const auto found = std::ranges::find(kStateNames, name);
  if (found == kStateNames.end()) return std::nullopt;
  return static_cast<EventState>(found - kStateNames.begin());
}

std::filesystem::path journal_file_of(const std::string& store_url) {
  return sqlite_file_of(store_url).string() + ".events";
}

const Lineage& journal_lineage() { return kJournal; }

std::int64_t stored(SysMilliseconds time) { return time.time_since_epoch().count(); }

std::string time_text(std::int64_t stored) {
  return stored == 0 ? std::string() : format_time(SysMilliseconds(Milliseconds(stored)));
}

std::string state_condition(const std::vector<EventState>& states) {
  std::string list;
  for (const EventState state : states)
    list += (list.empty() ? "" : ", ") + std::to_string(static_cast<int>(state));
  const std::string condition = "state IN (" + list + ")";
  // SQLite takes a partial index when its condition stands there in these words.
  const bool all_open =
      std::ranges::all_of(states, [](EventState state) { return state <= EventState::held; });
  return all_open ? "state <= 2 AND " + condition : condition;
}

EventFilter filter_of(const EventQuery& query) {
  FilterMaker maker;
  if (!query.ids.empty())
    maker.add("id IN (SELECT value FROM json_each(" + maker.parameter(json_list(query.ids)) + "))");
  maker.equal("connection", query.connection);
  maker.equal("kind", query.kind);
  maker.equal("entity", query.entity);
  maker.equal("source_id", query.source_id);
  maker.equal("code", query.code);
  maker.equal("fingerprint", query.fingerprint);
  if (!query.source_id.empty()) maker.add("source_id <> ''");  // names the partial index
  if (!query.states.empty()) maker.add(state_condition(query.states));
  if (query.since) maker.add("received >= " + std::to_string(stored(*query.since)));
  if (query.until) maker.add("received < " + std::to_string(stored(*query.until)));
  if (query.before != 0) maker.add("id < " + std::to_string(query.before));
  if (query.after != 0) maker.add("id > " + std::to_string(query.after));
  if (!query.search.empty()) maker.add(search_condition(maker.parameter(like_pattern(query.search))));
  return std::move(maker).filter();
}

void bind_texts(Statement& statement, const std::vector<std::string>& texts) {
  int parameter = 0;
  for (const std::string& text : texts) statement.bind(++parameter, std::string_view(text));
}

std::string select_events() { return "SELECT " + std::string(kColumns) + "'' FROM event "; }

std::string select_events_with_bodies() {
  return "SELECT " + std::string(kColumns) + std::string(kBody) + " FROM event ";
}

Event event_of(const Rows& row) {
  const auto text = [&](int column) { return std::string(row->text(column)); };
  const auto small = [&](int column) { return static_cast<std::uint32_t>(row->integer(column)); };
  Event event;
  event.id = row->integer(0);
  event.connection = text(1);
  event.peer = text(2);
  event.key = text(3);
  event.revision = small(4);
  event.kind = text(5);
  event.entity = text(6);
  event.source_id = text(7);
  event.occurred_at = text(8);
  event.actor = text(9);
  event.state = static_cast<EventState>(row->integer(10));
  event.tries = small(11);
  event.crashes = small(12);
  event.replays = small(13);
  event.received_at = time_text(row->integer(14));
  event.due_at = time_text(row->integer(15));
  event.finished_at = time_text(row->integer(16));
  event.code = text(17);
  event.reason = text(18);
  event.effect = text(19);
  event.cause = row->integer(20);
  event.run = row->integer(21);
  event.decoded = row->integer(22) != 0;
  event.body = text(23);
  return event;
}

std::optional<Event> find_event(Database& database, EventId id) {
  static const std::string sql = select_events_with_bodies() + "WHERE id = ?1";
  Rows rows = database.rows(sql, id);
  return rows.next() ? std::optional(event_of(rows)) : std::nullopt;
}

}  // namespace psabridge::store
