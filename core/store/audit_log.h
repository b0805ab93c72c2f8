// The history of every record: what a run did to it, and how its fields changed.
#pragma once
#include <cstdint>
#include <string_view>

#include "core/store/database.h"
#include "core/store/store.h"

namespace psabridge::store {

/// Entries are numbered from 1 within their record. One thread at a time, inside a transaction of the caller.
class AuditLog {
 public:
  explicit AuditLog(Database& database);

  /// Says whose changes the following entries are; `at` in milliseconds since 1970-01-01 UTC.
  void begin_page(std::int64_t entity, RunId run, std::int64_t at);
  void note_created(std::int64_t row);
  /// `changes` is JSON, or empty.
  void note(std::int64_t row, Action action, std::string_view changes);

 private:
  Statement created_, changed_;
};

}  // namespace psabridge::store
