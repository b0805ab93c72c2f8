// Applies one page to the tables: decides for each record what it means for the store, and does it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "core/store/audit_log.h"
#include "core/store/books.h"
#include "core/store/dead_letters.h"
#include "core/store/decisions.h"
#include "core/store/duplicates.h"
#include "core/store/entity_table.h"
#include "core/store/fresh_reads.h"
#include "core/store/store.h"
#include "core/store/unmapped.h"

namespace psabridge::store {

/// The time of one transaction.
struct Moment {
  std::string text;     ///< RFC 3339
  std::int64_t ms = 0;  ///< since 1970-01-01 UTC
};

/// For one page of one commit, inside its transaction; everything it refers to must outlive it.
class PageWriter {
 public:
  PageWriter(Database& database, Books& books, EntityTable& table, AuditLog& audit, DeadLetters& dead,
             FreshReads& fresh, const Moment& now, const Commit& page, const ChangeWatcher& watcher);

  /// Applies all records, the cursor and the debts.
  Counts apply();
  /// True when the file has to change for this page. Otherwise what is only in the books can wait.
  bool wrote() const { return wrote_; }

 private:
  void begin();
  void apply(const Record& record, const Verdict& verdict);
  void write(const Record& record, const Verdict& verdict);
  void update_quietly(const Record& record, const Verdict& verdict);
  const std::string* form_of(const Record& record) const;
  void change_form(std::int64_t row, const std::string& form);
  void note_unmapped(const Record& record, const Verdict& verdict);
  bool is_outdated(const Record& record, const StoredRow& row) const;
  void overwrite(const StoredRow& row, const Record& record, const Verdict& verdict);
  void keep_dead(const Record& record, const Verdict& verdict);
  void bury(const StoredRow& row, std::string_view source_id, std::string_view version);
  void created(std::int64_t row, const Record& record, const Verdict& verdict);
  void note_seen(std::int64_t row);
  void find_seen(std::string_view source_id);
  void look_up_seen(const Record& record);
  void settle_parents();
  void bury_missing_children(std::string_view parent);
  void owe_children(std::string_view parent);
  void move_cursor();
  void write_totals();
  void tell(Action action, std::string_view source_id, std::string_view version, const ContentHash& hash);

  Database& database_;
  Books& books_;
  EntityTable& table_;
  AuditLog& audit_;
  DeadLetters& dead_;
  FreshReads& fresh_;
  Duplicates duplicates_;
  Decisions decisions_;
  UnmappedValues unmapped_;
  const Moment& now_;
  const Commit& page_;
  const ChangeWatcher& watcher_;
  Stream& stream_;
  const std::int64_t child_stream_;  ///< 0: changed records owe nothing

  Counts counts_;
  std::int64_t more_live_ = 0, more_deleted_ = 0;
  bool expecting_new_ = false;  ///< the last record was new: try to insert first, which spares the search
  bool wrote_ = false;
};

}  // namespace psabridge::store
