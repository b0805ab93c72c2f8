#include "core/store/migrations.h"

#include <array>
#include <string>

#include "core/base/error.h"

namespace psabridge::store {
namespace {

// Tables of our own begin with psabridge_, so that an entity may have any other name. `stream` is the id of a
// position, that is of one entity in one pipeline; `entity` in audit and total is the id in psabridge_entity:
// these tables have many rows.
constexpr const char* kFirst = R"sql(
CREATE TABLE psabridge_entity (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE psabridge_field (
  entity INTEGER NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, target TEXT NOT NULL,
  PRIMARY KEY (entity, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE psabridge_total (
  entity INTEGER NOT NULL, connection TEXT NOT NULL, live INTEGER NOT NULL, deleted INTEGER NOT NULL,
  PRIMARY KEY (entity, connection)
) STRICT, WITHOUT ROWID;
CREATE TABLE psabridge_audit (
  entity INTEGER NOT NULL, record INTEGER NOT NULL, number INTEGER NOT NULL,
  run INTEGER NOT NULL, at INTEGER NOT NULL, action INTEGER NOT NULL, changes TEXT,
  PRIMARY KEY (entity, record, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE psabridge_position (
  id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, entity TEXT NOT NULL,
  cursor TEXT NOT NULL, full_since TEXT NOT NULL, swept_at TEXT NOT NULL, sweep_through INTEGER NOT NULL,
  UNIQUE (pipeline, entity)
) STRICT;
CREATE TABLE psabridge_seen (
  stream INTEGER NOT NULL, record INTEGER NOT NULL,
  PRIMARY KEY (stream, record)
) STRICT, WITHOUT ROWID;
CREATE TABLE psabridge_debt (
  id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, parent TEXT NOT NULL,
  UNIQUE (stream, parent)
) STRICT;

CREATE TABLE psabridge_run (
  id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, connection TEXT NOT NULL, mode TEXT NOT NULL, state TEXT NOT NULL,
  started_at TEXT NOT NULL, finished_at TEXT NOT NULL, error_code TEXT NOT NULL, error TEXT NOT NULL
) STRICT;
CREATE INDEX psabridge_run_by_pipeline ON psabridge_run (pipeline, id);
CREATE TABLE psabridge_run_entity (
  run INTEGER NOT NULL, entity TEXT NOT NULL, state TEXT NOT NULL, requests INTEGER NOT NULL,
  read INTEGER NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, unchanged INTEGER NOT NULL,
  filtered INTEGER NOT NULL, dead INTEGER NOT NULL, deleted INTEGER NOT NULL,
  error_code TEXT NOT NULL, error TEXT NOT NULL,
  PRIMARY KEY (run, entity)
) STRICT, WITHOUT ROWID;

CREATE TABLE psabridge_dead (
  id INTEGER PRIMARY KEY, connection TEXT NOT NULL, pipeline TEXT NOT NULL, entity TEXT NOT NULL,
  key TEXT NOT NULL, source_id TEXT NOT NULL, source_version TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL,
  payload BLOB NOT NULL, payload_hash BLOB NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'retried', 'discarded', 'resolved')),
  first_seen_at TEXT NOT NULL, last_seen_at TEXT NOT NULL, times INTEGER NOT NULL, run INTEGER NOT NULL,
  UNIQUE (connection, entity, key)
) STRICT;
CREATE INDEX psabridge_dead_open ON psabridge_dead (connection, entity) WHERE state IN ('open', 'retried');
CREATE TABLE psabridge_hold (
  id INTEGER PRIMARY KEY, connection TEXT NOT NULL, pipeline TEXT NOT NULL, entity TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'rejected', 'applied')),
  candidates INTEGER NOT NULL, known INTEGER NOT NULL, created_at TEXT NOT NULL, decided_at TEXT NOT NULL, sample TEXT NOT NULL
) STRICT;

CREATE TABLE psabridge_link (
  connection TEXT NOT NULL, client TEXT NOT NULL, team TEXT NOT NULL,
  PRIMARY KEY (connection, client)
) STRICT, WITHOUT ROWID;
CREATE TABLE psabridge_state (
  owner TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;
)sql";

// What duplicates are found by, what was found, and what people decided (core/store/duplicates.h). `of`: the
// lowest record of the entity that a record belongs to.
constexpr const char* kDuplicates = R"sql(
CREATE TABLE psabridge_form (
  entity INTEGER NOT NULL, record INTEGER NOT NULL, packed BLOB NOT NULL,
  PRIMARY KEY (entity, record)
) STRICT, WITHOUT ROWID;
CREATE TABLE psabridge_waiting (
  entity INTEGER NOT NULL, record INTEGER NOT NULL,
  PRIMARY KEY (entity, record)
) STRICT, WITHOUT ROWID;
CREATE TABLE psabridge_match (
  entity INTEGER NOT NULL, a INTEGER NOT NULL, b INTEGER NOT NULL,
  verdict INTEGER NOT NULL, veto INTEGER NOT NULL, obstacle INTEGER NOT NULL, weight INTEGER NOT NULL,
  PRIMARY KEY (entity, a, b)
) STRICT, WITHOUT ROWID;
CREATE INDEX psabridge_match_by_b ON psabridge_match (entity, b);
CREATE TABLE psabridge_member (
  entity INTEGER NOT NULL, record INTEGER NOT NULL, of INTEGER NOT NULL,
  PRIMARY KEY (entity, record)
) STRICT, WITHOUT ROWID;
CREATE INDEX psabridge_member_by_of ON psabridge_member (entity, of);
CREATE TABLE psabridge_golden (
  entity INTEGER NOT NULL, of INTEGER NOT NULL, fields TEXT NOT NULL,
  PRIMARY KEY (entity, of)
) STRICT, WITHOUT ROWID;
CREATE TABLE psabridge_step (
  id INTEGER PRIMARY KEY AUTOINCREMENT, entity INTEGER NOT NULL, action TEXT NOT NULL, undoes INTEGER NOT NULL,
  by TEXT NOT NULL, at TEXT NOT NULL, note TEXT NOT NULL
) STRICT;
CREATE TABLE psabridge_word (
  step INTEGER NOT NULL, a INTEGER NOT NULL, b INTEGER NOT NULL, same INTEGER NOT NULL,
  PRIMARY KEY (step, a, b)
) STRICT, WITHOUT ROWID;
CREATE TABLE psabridge_pin (
  step INTEGER NOT NULL, record INTEGER NOT NULL, field TEXT NOT NULL,
  PRIMARY KEY (step, record, field)
) STRICT, WITHOUT ROWID;
)sql";

// Managed teams, and links that may be limited, switched off and several of a client (core/store/teams.h). An
// id of a link is never used twice: decisions name it.
constexpr const char* kTeams = R"sql(
CREATE TABLE psabridge_team (
  name TEXT PRIMARY KEY, title TEXT NOT NULL, parent TEXT NOT NULL, receives INTEGER NOT NULL,
  hours TEXT NOT NULL, zone TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE psabridge_team_member (
  team TEXT NOT NULL, connection TEXT NOT NULL, agent TEXT NOT NULL,
  PRIMARY KEY (team, connection, agent)
) STRICT, WITHOUT ROWID;
CREATE TABLE psabridge_team_connection (
  team TEXT NOT NULL, connection TEXT NOT NULL,
  PRIMARY KEY (team, connection)
) STRICT, WITHOUT ROWID;

ALTER TABLE psabridge_link RENAME TO psabridge_old_link;
CREATE TABLE psabridge_link (
  id INTEGER PRIMARY KEY AUTOINCREMENT, connection TEXT NOT NULL, client TEXT NOT NULL, team TEXT NOT NULL,
  active INTEGER NOT NULL, types TEXT NOT NULL, boards TEXT NOT NULL, priorities TEXT NOT NULL,
  sites TEXT NOT NULL, since TEXT NOT NULL, until TEXT NOT NULL, origin TEXT NOT NULL, created_at TEXT NOT NULL
) STRICT;
CREATE INDEX psabridge_link_by_client ON psabridge_link (connection, client);
CREATE INDEX psabridge_link_by_team ON psabridge_link (team);
INSERT INTO psabridge_link (connection, client, team, active, types, boards, priorities, sites, since, until,
  origin, created_at)
  SELECT connection, client, team, 1, '[]', '[]', '[]', '[]', '', '', 'manual', ''
    FROM psabridge_old_link ORDER BY connection, client;
DROP TABLE psabridge_old_link;
)sql";

// Where tickets were sent and why (core/store/decisions.h). `record` is the id of a row of the ticket table,
// times are milliseconds since 1970-01-01 UTC. The load of teams is kept by triggers of that table.
constexpr const char* kRouting = R"sql(
CREATE TABLE psabridge_rules (
  id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, version TEXT NOT NULL, text TEXT NOT NULL, since TEXT NOT NULL
) STRICT;
CREATE TABLE psabridge_decision (
  id INTEGER PRIMARY KEY, record INTEGER NOT NULL, at INTEGER NOT NULL, team TEXT NOT NULL, rule TEXT NOT NULL,
  reason TEXT NOT NULL, evidence TEXT NOT NULL, troubled INTEGER NOT NULL, rules INTEGER NOT NULL
) STRICT;
CREATE INDEX psabridge_decision_by_record ON psabridge_decision (record, id);
CREATE TABLE psabridge_assignment (
  id INTEGER PRIMARY KEY, record INTEGER NOT NULL, team TEXT NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL,
  at INTEGER NOT NULL, instead_of_team TEXT NOT NULL, instead_of_rule TEXT NOT NULL,
  released_at INTEGER, released_by TEXT
) STRICT;
CREATE UNIQUE INDEX psabridge_assignment_that_holds ON psabridge_assignment (record) WHERE released_at IS NULL;
CREATE TABLE psabridge_load (
  team TEXT PRIMARY KEY, open INTEGER NOT NULL, total INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE psabridge_unmapped (
  connection TEXT NOT NULL, entity TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
  sample TEXT NOT NULL, times INTEGER NOT NULL, first_at TEXT NOT NULL, last_at TEXT NOT NULL,
  PRIMARY KEY (connection, entity, field, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE psabridge_routing_generation (number INTEGER NOT NULL) STRICT;
INSERT INTO psabridge_routing_generation VALUES (1);
)sql"
#define PSABRIDGE_COUNT_CHANGES(table, event)                                        \
  "CREATE TRIGGER psabridge_" table "_" event " AFTER " event " ON psabridge_" table \
  " BEGIN UPDATE psabridge_routing_generation SET number = number + 1; END;"
    PSABRIDGE_COUNT_CHANGES("team", "INSERT") PSABRIDGE_COUNT_CHANGES("team", "UPDATE")
        PSABRIDGE_COUNT_CHANGES("team", "DELETE") PSABRIDGE_COUNT_CHANGES("link", "INSERT")
            PSABRIDGE_COUNT_CHANGES("link", "UPDATE") PSABRIDGE_COUNT_CHANGES("link", "DELETE")
                PSABRIDGE_COUNT_CHANGES("member", "INSERT") PSABRIDGE_COUNT_CHANGES("member", "UPDATE")
                    PSABRIDGE_COUNT_CHANGES("member", "DELETE");
#undef PSABRIDGE_COUNT_CHANGES

// What goes back to the sources, and what was written there (core/store/outbox.h).
constexpr const char* kOutbox = R"sql(
CREATE TABLE psabridge_outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT, connection TEXT NOT NULL, entity TEXT NOT NULL, source_id TEXT NOT NULL,
  field TEXT NOT NULL, wanted TEXT NOT NULL, expected TEXT, origin TEXT NOT NULL, by TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'confirmed', 'conflict', 'failed', 'dropped', 'superseded')),
  tries INTEGER NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL, shown TEXT NOT NULL, made_id TEXT NOT NULL,
  created_at TEXT NOT NULL, due_at TEXT NOT NULL, tried_at TEXT NOT NULL, done_at TEXT NOT NULL
) STRICT;
CREATE INDEX psabridge_outbox_by_field ON psabridge_outbox (connection, entity, source_id, field, id);
CREATE INDEX psabridge_outbox_open ON psabridge_outbox (connection, entity, source_id, id)
  WHERE state IN ('waiting', 'sent');
CREATE TABLE psabridge_written (
  connection TEXT NOT NULL, entity TEXT NOT NULL, source_id TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (connection, entity, source_id, field, value)
) STRICT, WITHOUT ROWID;
)sql";

constexpr auto kSteps = std::to_array<const char*>({kFirst, kDuplicates, kTeams, kRouting, kOutbox});
constexpr Lineage kStore{0x50534142, kSteps};  // "PSAB"

std::int64_t newest(const Lineage& lineage) { return static_cast<std::int64_t>(lineage.steps.size()); }

void refuse_foreign(Database& database, const Lineage& lineage) {
  // In this order: tables and id come with one commit, perhaps of another process at this moment.
  const bool in_use = database.number("SELECT count(*) FROM sqlite_schema") > 0;
  const std::int64_t owner = database.number("PRAGMA application_id");
  if (owner == lineage.application_id || (owner == 0 && !in_use)) return;
  throw Error("PB1301", "The file " + database.file().string() +
                            " is a database of another program. Name another file in `store`.");
}

/// False when there is no further step.
bool take_step(Database& database, const Lineage& lineage) {
  if (form_of(database, lineage) == newest(lineage)) return false;
  Transaction transaction(database);
  const std::int64_t form = form_of(database, lineage);  // another process may have taken the step meanwhile
  if (form == newest(lineage)) return false;
  database.script(lineage.steps[static_cast<std::size_t>(form)]);
  database.script("PRAGMA application_id = " + std::to_string(lineage.application_id) +
                  "; PRAGMA user_version = " + std::to_string(form + 1));
  transaction.commit();
  return true;
}

}  // namespace

std::int64_t form_of(Database& database, const Lineage& lineage) {
  refuse_foreign(database, lineage);
  const std::int64_t form = database.number("PRAGMA user_version");
  if (form <= newest(lineage)) return form;
  throw Error("PB1305", "The store " + database.file().string() + " has form " + std::to_string(form) +
                            ", and this program knows forms up to " + std::to_string(newest(lineage)) + ".");
}

void migrate(Database& database, const Lineage& lineage) {
  while (take_step(database, lineage)) {
  }
}

const Lineage& store_lineage() noexcept { return kStore; }

void check_version(Database& database) {
  const std::int64_t form = form_of(database, kStore);
  if (form == 0)
    throw Error("PB1301", "There is no store in " + database.file().string() +
                              " yet. The first `psabridge sync` makes it.");
  if (form < newest(kStore))
    throw Error("PB1307", "The store " + database.file().string() + " has form " + std::to_string(form) +
                              ", and this program reads form " + std::to_string(newest(kStore)) + ".");
}

}  // namespace psabridge::store
