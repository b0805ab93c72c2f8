#include "core/store/page_writer.h"

#include <unordered_set>

namespace psabridge::store {
namespace {

/// A version that is known to be older than the stored one; versions sort bytewise, an empty one says
/// nothing.
bool is_older(std::string_view version, std::string_view stored) {
  return !version.empty() && version < stored;
}

}  // namespace

PageWriter::PageWriter(Database& database, Books& books, EntityTable& table, AuditLog& audit,
                       DeadLetters& dead, FreshReads& fresh, const Moment& now, const Commit& page,
                       const ChangeWatcher& watcher)
    : database_(database),
      books_(books),
      table_(table),
      audit_(audit),
      dead_(dead),
      fresh_(fresh),
      duplicates_(database),
      decisions_(database),
      unmapped_(database),
      now_(now),
      page_(page),
      watcher_(watcher),
      stream_(books.stream(page.pipeline, table.schema().entity)),
      child_stream_(page.child_entity.empty() ? 0 : books.stream(page.pipeline, page.child_entity).id) {}

Counts PageWriter::apply() {
  begin();
  const Batch& batch = *page_.batch;
  for (std::size_t i = 0; i < batch.records.size(); ++i) apply(batch.records[i], batch.verdicts[i]);
  settle_parents();
  move_cursor();
  write_totals();
  books_.count(page_.run, table_.schema().entity, counts_, page_.requests);
  wrote_ = wrote_ || stream_.seen.size() > Books::kMostUnwrittenSeen;
  return counts_;
}

void PageWriter::begin() {
  books_.check_run(page_.run);
  const Batch& batch = *page_.batch;
  table_.begin_page(batch.connection, now_.text);
  audit_.begin_page(table_.id(), page_.run, now_.ms);
  dead_.begin_page(batch.connection, page_.pipeline, table_.schema().entity, page_.run, now_.text);
}

void PageWriter::apply(const Record& record, const Verdict& verdict) {
  const std::string_view source_id = view(record.source_id);
  if (page_.single) fresh_.note(table_.schema().entity, source_id, page_.read_at);
  switch (verdict.fate) {
    case Fate::write:
      return write(record, verdict);
    case Fate::dead:
      return keep_dead(record, verdict);
    case Fate::filtered:
      ++counts_.read;
      ++counts_.filtered;
      note_unmapped(record, verdict);
      return find_seen(source_id);
    case Fate::seen:
      return look_up_seen(record);
    case Fate::deleted:
      if (dead_.resolve(record)) wrote_ = true;
      if (const auto row = table_.find(source_id);
          row && row->live && !is_older(view(record.version), row->version))
        bury(*row, source_id, view(record.version));
  }
}

void PageWriter::write(const Record& record, const Verdict& verdict) {
  ++counts_.read;
  if (dead_.resolve(record)) wrote_ = true;
  if (expecting_new_)
    if (const auto row = table_.insert(record, verdict)) return created(*row, record, verdict);
  const auto row = table_.find(view(record.source_id));
  expecting_new_ = !row;
  if (!row) return created(*table_.insert(record, verdict), record, verdict);
  note_seen(row->id);
  if (is_outdated(record, *row) || (row->live && row->hash == verdict.content_hash))
    ++counts_.unchanged;
  else
    overwrite(*row, record, verdict);
}

/// A version that is newer is newer, whenever it was asked for.
bool PageWriter::is_outdated(const Record& record, const StoredRow& row) const {
  const std::string_view version = view(record.version);
  if (is_older(version, row.version)) return true;
  return page_.read_at != Milliseconds{0} && version <= row.version &&
         fresh_.outdates(table_.schema().entity, view(record.source_id), page_.read_at);
}

void PageWriter::created(std::int64_t row, const Record& record, const Verdict& verdict) {
  audit_.note_created(row);
  if (const std::string* const form = form_of(record); form && !form->empty())
    duplicates_.add_form(table_.id(), row, *form);
  if (verdict.route.rules != 0) decisions_.note(row, verdict.route, now_.ms);
  note_unmapped(record, verdict);
  ++counts_.created;
  ++more_live_;
  owe_children(view(record.source_id));
  tell(Action::created, view(record.source_id), view(record.version), verdict.content_hash);
}

void PageWriter::overwrite(const StoredRow& row, const Record& record, const Verdict& verdict) {
  const Action action = row.live ? Action::updated : Action::restored;
  const EntityTable::Differences differences = table_.differences(row.id, record, verdict);
  // A list shows less of a record than a single read does: the same version without some of its values takes
  // nothing away. A full read does, because the admin may have changed what is read.
  const bool same_version =
      row.live && !page_.mark_seen && !row.version.empty() && view(record.version) == row.version;
  if (same_version && differences.only_lost && !differences.in_route) {
    ++counts_.unchanged;
    return;
  }
  if (row.live && !differences.in_fields && !differences.in_route) return update_quietly(record, verdict);
  audit_.note(row.id, action, differences.json);
  table_.update(record, verdict);
  if (const std::string* const form = form_of(record)) change_form(row.id, *form);
  if (verdict.route.rules != 0) decisions_.note(row.id, verdict.route, now_.ms);
  note_unmapped(record, verdict);
  ++counts_.updated;
  if (action == Action::restored) {
    ++more_live_;
    --more_deleted_;
  }
  if (differences.in_fields || !row.live) owe_children(view(record.source_id));
  tell(action, view(record.source_id), view(record.version), verdict.content_hash);
}

/// A newer version of the same content: nothing happened that anybody would want to be told of.
void PageWriter::update_quietly(const Record& record, const Verdict& verdict) {
  table_.update(record, verdict);
  ++counts_.unchanged;
  wrote_ = true;
}

/// Null when nobody looks for duplicates of the entity.
const std::string* PageWriter::form_of(const Record& record) const {
  const Batch& batch = *page_.batch;
  if (batch.forms.empty()) return nullptr;
  return &batch.forms[static_cast<std::size_t>(&record - batch.records.data())];
}

void PageWriter::change_form(std::int64_t row, const std::string& form) {
  if (form.empty())
    duplicates_.drop_form(table_.id(), row);
  else
    duplicates_.change_form(table_.id(), row, form);
}

void PageWriter::note_unmapped(const Record& record, const Verdict& verdict) {
  const Batch& batch = *page_.batch;
  const auto index = static_cast<std::size_t>(&record - batch.records.data());
  for (const UnmappedValue& value : batch.unmapped) {
    if (value.record != index) continue;
    const Unmapped seen{batch.connection,
                        table_.schema().entity,
                        std::string(value.field),
                        std::string(value.value),
                        std::string(view(record.source_id)),
                        0,
                        {},
                        {}};
    if (verdict.fate == Fate::filtered)
      unmapped_.note_once(seen, now_.text);
    else
      unmapped_.note(seen, now_.text);
  }
}

void PageWriter::keep_dead(const Record& record, const Verdict& verdict) {
  ++counts_.read;
  ++counts_.dead;
  if (dead_.keep(record, verdict)) {
    wrote_ = true;
    note_unmapped(record, verdict);
  }
  find_seen(view(record.source_id));
}

void PageWriter::bury(const StoredRow& row, std::string_view source_id, std::string_view version) {
  table_.bury(row.id, version);
  duplicates_.drop_form(table_.id(), row.id);
  audit_.note(row.id, Action::deleted, {});
  ++counts_.deleted;
  --more_live_;
  ++more_deleted_;
  owe_children(source_id);
  tell(Action::deleted, source_id, version, row.hash);
}

void PageWriter::tell(Action action, std::string_view source_id, std::string_view version,
                      const ContentHash& hash) {
  wrote_ = true;
  if (watcher_) watcher_({table_.schema().entity, source_id, action, hash, version});
}

void PageWriter::note_seen(std::int64_t row) {
  // Rows that came after the sweep began are never looked for, so a first full read remembers nothing.
  if (page_.mark_seen && row <= stream_.sweep_through) stream_.seen.push_back(row);
}

void PageWriter::find_seen(std::string_view source_id) {
  if (!page_.mark_seen || stream_.sweep_through == 0) return;
  if (const auto row = table_.find(source_id)) note_seen(row->id);
}

void PageWriter::look_up_seen(const Record& record) {
  const auto row = table_.find(view(record.source_id));
  if (row && row->live) return note_seen(row->id);
  if (stream_.missed.size() < Books::kMostMissed && !dead_.is_open(record))
    stream_.missed.emplace_back(view(record.source_id));
}

void PageWriter::owe_children(std::string_view parent) {
  if (child_stream_ == 0) return;
  // A new number also for a debt that stands already: a read of the children that is under way may be too old
  // to pay it.
  database_.run("INSERT OR REPLACE INTO psabridge_debt (id, stream, parent) VALUES (?1, ?2, ?3)",
                books_.next_debt(), child_stream_, parent);
}

void PageWriter::settle_parents() {
  for (const std::string& parent : page_.settled_parents) {
    database_.run("DELETE FROM psabridge_debt WHERE stream = ?1 AND parent = ?2 AND id <= ?3", stream_.id,
                  parent, stream_.lent_debt);
    wrote_ = wrote_ || database_.changes() > 0;
    bury_missing_children(parent);
  }
}

void PageWriter::bury_missing_children(std::string_view parent) {
  std::unordered_set<std::string_view> present;
  for (const Record& record : page_.batch->records) present.insert(view(record.source_id));
  for (const EntityTable::Key& child : table_.children_of(parent)) {
    if (present.contains(child.source_id)) continue;
    if (const auto row = table_.find(child.source_id)) bury(*row, child.source_id, {});
  }
}

void PageWriter::move_cursor() {
  if (!page_.cursor || *page_.cursor == stream_.position.cursor) return;
  stream_.position.cursor = *page_.cursor;
  stream_.dirty = true;
  wrote_ = true;
}

void PageWriter::write_totals() {
  if (more_live_ == 0 && more_deleted_ == 0) return;
  database_.run(
      "INSERT INTO psabridge_total (entity, connection, live, deleted) VALUES (?1, ?2, ?3, ?4)"
      " ON CONFLICT DO UPDATE SET live = live + excluded.live, deleted = deleted + excluded.deleted",
      table_.id(), page_.batch->connection, more_live_, more_deleted_);
}

}  // namespace psabridge::store
