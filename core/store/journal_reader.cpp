#include <system_error>

#include "core/base/error.h"
#include "core/store/gap_table.h"
#include "core/store/journal.h"
#include "core/store/journal_rows.h"

namespace psabridge::store {
namespace {

namespace fs = std::filesystem;

bool is_missing(const fs::path& file) {
  std::error_code ignored;
  return fs::status(file, ignored).type() == fs::file_type::not_found;
}

/// One question to verify; each row of the answer is a line of its own.
struct Check {
  const char* sql;
  const char* complaint;
};

constexpr Check kChecks[] = {
    {"SELECT id FROM event WHERE (state >= 3) <> (finished > 0)",
     "is in two states: open and finished at once"},
    {"SELECT id FROM event WHERE state >= 3 AND started = 1", "is finished and being processed at once"},
    {"SELECT id FROM event WHERE id NOT IN (SELECT id FROM body)", "has no body"},
    {"SELECT id FROM body WHERE id NOT IN (SELECT id FROM event)", "is gone and left its body"},
    {"SELECT id FROM piece WHERE id NOT IN (SELECT id FROM event)", "is gone and left a piece of its body"},
    {"SELECT DISTINCT event FROM step WHERE event NOT IN (SELECT id FROM event)",
     "is gone and left its history"},
    {"SELECT part.id FROM event AS part LEFT JOIN event AS delivery ON delivery.id = part.place"
     " WHERE part.place <> part.id AND (delivery.id IS NULL OR part.id < delivery.first_part"
     " OR part.id >= delivery.first_part + delivery.parts)",
     "is a part without a delivery"},
    {"SELECT max(id) FROM event WHERE key <> '' GROUP BY digest HAVING count(*) > 1",
     "was accepted twice with the same key and the same bytes"}};

constexpr std::size_t kLines = 20;  ///< of one check

}  // namespace

struct JournalReader::State {
  explicit State(const std::string& store_url) : file(journal_file_of(store_url)) {}

  /// Null when there is no journal yet.
  Database* open() {
    if (database) return database.get();
    if (is_missing(file)) return nullptr;
    auto opened = std::make_unique<Database>(file, Database::Access::read);
    const auto newest = static_cast<std::int64_t>(journal_lineage().steps.size());
    const std::int64_t form = form_of(*opened, journal_lineage());
    if (form == 0) return nullptr;  // the daemon is about to make its tables
    if (form < newest)
      throw Error("PB1307", "The journal " + file.string() + " has form " + std::to_string(form) +
                                ", and this program reads form " + std::to_string(newest) + ".");
    database = std::move(opened);
    return database.get();
  }

  const fs::path file;
  std::unique_ptr<Database> database;
};

JournalReader::JournalReader(const std::string& store_url) : state_(std::make_unique<State>(store_url)) {}
JournalReader::~JournalReader() = default;

std::vector<Event> JournalReader::list(const EventQuery& query) {
  Database* const database = state_->open();
  if (!database) return {};
  const EventFilter filter = filter_of(query);
  const std::string select = query.ids.empty() ? select_events() : select_events_with_bodies();
  Statement statement(
      *database, select + "WHERE " + filter.sql + " ORDER BY id DESC LIMIT " + std::to_string(query.limit));
  bind_texts(statement, filter.texts);
  std::vector<Event> events;
  for (Rows rows(statement); rows.next();) events.push_back(event_of(rows));
  return events;
}

std::uint64_t JournalReader::count(const EventQuery& query) {
  Database* const database = state_->open();
  if (!database) return 0;
  const EventFilter filter = filter_of(query);
  Statement statement(*database, "SELECT count(*) FROM event WHERE " + filter.sql);
  bind_texts(statement, filter.texts);
  Rows rows(statement);
  return rows.next() ? static_cast<std::uint64_t>(rows->integer(0)) : 0;
}

std::optional<Event> JournalReader::event(EventId id) {
  Database* const database = state_->open();
  return database ? find_event(*database, id) : std::nullopt;
}

std::vector<EventStep> JournalReader::history(EventId id) {
  std::vector<EventStep> steps;
  Database* const database = state_->open();
  if (!database) return steps;
  Rows rows = database->rows("SELECT at, state, code, reason FROM step WHERE event = ?1 ORDER BY id", id);
  while (rows.next())
    steps.push_back({time_text(rows->integer(0)),
                     std::string(name_of(static_cast<EventState>(rows->integer(1)))),
                     std::string(rows->text(2)), std::string(rows->text(3))});
  return steps;
}

std::vector<EventGroup> JournalReader::groups(const EventQuery& query) {
  std::vector<EventGroup> groups;
  Database* const database = state_->open();
  if (!database) return groups;
  const EventFilter filter = filter_of(query);
  // With one max() SQLite takes the other columns from that row: the newest.
  Statement statement(
      *database,
      "SELECT fingerprint, code, connection, entity, kind, reason, number, first, last, max(id)"
      " FROM (SELECT *, count(*) OVER same AS number, min(finished) OVER same AS first,"
      " max(finished) OVER same AS last FROM event WHERE state = 5 AND " +
          filter.sql +
          " WINDOW same AS (PARTITION BY fingerprint)) GROUP BY fingerprint"
          " ORDER BY number DESC, 10 DESC LIMIT " +
          std::to_string(query.limit));
  bind_texts(statement, filter.texts);
  for (Rows rows(statement); rows.next();) {
    const auto text = [&](int column) { return std::string(rows->text(column)); };
    groups.push_back({text(0), text(1), text(2), text(3), text(4), text(5),
                      static_cast<std::uint64_t>(rows->integer(6)), time_text(rows->integer(7)),
                      time_text(rows->integer(8)), rows->integer(9)});
  }
  return groups;
}

JournalFigures JournalReader::figures(const std::string& connection) {
  JournalFigures figures;
  Database* const database = state_->open();
  if (!database) return figures;
  Rows rows = database->rows(
      "SELECT state, count(*), min(received) FROM event INDEXED BY event_open"
      " WHERE state <= 2 AND (?1 = '' OR connection = ?1) GROUP BY state"
      " UNION ALL SELECT state, count(*), 0 FROM event INDEXED BY event_finished"
      " WHERE finished > 0 AND (?1 = '' OR connection = ?1) GROUP BY state",
      connection);
  std::int64_t oldest = 0;
  while (rows.next()) {
    const auto state = static_cast<EventState>(rows->integer(0));
    const auto count = static_cast<std::uint64_t>(rows->integer(1));
    figures.by_state[state] = count;
    if (state > EventState::waiting) continue;
    figures.open += count;
    if (oldest == 0 || rows->integer(2) < oldest) oldest = rows->integer(2);
  }
  figures.oldest_open_at = time_text(oldest);
  return figures;
}

std::vector<Gap> JournalReader::gaps(const std::string& connection, const std::string& verdict,
                                     std::uint32_t limit) {
  Database* const database = state_->open();
  return database ? list_gaps(*database, connection, verdict, limit) : std::vector<Gap>();
}

GapFigures JournalReader::gap_figures(const std::string& connection, SysMilliseconds since) {
  Database* const database = state_->open();
  return database ? store::gap_figures(*database, connection, since) : GapFigures();
}

std::vector<std::string> JournalReader::verify() {
  std::vector<std::string> lines;
  Database* const database = state_->open();
  if (!database) return lines;
  Rows damage = database->rows("PRAGMA integrity_check(20)");
  while (damage.next())
    if (damage->text(0) != "ok") lines.push_back("The file is damaged: " + std::string(damage->text(0)));
  for (const Check& check : kChecks) {
    Rows rows = database->rows(check.sql);
    for (std::size_t line = 0; line < kLines && rows.next(); ++line)
      lines.push_back("Event " + std::string(rows->text(0)) + " " + check.complaint + ".");
  }
  return lines;
}

}  // namespace psabridge::store
