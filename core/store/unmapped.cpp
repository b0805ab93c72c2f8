#include "core/store/unmapped.h"

namespace psabridge::store {

void UnmappedValues::note(const Unmapped& seen, std::string_view now) {
  database_.run(
      "INSERT INTO psabridge_unmapped (connection, entity, field, value, sample, times, first_at, last_at)"
      " VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?6) ON CONFLICT DO UPDATE SET"
      " sample = excluded.sample, times = times + 1, last_at = excluded.last_at",
      seen.connection, seen.entity, seen.field, seen.value, seen.sample, now);
}

void UnmappedValues::note_once(const Unmapped& seen, std::string_view now) {
  database_.run(
      "INSERT OR IGNORE INTO psabridge_unmapped (connection, entity, field, value, sample, times, first_at,"
      " last_at) VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?6)",
      seen.connection, seen.entity, seen.field, seen.value, seen.sample, now);
}

std::vector<Unmapped> UnmappedValues::all() const {
  std::vector<Unmapped> found;
  Rows rows = database_.rows(
      "SELECT connection, entity, field, value, sample, times, first_at, last_at FROM psabridge_unmapped"
      " ORDER BY connection, entity, field, value");
  while (rows.next())
    found.push_back({std::string(rows->text(0)), std::string(rows->text(1)), std::string(rows->text(2)),
                     std::string(rows->text(3)), std::string(rows->text(4)),
                     static_cast<std::uint64_t>(rows->integer(5)), std::string(rows->text(6)),
                     std::string(rows->text(7))});
  return found;
}

bool UnmappedValues::forget(std::string_view connection, std::string_view entity, std::string_view field,
                            std::string_view value) {
  database_.run(
      "DELETE FROM psabridge_unmapped WHERE connection = ?1 AND entity = ?2 AND field = ?3 AND value = ?4",
      connection, entity, field, value);
  return database_.changes() > 0;
}

}  // namespace psabridge::store
