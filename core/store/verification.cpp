#include "core/store/verification.h"

#include "core/base/time.h"
#include "core/store/entity_layout.h"
#include "core/store/packing.h"

namespace psabridge::store {
namespace {

constexpr std::size_t kMostSamples = 5;

/// Counts violations of one kind and keeps some source ids as samples.
class Sampled {
 public:
  void add(std::string_view source_id) {
    if (count_++ < kMostSamples) samples_ += (samples_.empty() ? "" : ", ") + std::string(source_id);
  }
  std::size_t count() const { return count_; }
  std::string text(const std::string& what) const {
    return std::to_string(count_) + " " + what + ": " + samples_ + (count_ > kMostSamples ? ", ..." : "");
  }

 private:
  std::size_t count_ = 0;
  std::string samples_;
};

/// One pass over the invariants; every function adds what it finds.
class Verification {
 public:
  explicit Verification(Database& database) : database_(database) {}

  std::vector<Finding> run() {
    check_file();
    check_runs();
    check_positions();
    check_debts();
    for (const KnownEntity& entity : known_entities(database_)) {
      check_keys(entity);
      check_rows(entity);
      check_totals(entity);
      check_audit(entity);
      for (const KnownField& field : entity.fields) check_references(entity, field);
    }
    return std::move(findings_);
  }

 private:
  void found(std::string check, const std::string& entity, std::string detail) {
    findings_.push_back({std::move(check), entity, std::move(detail)});
  }

  /// Reports the first column of every row of a query as one finding.
  void report_samples(const std::string& sql, const std::string& check, const std::string& entity,
                      const std::string& what) {
    Statement statement(database_, sql);
    Rows rows(statement);
    Sampled sampled;
    while (rows.next()) sampled.add(rows->text(0));
    if (sampled.count() > 0) found(check, entity, sampled.text(what));
  }

  void check_file() {
    Rows rows = database_.rows("PRAGMA integrity_check(20)");
    while (rows.next())
      if (rows->text(0) != "ok") found("integrity", "", std::string(rows->text(0)));
  }

  void check_runs() {
    Rows rows = database_.rows(
        "SELECT run, entity, read, created + updated + unchanged + filtered + dead FROM psabridge_run_entity"
        " WHERE read <> created + updated + unchanged + filtered + dead");
    while (rows.next())
      found("run_counts", std::string(rows->text(1)),
            "run " + std::string(rows->text(0)) + " read " + std::string(rows->text(2)) +
                " records, but accounts for " + std::string(rows->text(3)));
  }

  void check_positions() {
    Rows rows = database_.rows("SELECT pipeline, entity, full_since, swept_at FROM psabridge_position");
    while (rows.next())
      for (const std::string_view time : {rows->text(2), rows->text(3)})
        if (!time.empty() && !parse_time(time))
          found("position", std::string(rows->text(1)),
                "the position in pipeline " + std::string(rows->text(0)) + " has the unreadable time \"" +
                    std::string(time) + "\"");
  }

  void check_debts() {
    report_samples(
        "SELECT parent FROM psabridge_debt WHERE stream NOT IN (SELECT id FROM psabridge_position)", "debt",
        "", "owed reads of children belong to no pipeline");
  }

  void check_keys(const KnownEntity& entity) {
    report_samples("SELECT source_id FROM " + sql_name(entity.name) +
                       " GROUP BY connection, source_id HAVING count(*) > 1",
                   "duplicate_key", entity.name, "source ids are stored more than once");
  }

  void check_rows(const KnownEntity& entity) {
    Statement statement(
        database_,
        "SELECT source_id, raw, json_valid(custom), length(content_hash) = 16 FROM " + sql_name(entity.name));
    Rows rows(statement);
    Sampled unreadable, custom, hash;
    while (rows.next()) {
      if (!unpacked(rows->text(1))) unreadable.add(rows->text(0));
      if (rows->integer(2) == 0) custom.add(rows->text(0));
      if (rows->integer(3) == 0) hash.add(rows->text(0));
    }
    if (unreadable.count() > 0)
      found("raw", entity.name, unreadable.text("records have a source text that cannot be unpacked"));
    if (custom.count() > 0)
      found("custom", entity.name, custom.text("records have custom fields that are not JSON"));
    if (hash.count() > 0)
      found("content_hash", entity.name, hash.text("records have a content hash of the wrong length"));
  }

  void check_totals(const KnownEntity& entity) {
    const std::string table = sql_name(entity.name);
    report_samples(
        "SELECT coalesce(counted.connection, kept.connection) FROM (SELECT connection, count(*) - "
        "count(deleted_at) AS live,"
        " count(deleted_at) AS deleted FROM " +
            table +
            " GROUP BY connection) AS counted FULL JOIN"
            " (SELECT * FROM psabridge_total WHERE entity = " +
            std::to_string(entity.id) +
            ") AS kept"
            " ON kept.connection = counted.connection"
            " WHERE counted.live IS NOT kept.live OR counted.deleted IS NOT kept.deleted",
        "total", entity.name, "connections have other numbers of rows than counted");
  }

  void check_audit(const KnownEntity& entity) {
    const std::string table = sql_name(entity.name), id = std::to_string(entity.id);
    report_samples("SELECT source_id FROM " + table +
                       " AS row WHERE NOT EXISTS (SELECT 1 FROM psabridge_audit WHERE entity = " + id +
                       " AND record = row.id AND number = 1)",
                   "audit", entity.name, "records have no history");
    report_samples("SELECT DISTINCT record FROM psabridge_audit WHERE entity = " + id +
                       " AND record NOT IN (SELECT id FROM " + table + ")",
                   "audit", entity.name, "histories belong to no record");
  }

  /// A reference is only called dangling when records of its target were read from that connection at all.
  void check_references(const KnownEntity& entity, const KnownField& field) {
    if (field.type != "ref" && field.type != "refs") return;
    const std::int64_t target =
        database_.number("SELECT id FROM psabridge_entity WHERE name = ?1", field.target);
    if (target == 0) return;
    const std::string column = "row." + sql_name(field.name);
    const bool several = field.type == "refs";
    report_samples(
        "SELECT row.source_id FROM " + sql_name(entity.name) + " AS row" +
            (several ? ", json_each(" + column + ") AS item" : std::string()) +
            " WHERE row.deleted_at IS NULL AND " + column +
            " IS NOT NULL AND row.connection IN (SELECT connection FROM psabridge_total WHERE entity = " +
            std::to_string(target) + ") AND NOT EXISTS (SELECT 1 FROM " + sql_name(field.target) +
            " AS target WHERE target.connection = row.connection AND target.source_id = " +
            (several ? "CAST(item.value AS TEXT)" : column) + ")",
        "dangling", entity.name,
        "records name a " + field.target + " in " + field.name + " that is not in the store");
  }

  Database& database_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> find_violations(Database& database) { return Verification(database).run(); }

}  // namespace psabridge::store
