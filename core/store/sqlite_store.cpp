#include "core/store/sqlite_store.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <map>

#include "core/base/error.h"
#include "core/base/time.h"
#include "core/store/books.h"
#include "core/store/entity_layout.h"
#include "core/store/lock_file.h"
#include "core/store/migrations.h"
#include "core/store/outbox.h"
#include "core/store/page_writer.h"
#include "core/store/queries.h"
#include "core/store/row_reader.h"
#include "core/store/scope_sql.h"
#include "core/store/verification.h"

namespace psabridge::store {
namespace {

[[noreturn]] void refuse(std::string_view code, const std::filesystem::path& file, const std::string& why) {
  throw Error(code, "The store " + file.string() + " cannot be opened: " + why + ".");
}

/// The mistakes with paths that SQLite only calls "unable to open database file".
std::filesystem::path checked(const std::filesystem::path& file) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, ignored)) refuse("PB1301", file, "there is no folder " + folder.string());
  if (fs::is_directory(file, ignored)) refuse("PB1301", file, "it is a folder; name a file in it");
  return file;
}

std::filesystem::path existing(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(checked(file), ignored))
    refuse("PB1301", file, "there is no such file yet. The first `psabridge sync` makes it");
  return file;
}

/// Everything of Reader, for a read-only connection and for the writer's own.
template <class Door>
class Reading : public Door {
 public:
  Reading(const std::filesystem::path& file, Database::Access access)
      : database_(file, access),
        queries_(database_),
        duplicates_(database_),
        teams_(database_),
        decisions_(database_),
        outbox_(database_),
        unmapped_(database_) {}

  std::vector<std::string> entities() const override { return queries_.entities(); }
  std::uint64_t count(std::string_view entity, std::string_view connection, bool deleted) const override {
    return queries_.count(entity, connection, deleted);
  }
  std::vector<StoredRecord> records(const RecordQuery& query) const override {
    return queries_.records(query);
  }
  std::optional<StoredRecord> record(std::string_view entity, std::string_view connection,
                                     std::string_view id) const override {
    return queries_.record(entity, connection, id);
  }
  std::vector<AuditEntry> history(std::string_view entity, std::string_view connection,
                                  std::string_view source_id) const override {
    return queries_.history(entity, connection, source_id);
  }
  std::vector<RunInfo> runs(const RunQuery& query) const override { return queries_.runs(query); }
  std::optional<RunInfo> run(RunId id) const override { return queries_.run(id); }
  std::vector<RunEntity> run_entities(RunId id) const override { return queries_.run_entities(id); }
  std::vector<DeadLetter> dead_letters(const DeadQuery& query) const override {
    return queries_.dead_letters(query);
  }
  std::optional<DeadLetter> dead_letter(std::int64_t id) const override { return queries_.dead_letter(id); }
  std::uint64_t dead_count(std::string_view pipeline) const override { return queries_.dead_count(pipeline); }
  std::vector<Hold> holds(std::string_view state) const override { return queries_.holds(state); }
  std::vector<std::pair<std::string, std::uint64_t>> references(std::string_view entity,
                                                                std::string_view connection,
                                                                std::string_view source_id) const override {
    return queries_.references(entity, connection, source_id);
  }
  Position position(std::string_view pipeline, std::string_view entity) const override {
    return queries_.position(pipeline, entity);
  }
  std::uint64_t owed_children(std::string_view pipeline, std::string_view entity) const override {
    return queries_.owed_children(pipeline, entity);
  }
  std::vector<std::pair<std::string, std::string>> names(std::string_view entity,
                                                         std::string_view connection) const override {
    return queries_.names(entity, connection);
  }
  StoredRows rows(const EntitySchema& schema, std::span<const std::int64_t> ids) const override {
    return read_rows(database_, schema, ids);
  }
  StoredRows rows_of(const EntitySchema& schema, std::string_view connection,
                     std::span<const std::string> source_ids) const override {
    return read_rows_of(database_, schema, connection, source_ids);
  }
  StoredRows rows_after(const EntitySchema& schema, std::string_view connection, std::int64_t after,
                        std::uint32_t limit) const override {
    return read_rows_after(database_, schema, connection, after, limit);
  }
  std::vector<std::string> connections_of(std::string_view entity) const override {
    return store::connections_of(database_, entity);
  }
  EntitySchema schema(std::string_view entity) const override { return stored_schema(database_, entity); }
  const Duplicates& duplicates() const override { return duplicates_; }
  const Teams& teams() const override { return teams_; }
  const Decisions& decisions() const override { return decisions_; }
  const Outbox& outbox() const override { return outbox_; }
  const UnmappedValues& unmapped() const override { return unmapped_; }
  std::vector<Finding> verify() const override { return find_violations(database_); }

 protected:
  mutable Database database_;
  Queries queries_;
  Duplicates duplicates_;
  Teams teams_;
  Decisions decisions_;
  Outbox outbox_;
  UnmappedValues unmapped_;
};

class SqliteReader final : public Reading<Reader> {
 public:
  explicit SqliteReader(const std::filesystem::path& file) : Reading(existing(file), Database::Access::read) {
    check_version(database_);
  }
};

/// Gives the lock before the database is opened, and back after it is closed.
class LockedStore {
 protected:
  explicit LockedStore(const std::filesystem::path& file) : lock_(checked(file)) {}
  LockFile lock_;
};

class SqliteWriter final : private LockedStore, public Reading<Writer> {
 public:
  SqliteWriter(const std::filesystem::path& file, Clock& clock, Durability durability);

  Position position(std::string_view pipeline, std::string_view entity) const override;
  void prepare(std::span<const EntitySchema> schemas) override;
  RunId begin_run(const RunInfo& run) override;
  void end_run(RunId run, std::string_view state, const std::vector<RunEntity>& entities,
               std::string_view error_code, std::string_view error) override;
  std::vector<Counts> commit(std::span<const Commit> pages, const ChangeWatcher& watcher) override;
  void begin_sweep(std::string_view pipeline, std::string_view entity, bool resume) override;
  Unseen unseen(std::string_view pipeline, std::string_view connection, const EntitySchema& schema,
                const Scope& scope, std::uint32_t limit) const override;
  std::vector<std::string> unstored(std::string_view pipeline, std::string_view connection,
                                    std::string_view entity, std::uint32_t limit) const override;
  void end_sweep(std::string_view pipeline, std::string_view entity) override;
  std::vector<std::string> owed(std::string_view pipeline, std::string_view entity,
                                std::uint32_t limit) const override;
  void owe(std::string_view pipeline, std::string_view entity, std::span<const std::string> parents) override;
  void begin_children(std::string_view pipeline, std::string_view entity) override;
  std::int64_t hold_deletes(const Hold& hold) override;
  void decide_hold(std::int64_t id, bool approve) override;
  void settle_hold(std::int64_t id) override;
  void set_dead_state(std::int64_t id, std::string_view state) override;
  void reset_position(std::string_view pipeline, std::string_view entity) override;
  Duplicates& duplicates() override { return duplicates_; }
  Teams& teams() override { return teams_; }
  Decisions& decisions() override { return decisions_; }
  Outbox& outbox() override { return outbox_; }
  UnmappedValues& unmapped() override { return unmapped_; }
  void in_one(const std::function<void()>& change) override;
  std::string state_get(std::string_view owner, std::string_view key) const override;
  void state_put(std::string_view owner, std::string_view key, std::string_view value) override;
  void begin_trial() override;
  void end_trial(bool keep) override;

 private:
  /// What a trial goes back to.
  struct Trial {
    Trial(const Books& before, Database& database) : books(before), transaction(database) {}
    Books books;
    Transaction transaction;
  };

  Moment now() const;
  void check_trial() const;
  void forget_seen(Stream& stream);
  void move_hold(std::int64_t id, std::string_view from, std::string_view to);
  EntityTable& table_of(const Batch& batch);
  /// Runs `change` in one transaction, and puts the books back when it fails.
  template <class Change>
  auto in_transaction(const Change& change);

  Clock& clock_;
  mutable Books books_;  ///< mutable: `owed` notes what it lent
  AuditLog audit_;
  DeadLetters dead_;
  FreshReads fresh_;
  std::map<std::string, EntityTable, std::less<>> tables_;
  std::optional<Trial> trial_;
};

void check_after_unclean_stop(Database& database, const LockFile& lock) {
  if (!lock.was_left_behind()) return;
  Rows rows = database.rows("PRAGMA quick_check(1)");
  if (rows.next() && rows->text(0) != "ok")
    throw Error("PB1303",
                "The store " + database.file().string() + " is damaged: " + std::string(rows->text(0)) + ".");
}

Database& made_ready(Database& database, const LockFile& lock) {
  check_after_unclean_stop(database, lock);
  migrate(database, store_lineage());
  return database;
}

SqliteWriter::SqliteWriter(const std::filesystem::path& file, Clock& clock, Durability durability)
    : LockedStore(file),
      Reading(file, Database::Access::write),
      clock_(clock),
      books_(made_ready(database_, lock_), now().text),
      audit_(database_),
      dead_(database_) {
  if (durability == Durability::at_once) database_.script("PRAGMA synchronous = FULL");
}

Moment SqliteWriter::now() const {
  const auto time = clock_.now();
  return {format_time(time), time.time_since_epoch().count()};
}

void SqliteWriter::check_trial() const {
  // After some errors SQLite ends the whole transaction; going on would make durable what should be a trial.
  if (trial_ && !database_.in_transaction())
    throw Error("PB1399", "The trial run in " + database_.file().string() +
                              " was broken off by an earlier error; end it first.");
}

template <class Change>
auto SqliteWriter::in_transaction(const Change& change) {
  check_trial();
  const Books before = books_;
  try {
    Transaction transaction(database_);
    auto result = change();
    transaction.commit();
    return result;
  } catch (...) {
    books_ = before;
    throw;
  }
}

Position SqliteWriter::position(std::string_view pipeline, std::string_view entity) const {
  const Stream* stream = books_.find_stream(pipeline, entity);
  return stream ? stream->position : Position{};
}

void SqliteWriter::in_one(const std::function<void()>& change) {
  in_transaction([&] {
    change();
    return true;
  });
}

void SqliteWriter::prepare(std::span<const EntitySchema> schemas) {
  check_trial();
  for (const EntitySchema& schema : schemas) {
    const std::int64_t id = prepare_table(database_, schema);
    tables_.erase(schema.entity);
    tables_.try_emplace(schema.entity, database_, schema, id);
  }
}

EntityTable& SqliteWriter::table_of(const Batch& batch) {
  const auto found = tables_.find(batch.schema->entity);
  if (found == tables_.end())
    throw Error("PB1499", "The entity \"" + batch.schema->entity + "\" was not prepared before a commit.");
  return found->second;
}

RunId SqliteWriter::begin_run(const RunInfo& run) {
  RunInfo begun = run;
  if (begun.started_at.empty()) begun.started_at = now().text;
  return books_.begin_run(begun);
}

void SqliteWriter::end_run(RunId run, std::string_view state, const std::vector<RunEntity>& entities,
                           std::string_view error_code, std::string_view error) {
  in_transaction([&] {
    RunInfo end;
    end.id = run;
    end.state = state;
    end.finished_at = now().text;
    end.error_code = error_code;
    end.error = error;
    books_.end_run(database_, std::move(end), entities);
    return true;
  });
}

std::vector<Counts> SqliteWriter::commit(std::span<const Commit> pages, const ChangeWatcher& watcher) {
  const Moment moment = now();
  return in_transaction([&] {
    std::vector<Counts> counts;
    bool wrote = false;
    for (const Commit& page : pages) {
      PageWriter writer(database_, books_, table_of(*page.batch), audit_, dead_, fresh_, moment, page,
                        watcher);
      counts.push_back(writer.apply());
      wrote = wrote || writer.wrote();
    }
    if (wrote) books_.write(database_);
    return counts;
  });
}

void SqliteWriter::begin_sweep(std::string_view pipeline, std::string_view entity, bool resume) {
  in_transaction([&] {
    Stream& stream = books_.stream(pipeline, entity);
    if (resume && stream.sweeping) return true;
    forget_seen(stream);
    Rows highest = database_.rows(
        "SELECT max(record) FROM psabridge_audit WHERE entity ="
        " (SELECT id FROM psabridge_entity WHERE name = ?1)",
        entity);
    stream.sweep_through = highest.next() ? highest->integer(0) : 0;
    stream.sweeping = true;
    // Only a read from the empty cursor on can be resumed by it; an id sweep leaves the cursor of the changes
    // alone.
    if (stream.position.cursor.empty()) stream.position.full_since = now().text;
    return true;
  });
}

/// Drops the ids seen by a sweep. When some were in the file, the books go there, too: a sweep in the file
/// whose seen ids are gone would take every record for deleted.
void SqliteWriter::forget_seen(Stream& stream) {
  database_.run("DELETE FROM psabridge_seen WHERE stream = ?1", stream.id);
  const bool in_file = database_.changes() > 0;
  stream.seen.clear();
  stream.missed.clear();
  stream.sweep_through = 0;
  stream.sweeping = false;
  stream.position.full_since.clear();
  stream.dirty = true;
  if (in_file) books_.write(database_);
}

Writer::Unseen SqliteWriter::unseen(std::string_view pipeline, std::string_view connection,
                                    const EntitySchema& schema, const Scope& scope,
                                    std::uint32_t limit) const {
  Unseen result;
  const Stream* stream = books_.find_stream(pipeline, schema.entity);
  if (!stream || !stream->sweeping) return result;
  std::vector<std::int64_t> unwritten = stream->seen;
  std::ranges::sort(unwritten);
  const ScopeCondition condition = scope_condition(schema, scope, 4);
  Statement statement(
      database_,
      "SELECT id, source_id, EXISTS (SELECT 1 FROM psabridge_seen WHERE stream = ?1 AND record = id) FROM " +
          sql_name(schema.entity) + " WHERE id <= ?2 AND connection = ?3 AND deleted_at IS NULL AND " +
          condition.sql);
  statement.bind(1, stream->id);
  statement.bind(2, stream->sweep_through);
  statement.bind(3, connection);
  int parameter = 4;
  for (const std::string& text : condition.texts) statement.bind(parameter++, std::string_view(text));
  for (Rows rows(statement); rows.next();) {
    ++result.known;
    if (rows->integer(2) != 0 || std::ranges::binary_search(unwritten, rows->integer(0))) continue;
    if (result.total++ < limit) result.ids.emplace_back(rows->text(1));
  }
  return result;
}

std::vector<std::string> SqliteWriter::unstored(std::string_view pipeline, std::string_view connection,
                                                std::string_view entity, std::uint32_t limit) const {
  std::vector<std::string> missed;
  const Stream* stream = books_.find_stream(pipeline, entity);
  if (!stream) return missed;
  Statement live(database_, "SELECT 1 FROM " + sql_name(entity) +
                                " WHERE connection = ?1 AND source_id = ?2 AND deleted_at IS NULL");
  live.bind(1, connection);
  for (const std::string& id : stream->missed) {
    if (missed.size() == limit) break;
    live.bind(2, std::string_view(id));
    if (!Rows(live).next()) missed.push_back(id);
  }
  return missed;
}

void SqliteWriter::end_sweep(std::string_view pipeline, std::string_view entity) {
  in_transaction([&] {
    Stream& stream = books_.stream(pipeline, entity);
    stream.position.swept_at = now().text;
    forget_seen(stream);
    return true;
  });
}

std::vector<std::string> SqliteWriter::owed(std::string_view pipeline, std::string_view entity,
                                            std::uint32_t limit) const {
  std::vector<std::string> parents;
  Stream& stream = books_.stream(pipeline, entity);
  stream.lent_debt = 0;
  Rows rows = database_.rows("SELECT id, parent FROM psabridge_debt WHERE stream = ?1 ORDER BY id LIMIT ?2",
                             stream.id, limit);
  while (rows.next()) {
    stream.lent_debt = rows->integer(0);
    parents.emplace_back(rows->text(1));
  }
  return parents;
}

void SqliteWriter::owe(std::string_view pipeline, std::string_view entity,
                       std::span<const std::string> parents) {
  in_transaction([&] {
    const std::int64_t stream = books_.stream(pipeline, entity).id;
    for (const std::string& parent : parents)
      database_.run("INSERT OR REPLACE INTO psabridge_debt (id, stream, parent) VALUES (?1, ?2, ?3)",
                    books_.next_debt(), stream, parent);
    books_.write(database_);  // the stream may be new
    return true;
  });
}

void SqliteWriter::begin_children(std::string_view pipeline, std::string_view entity) {
  books_.stream(pipeline, entity).lent_debt = books_.last_debt();
}

std::int64_t SqliteWriter::hold_deletes(const Hold& hold) {
  return in_transaction([&] {
    const std::string sample = boost::json::serialize(boost::json::value_from(hold.sample));
    const std::int64_t waiting = database_.number(
        "SELECT id FROM psabridge_hold WHERE state = 'waiting' AND pipeline = ?1 AND entity = ?2",
        hold.pipeline, hold.entity);
    if (waiting != 0) {
      database_.run(
          "UPDATE psabridge_hold SET candidates = ?2, known = ?3, sample = ?4 WHERE id = ?1 AND"
          " (candidates, known, sample) <> (?2, ?3, ?4)",
          waiting, hold.candidates, hold.known, sample);
      return waiting;
    }
    const std::string at = now().text;
    database_.run(
        "INSERT INTO psabridge_hold (connection, pipeline, entity, state, candidates, known, created_at, "
        "decided_at, sample)"
        " VALUES (?1, ?2, ?3, 'waiting', ?4, ?5, ?6, '', ?7)",
        hold.connection, hold.pipeline, hold.entity, hold.candidates, hold.known, at, sample);
    return database_.last_id();
  });
}

void SqliteWriter::move_hold(std::int64_t id, std::string_view from, std::string_view to) {
  in_transaction([&] {
    const std::string at = now().text;
    database_.run("UPDATE psabridge_hold SET state = ?3, decided_at = ?4 WHERE id = ?1 AND state = ?2", id,
                  from, to, at);
    if (database_.changes() == 0)
      throw Error("PB1601",
                  "No held deletes with number " + std::to_string(id) + " are " + std::string(from) + ".");
    return true;
  });
}

void SqliteWriter::decide_hold(std::int64_t id, bool approve) {
  move_hold(id, "waiting", approve ? "approved" : "rejected");
}

void SqliteWriter::settle_hold(std::int64_t id) { move_hold(id, "approved", "applied"); }

void SqliteWriter::set_dead_state(std::int64_t id, std::string_view state) {
  constexpr auto kStates = std::to_array<std::string_view>({"open", "retried", "discarded", "resolved"});
  if (std::ranges::find(kStates, state) == kStates.end())
    throw Error("PB1601", "A dead letter cannot be \"" + std::string(state) +
                              "\"; it is open, retried, discarded or resolved.");
  in_transaction([&] {
    database_.run("UPDATE psabridge_dead SET state = ?2 WHERE id = ?1", id, state);
    if (database_.changes() == 0)
      throw Error("PB1601", "There is no dead letter with number " + std::to_string(id) + ".");
    return true;
  });
}

void SqliteWriter::reset_position(std::string_view pipeline, std::string_view entity) {
  in_transaction([&] {
    Stream& stream = books_.stream(pipeline, entity);
    stream.position.cursor.clear();
    forget_seen(stream);
    books_.write(database_);
    return true;
  });
}

std::string SqliteWriter::state_get(std::string_view owner, std::string_view key) const {
  Rows rows = database_.rows("SELECT value FROM psabridge_state WHERE owner = ?1 AND key = ?2", owner, key);
  return rows.next() ? std::string(rows->text(0)) : std::string();
}

void SqliteWriter::state_put(std::string_view owner, std::string_view key, std::string_view value) {
  check_trial();
  database_.run(
      "INSERT INTO psabridge_state (owner, key, value) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = "
      "excluded.value"
      " WHERE value <> excluded.value",
      owner, key, value);
}

void SqliteWriter::begin_trial() {
  if (trial_) throw Error("PB1499", "A trial run has begun already.");
  trial_.emplace(books_, database_);
}

void SqliteWriter::end_trial(bool keep) {
  if (!trial_) throw Error("PB1499", "No trial run has begun.");
  if (keep) {
    check_trial();
    trial_->transaction.commit();
  } else {
    books_ = trial_->books;
    tables_.clear();  // they may have been made in the trial
  }
  trial_.reset();
}

}  // namespace

std::unique_ptr<Reader> open_sqlite_reader(const std::filesystem::path& file) {
  return std::make_unique<SqliteReader>(file);
}

std::unique_ptr<Writer> open_sqlite_writer(const std::filesystem::path& file, Clock& clock,
                                           Durability durability) {
  return std::make_unique<SqliteWriter>(file, clock, durability);
}

}  // namespace psabridge::store
