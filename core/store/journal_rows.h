// The journal's file: its tables, and how its rows are found and read. The tables are documented in
// docs/reference/store.md.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/store/database.h"
#include "core/store/journal.h"
#include "core/store/migrations.h"

namespace psabridge::store {

/// `<store>.events`.
std::filesystem::path journal_file_of(const std::string& store_url);
const Lineage& journal_lineage();

/// A time as it lies in the tables: milliseconds since 1970, 0 for none.
std::int64_t stored(SysMilliseconds time);
std::string time_text(std::int64_t stored);

/// The condition for a query, without its limit. Parameters are numbered from 1 on.
struct EventFilter {
  std::string sql;
  std::vector<std::string> texts;  ///< their values, in order; bind_texts borrows them
};
EventFilter filter_of(const EventQuery& query);
void bind_texts(Statement& statement, const std::vector<std::string>& texts);
/// "state IN (...)", so that a partial index fits.
std::string state_condition(const std::vector<EventState>& states);

/// "SELECT ... FROM event " as event_of reads it.
std::string select_events();
std::string select_events_with_bodies();
Event event_of(const Rows& row);
std::optional<Event> find_event(Database& database, EventId id);

}  // namespace psabridge::store
