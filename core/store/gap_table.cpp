#include "core/store/gap_table.h"

#include "core/store/journal_rows.h"

namespace psabridge::store {
namespace {

Gap gap_of(const Rows& row) {
  const auto text = [&](int column) { return std::string(row->text(column)); };
  return {text(1), text(2), text(3), text(4), text(5), time_text(row->integer(6)), text(7)};
}

/// A gap with the number of its row.
struct OpenGap {
  std::int64_t id;
  SysMilliseconds seen;
  Gap gap;
};

std::vector<OpenGap> open_gaps(Database& database, SysMilliseconds until) {
  std::vector<OpenGap> gaps;
  Rows rows = database.rows(
      "SELECT id, connection, pipeline, entity, source_id, changed_at, seen, verdict FROM gap"
      " WHERE verdict = 'open' AND seen < ?1 ORDER BY seen, id",
      stored(until));
  while (rows.next())
    gaps.push_back({rows->integer(0), SysMilliseconds(Milliseconds(rows->integer(6))), gap_of(rows)});
  return gaps;
}

bool was_announced(Database& database, const OpenGap& open, Milliseconds tolerance) {
  const SysMilliseconds changed = parse_time(open.gap.changed_at).value_or(open.seen);
  return database.number(
             "SELECT 1 FROM event WHERE connection = ?1 AND entity = ?2 AND source_id = ?3"
             " AND source_id <> '' AND received >= ?4 LIMIT 1",
             open.gap.connection, open.gap.entity, open.gap.source_id, stored(changed - tolerance)) != 0;
}

}  // namespace

void note_gaps(Database& database, std::span<const Gap> gaps, SysMilliseconds now) {
  for (const Gap& gap : gaps)
    database.run(
        "INSERT OR IGNORE INTO gap (connection, pipeline, entity, source_id, changed_at, seen)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        gap.connection, gap.pipeline, gap.entity, gap.source_id, gap.changed_at,
        stored(parse_time(gap.seen_at).value_or(now)));
}

std::vector<Gap> judge_gaps(Database& database, SysMilliseconds until, Milliseconds tolerance,
                            SysMilliseconds now) {
  std::vector<Gap> missed;
  for (OpenGap& open : open_gaps(database, until)) {
    open.gap.verdict = was_announced(database, open, tolerance) ? "late" : "missed";
    database.run("UPDATE gap SET verdict = ?2, judged = ?3 WHERE id = ?1", open.id, open.gap.verdict,
                 stored(now));
    if (open.gap.verdict == "missed") missed.push_back(std::move(open.gap));
  }
  return missed;
}

std::vector<Gap> list_gaps(Database& database, const std::string& connection, const std::string& verdict,
                           std::uint32_t limit) {
  std::vector<Gap> gaps;
  Rows rows = database.rows(
      "SELECT id, connection, pipeline, entity, source_id, changed_at, seen, verdict FROM gap"
      " WHERE (?1 = '' OR connection = ?1) AND (?2 = '' OR verdict = ?2) ORDER BY id DESC LIMIT ?3",
      connection, verdict, limit);
  while (rows.next()) gaps.push_back(gap_of(rows));
  return gaps;
}

GapFigures gap_figures(Database& database, const std::string& connection, SysMilliseconds since) {
  const auto judged = [&](std::string_view verdict) {
    return static_cast<std::uint64_t>(database.number(
        "SELECT count(*) FROM gap WHERE judged > 0 AND judged >= ?1 AND connection = ?2 AND verdict = ?3",
        stored(since), connection, verdict));
  };
  GapFigures figures;
  figures.missed = judged("missed");
  figures.late = judged("late");
  figures.announced = static_cast<std::uint64_t>(
      database.number("SELECT count(*) FROM (SELECT DISTINCT entity, source_id FROM event"
                      " WHERE connection = ?1 AND source_id <> '' AND received >= ?2)",
                      connection, stored(since)));
  return figures;
}

}  // namespace psabridge::store
