// The Super IT store: records, cursors, runs, audit and dead letters in one database, changed only in whole
// transactions.
//
// One Store object writes (a Writer, one thread at a time, holding the store's lock file); any number of
// Readers look on. The tables of the entities are made from the syncers' schemas; their form is documented in
// docs/reference/store.md.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/time.h"
#include "core/model/batch.h"
#include "core/model/scope.h"
#include "core/store/decisions.h"
#include "core/store/duplicates.h"
#include "core/store/teams.h"
#include "core/store/unmapped.h"

namespace psabridge::store {

class Outbox;

using RunId = std::int64_t;

enum class Action : std::uint8_t { created, updated, restored, deleted };
std::string_view name_of(Action action) noexcept;

/// What became of the records that were read: read = created + updated + unchanged + filtered + dead
/// (restored counts as updated; a record older than the stored one as unchanged). `deleted` counts tombstones
/// set by sweeps or by the source: such records bring no content and are not counted as read.
struct Counts {
  std::uint64_t read = 0, created = 0, updated = 0, unchanged = 0, filtered = 0, dead = 0, deleted = 0;
  Counts& operator+=(const Counts& other) noexcept;
  bool operator==(const Counts&) const = default;
  /// True when nothing in the store had to change.
  bool quiet() const noexcept { return created + updated + dead + deleted == 0; }
};

/// One applied change, told to whoever watches a commit (plan, progress, live view).
struct Change {
  std::string_view entity, source_id;
  Action action;
  const ContentHash& content_hash;
  std::string_view version;  ///< of the source; empty when it has none
};
/// Called on the committing thread, inside the transaction.
using ChangeWatcher = std::function<void(const Change&)>;

/// Where one (pipeline, entity) stands.
struct Position {
  std::string cursor;      ///< the connector's; empty: never read
  std::string full_since;  ///< time the running full read began; empty: none is running
  std::string swept_at;    ///< time of the last proven id sweep or full read; empty: never
};

/// Everything that one transaction shall make durable for one page.
struct Commit {
  RunId run = 0;
  std::string_view pipeline;
  const Batch* batch = nullptr;       ///< never null; without records only the position moves
  std::optional<std::string> cursor;  ///< new cursor, when it moves
  bool mark_seen = false;  ///< a full read or sweep is on: remember the ids for the search for deletions
  /// Changed and deleted records owe a read of their children ("note"): those of a deleted one go with it.
  std::string_view child_entity;  ///< empty: none
  /// Parents all of whose children stand in this batch: the debt is paid, and their stored children that are
  /// not in the batch are deleted.
  std::span<const std::string> settled_parents;
  std::uint32_t requests = 0;  ///< requests to the source that this page took
  /// When the page was asked for. A record that was read singly meanwhile is not put back to what the page
  /// says, unless the page has a newer version of it.
  Milliseconds read_at{0};  ///< monotonic; 0: not known
  bool single = false;      ///< its records were read singly
};

struct RunInfo {
  RunId id = 0;
  std::string pipeline, connection, mode;  ///< mode: "incremental", "full", "narrowed", "retry", "events"
  std::string state;                       ///< running, done, partial, failed, stopped, interrupted
  std::string started_at, finished_at;     ///< RFC 3339
  std::string error_code, error;
};
struct RunEntity {
  std::string entity, state;  ///< state: running, done, degraded, failed, stopped, held
  Counts counts;
  std::uint64_t requests = 0;
  std::string error_code, error;
};

struct DeadLetter {
  std::int64_t id = 0;
  std::string connection, pipeline, entity, source_id, code, reason, payload;
  std::string state;  ///< open, retried, discarded, resolved (a good version arrived)
  std::string first_seen_at, last_seen_at;
  std::uint64_t times = 0;  ///< failures that were new: another payload or reason, or a try after `retried`
  RunId run = 0;
};

/// Deletes that the guard held back.
struct Hold {
  std::int64_t id = 0;
  std::string connection, pipeline, entity, state;  ///< waiting, approved, rejected, applied
  std::uint64_t candidates = 0, known = 0;
  std::string created_at, decided_at;
  std::vector<std::string> sample;  ///< some source ids
};

struct FieldText {
  std::string name, text;
  bool null = false;
};
/// A stored record for people: columns in table order, custom fields and history.
struct StoredRecord {
  std::vector<FieldText> columns;  ///< system columns and canonical fields; `raw` unpacked
};
struct AuditEntry {
  std::int64_t id = 0;  ///< number of the change within its record, from 1
  RunId run = 0;
  std::string at, entity, source_id, action,
      changes;  ///< changes: JSON {"field":[old,new]}, empty for created
};

/// Rows of an entity as records, without `raw`.
struct StoredRows {
  Batch batch;                           ///< its schema is the one that was asked with
  std::vector<std::int64_t> ids;         ///< our ids, parallel to the records
  std::vector<std::string> connections;  ///< parallel to the records
  std::vector<std::string> updated_at;   ///< parallel to the records; RFC 3339
};

/// Which records to list.
struct RecordQuery {
  std::string entity{}, connection{};  ///< connection empty: all
  std::string search{};                ///< part of any text column, case-insensitive; empty: all
  std::vector<std::pair<std::string, std::string>> equals{};  ///< column = text
  bool deleted = false;                                       ///< tombstones too
  std::int64_t after_id = 0;                                  ///< page: rows with a larger id
  std::uint32_t limit = 50;
};

/// Which runs.
struct RunQuery {
  std::string pipeline{};      ///< empty: all
  std::string without_mode{};  ///< runs of this mode are left out; empty: none
  std::uint32_t limit = 50;
};

/// Which dead letters. Members that are empty do not matter.
struct DeadQuery {
  std::string entity{}, state{}, code{};
  std::string search{};  ///< part of the source id, the reason, the code or the payload, ASCII case ignored
  std::optional<SysMilliseconds> since{}, until{};  ///< last seen in [since, until)
  std::vector<std::int64_t> ids{};
  std::uint32_t limit = 50;
};

/// One broken invariant found by `verify`.
struct Finding {
  std::string check, entity, detail;
};

/// Reads. A Reader has its own read-only connection; one thread at a time. Throws Error PB13xx.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual std::vector<std::string> entities() const = 0;
  virtual std::uint64_t count(std::string_view entity, std::string_view connection, bool deleted) const = 0;
  virtual std::vector<StoredRecord> records(const RecordQuery& query) const = 0;
  /// By our id or by source id.
  virtual std::optional<StoredRecord> record(std::string_view entity, std::string_view connection,
                                             std::string_view id) const = 0;
  virtual std::vector<AuditEntry> history(std::string_view entity, std::string_view connection,
                                          std::string_view source_id) const = 0;
  /// Newest first.
  virtual std::vector<RunInfo> runs(const RunQuery& query) const = 0;
  virtual std::optional<RunInfo> run(RunId id) const = 0;
  virtual std::vector<RunEntity> run_entities(RunId id) const = 0;
  /// Newest first, without payloads.
  virtual std::vector<DeadLetter> dead_letters(const DeadQuery& query) const = 0;
  virtual std::optional<DeadLetter> dead_letter(std::int64_t id) const = 0;
  virtual std::uint64_t dead_count(std::string_view pipeline) const = 0;
  virtual std::vector<Hold> holds(std::string_view state) const = 0;
  /// Live records that refer to this one: entity and how many, without those of which there are none.
  virtual std::vector<std::pair<std::string, std::uint64_t>> references(std::string_view entity,
                                                                        std::string_view connection,
                                                                        std::string_view source_id) const = 0;
  virtual Position position(std::string_view pipeline, std::string_view entity) const = 0;
  virtual std::uint64_t owed_children(std::string_view pipeline, std::string_view entity) const = 0;
  /// name -> source ids of a lookup entity (compared without ASCII case).
  virtual std::vector<std::pair<std::string, std::string>> names(std::string_view entity,
                                                                 std::string_view connection) const = 0;
  /// Live rows of an entity with these ids, ascending, as records that plugins can be given; `schema` names
  /// the fields. The batch has no connection, for they may be of several.
  virtual StoredRows rows(const EntitySchema& schema, std::span<const std::int64_t> ids) const = 0;
  /// Live rows of one connection with these source ids; those that are not stored are left out.
  virtual StoredRows rows_of(const EntitySchema& schema, std::string_view connection,
                             std::span<const std::string> source_ids) const = 0;
  /// At most `limit` live rows of one connection with larger ids than `after`, ascending.
  virtual StoredRows rows_after(const EntitySchema& schema, std::string_view connection, std::int64_t after,
                                std::uint32_t limit) const = 0;
  /// Connections that have live rows of the entity.
  virtual std::vector<std::string> connections_of(std::string_view entity) const = 0;
  /// The fields of an entity as the store knows them. Throws Error PB1601.
  virtual EntitySchema schema(std::string_view entity) const = 0;
  /// What is known of duplicates.
  virtual const Duplicates& duplicates() const = 0;
  /// Managed teams and the links of clients to them.
  virtual const Teams& teams() const = 0;
  /// Where tickets were sent, by what rules and by whom.
  virtual const Decisions& decisions() const = 0;
  /// Values of the source that the admin's maps do not list.
  virtual const UnmappedValues& unmapped() const = 0;
  /// What goes back to the sources (core/store/outbox.h).
  virtual const Outbox& outbox() const = 0;
  /// Invariants of the stored data: duplicate keys, counts of runs, orphaned refs (reported as kind
  /// "dangling"), cursor sanity, unreadable raw, database integrity.
  virtual std::vector<Finding> verify() const = 0;
};

/// When a commit is on the disk, so that a power cut does not take it back.
enum class Durability {
  later,    ///< with the next checkpoint: whoever writes can read everything again from the cursor
  at_once,  ///< when commit() returns: somebody else is told that the work is done
};

/// Reads and writes. One per store and machine (lock file). One thread at a time.
class Writer : public Reader {
 public:
  /// Makes or extends the tables of these entities (new columns are added; nothing is dropped). Call before
  /// commits.
  virtual void prepare(std::span<const EntitySchema> schemas) = 0;

  /// Starts a run; its row is written with the first commit or by end_run, so that a quiet run costs one
  /// small transaction. Runs left "running" by a dead process become "interrupted" when a Writer is opened.
  virtual RunId begin_run(const RunInfo& run) = 0;
  virtual void end_run(RunId run, std::string_view state, const std::vector<RunEntity>& entities,
                       std::string_view error_code, std::string_view error) = 0;

  /// Applies the pages in one transaction: all of it or nothing. Returns the counts per page, in order.
  /// Throws Error PB13xx, after which the store is as before the call.
  virtual std::vector<Counts> commit(std::span<const Commit> pages, const ChangeWatcher& watcher) = 0;

  /// A full read or an id sweep begins: forgets ids seen by an unfinished one unless `resume`. From the empty
  /// cursor on (reset_position) it is a full read, noted in position.full_since and resumable by its cursor;
  /// with a cursor it is an id sweep, which leaves the cursor alone and begins anew after a crash.
  virtual void begin_sweep(std::string_view pipeline, std::string_view entity, bool resume) = 0;
  /// Source ids of live records of the entity that stood in the store when the sweep began, lie in `scope`
  /// (others could not have been seen) and were not seen; at most `limit`, all of them counted in `total`,
  /// and the live records in scope in `known`.
  struct Unseen {
    std::vector<std::string> ids;
    std::uint64_t total = 0, known = 0;
  };
  virtual Unseen unseen(std::string_view pipeline, std::string_view connection, const EntitySchema& schema,
                        const Scope& scope, std::uint32_t limit) const = 0;
  /// Source ids that a sweep saw and the store does not hold (no live record, no open dead letter): missed so
  /// far, to be fetched.
  virtual std::vector<std::string> unstored(std::string_view pipeline, std::string_view connection,
                                            std::string_view entity, std::uint32_t limit) const = 0;
  /// Sweep proven: position.swept_at is set, seen ids are dropped. Nothing is deleted by this.
  virtual void end_sweep(std::string_view pipeline, std::string_view entity) = 0;

  /// Parents that owe a read of their children, oldest debt first.
  virtual std::vector<std::string> owed(std::string_view pipeline, std::string_view entity,
                                        std::uint32_t limit) const = 0;

  /// These parents owe a read of their children, changed or not.
  virtual void owe(std::string_view pipeline, std::string_view entity,
                   std::span<const std::string> parents) = 0;
  /// A read of the children of some parents begins now: it pays every debt that stands. (`owed` says so of
  /// the debts that it gave.)
  virtual void begin_children(std::string_view pipeline, std::string_view entity) = 0;

  virtual std::int64_t hold_deletes(const Hold& hold) = 0;
  virtual void decide_hold(std::int64_t id, bool approve) = 0;
  /// The approved deletes were carried out: state "applied".
  virtual void settle_hold(std::int64_t id) = 0;
  virtual void set_dead_state(std::int64_t id, std::string_view state) = 0;
  /// Forgets the cursor, so that the next run reads everything.
  virtual void reset_position(std::string_view pipeline, std::string_view entity) = 0;
  /// To change what is known of duplicates, within in_one().
  virtual Duplicates& duplicates() = 0;
  using Reader::duplicates;
  /// To change teams and links, within in_one().
  virtual Teams& teams() = 0;
  using Reader::teams;
  /// To change decisions, rules and assignments, within in_one().
  virtual Decisions& decisions() = 0;
  using Reader::decisions;
  virtual UnmappedValues& unmapped() = 0;
  using Reader::unmapped;
  /// To change what goes back, within in_one().
  virtual Outbox& outbox() = 0;
  using Reader::outbox;
  /// Runs `change` in one transaction: all of it or nothing.
  virtual void in_one(const std::function<void()>& change) = 0;
  virtual std::string state_get(std::string_view owner, std::string_view key) const = 0;
  virtual void state_put(std::string_view owner, std::string_view key, std::string_view value) = 0;

  /// Trial: everything from here on is rolled back by end_trial(false) or made durable by end_trial(true).
  /// For `plan` and `sync --plan`.
  virtual void begin_trial() = 0;
  virtual void end_trial(bool keep) = 0;
};

/// The file of a store address "sqlite:/abs/path". Throws Error PB1309 when it is none.
std::filesystem::path sqlite_file_of(const std::string& url);

/// Opens for reading. `url` as in the configuration ("sqlite:/abs/path"). Throws Error PB1301 when there is
/// no store yet.
std::unique_ptr<Reader> open_reader(const std::string& url);
/// Opens for writing, makes the file when missing, migrates, takes the lock (PB1302 when somebody has it).
/// After an unclean stop the file is checked first (PB1303).
std::unique_ptr<Writer> open_writer(const std::string& url, Clock& clock,
                                    Durability durability = Durability::later);

}  // namespace psabridge::store
