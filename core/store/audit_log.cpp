#include "core/store/audit_log.h"

namespace psabridge::store {

// A created row cannot have an earlier entry, which saves the search for the last number.
AuditLog::AuditLog(Database& database)
    : created_(database,
               "INSERT INTO psabridge_audit (entity, run, at, record, number, action) VALUES (?1, ?2, ?3, "
               "?4, 1, ?5)"),
      changed_(database,
               "INSERT INTO psabridge_audit (entity, run, at, record, number, action, changes) SELECT ?1, "
               "?2, ?3, ?4,"
               " coalesce(max(number), 0) + 1, ?5, nullif(?6, '') FROM psabridge_audit WHERE entity = ?1 AND "
               "record = ?4") {
  created_.bind(5, static_cast<int>(Action::created));
}

void AuditLog::begin_page(std::int64_t entity, RunId run, std::int64_t at) {
  for (Statement* statement : {&created_, &changed_}) {
    statement->bind(1, entity);
    statement->bind(2, run);
    statement->bind(3, at);
  }
}

void AuditLog::note_created(std::int64_t row) {
  created_.bind(4, row);
  created_.step();
}

void AuditLog::note(std::int64_t row, Action action, std::string_view changes) {
  changed_.bind(4, row);
  changed_.bind(5, static_cast<int>(action));
  changed_.bind(6, changes);
  changed_.step();
}

}  // namespace psabridge::store
