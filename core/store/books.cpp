#include "core/store/books.h"

#include <algorithm>

#include "core/base/error.h"

namespace psabridge::store {
namespace {

void write_run_row(Database& database, const RunInfo& run) {
  database.run(
      "INSERT OR REPLACE INTO psabridge_run (id, pipeline, connection, mode, state, started_at, finished_at, "
      "error_code, error)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
      run.id, run.pipeline, run.connection, run.mode, run.state, run.started_at, run.finished_at,
      run.error_code, run.error);
}

void write_run_entity(Database& database, RunId run, const RunEntity& entity) {
  const Counts& counts = entity.counts;
  database.run(
      "INSERT OR REPLACE INTO psabridge_run_entity (run, entity, state, requests, read, created, updated, "
      "unchanged, filtered,"
      " dead, deleted, error_code, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
      run, entity.entity, entity.state, entity.requests, counts.read, counts.created, counts.updated,
      counts.unchanged, counts.filtered, counts.dead, counts.deleted, entity.error_code, entity.error);
}

void interrupt_left_runs(Database& database, std::string_view now) {
  if (!database.number("SELECT 1 FROM psabridge_run WHERE state = 'running' LIMIT 1")) return;
  Transaction transaction(database);
  database.run(
      "UPDATE psabridge_run_entity SET state = 'stopped' WHERE state = 'running' AND run IN"
      " (SELECT id FROM psabridge_run WHERE state = 'running')");
  database.run("UPDATE psabridge_run SET state = 'interrupted', finished_at = ?1 WHERE state = 'running'",
               now);
  transaction.commit();
}

}  // namespace

Books::Books(Database& database, std::string_view now) {
  interrupt_left_runs(database, now);
  Rows rows = database.rows(
      "SELECT id, pipeline, entity, cursor, full_since, swept_at, sweep_through FROM psabridge_position");
  while (rows.next()) {
    Stream stream;
    stream.id = rows->integer(0);
    stream.position = {std::string(rows->text(3)), std::string(rows->text(4)), std::string(rows->text(5))};
    stream.sweep_through = rows->integer(6);
    stream.sweeping = !stream.position.full_since.empty();
    last_stream_ = std::max(last_stream_, stream.id);
    streams_.emplace(std::pair(std::string(rows->text(1)), std::string(rows->text(2))), std::move(stream));
  }
  last_run_ = database.number("SELECT max(id) FROM psabridge_run");
  last_debt_ = database.number("SELECT max(id) FROM psabridge_debt");
}

Stream& Books::stream(std::string_view pipeline, std::string_view entity) {
  Stream& stream = streams_[{std::string(pipeline), std::string(entity)}];
  if (stream.id == 0) {
    stream.id = ++last_stream_;
    stream.dirty = true;
  }
  return stream;
}

const Stream* Books::find_stream(std::string_view pipeline, std::string_view entity) const {
  const auto found = streams_.find({std::string(pipeline), std::string(entity)});
  return found == streams_.end() ? nullptr : &found->second;
}

RunId Books::begin_run(const RunInfo& run) {
  OpenRun& open = runs_[++last_run_];
  open.info = run;
  open.info.id = last_run_;
  open.info.state = "running";
  return last_run_;
}

void Books::check_run(RunId run) const {
  if (!runs_.contains(run))
    throw Error("PB1499", "Run " + std::to_string(run) + " was not begun or has ended already.");
}

Books::OpenRun& Books::open_run(RunId run) {
  check_run(run);
  return runs_.at(run);
}

void Books::count(RunId run, std::string_view entity, const Counts& counts, std::uint32_t requests) {
  auto& entities = open_run(run).entities;
  auto tally = entities.find(entity);
  if (tally == entities.end()) tally = entities.emplace(entity, Tally{}).first;
  tally->second.counts += counts;
  tally->second.requests += requests;
  tally->second.dirty = true;
}

void Books::write_stream(Database& database, std::string_view pipeline, std::string_view entity,
                         Stream& stream) {
  if (stream.dirty)
    database.run(
        "INSERT OR REPLACE INTO psabridge_position (id, pipeline, entity, cursor, full_since, swept_at, "
        "sweep_through)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        stream.id, pipeline, entity, stream.position.cursor, stream.position.full_since,
        stream.position.swept_at, stream.sweep_through);
  for (const std::int64_t row : stream.seen)
    database.run("INSERT OR IGNORE INTO psabridge_seen (stream, record) VALUES (?1, ?2)", stream.id, row);
  stream.seen.clear();
  stream.dirty = false;
}

void Books::write_run(Database& database, OpenRun& run) {
  if (!run.written) write_run_row(database, run.info);
  run.written = true;
  for (auto& [entity, tally] : run.entities) {
    if (tally.dirty)
      write_run_entity(database, run.info.id, {entity, "running", tally.counts, tally.requests, {}, {}});
    tally.dirty = false;
  }
}

void Books::write(Database& database) {
  for (auto& [key, stream] : streams_) write_stream(database, key.first, key.second, stream);
  for (auto& [id, run] : runs_) write_run(database, run);
}

void Books::end_run(Database& database, RunInfo end, const std::vector<RunEntity>& entities) {
  OpenRun& run = open_run(end.id);
  write(database);
  end.pipeline = run.info.pipeline;
  end.connection = run.info.connection;
  end.mode = run.info.mode;
  end.started_at = run.info.started_at;
  write_run_row(database, end);
  for (RunEntity entity : entities) {
    if (const auto tally = run.entities.find(entity.entity); tally != run.entities.end()) {
      entity.counts = tally->second.counts;
      entity.requests = std::max(entity.requests, tally->second.requests);
    }
    write_run_entity(database, end.id, entity);
  }
  runs_.erase(end.id);
}

}  // namespace psabridge::store
