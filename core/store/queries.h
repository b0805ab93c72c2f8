// The questions that a Reader answers, asked to one connection.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/store/database.h"
#include "core/store/store.h"

namespace psabridge::store {

/// One thread at a time. The functions mean what those of Reader mean.
class Queries {
 public:
  explicit Queries(Database& database) : database_(database) {}

  std::vector<std::string> entities() const;
  std::uint64_t count(std::string_view entity, std::string_view connection, bool deleted) const;
  std::vector<StoredRecord> records(const RecordQuery& query) const;
  std::optional<StoredRecord> record(std::string_view entity, std::string_view connection,
                                     std::string_view id) const;
  std::vector<AuditEntry> history(std::string_view entity, std::string_view connection,
                                  std::string_view source_id) const;
  std::vector<RunInfo> runs(const RunQuery& query) const;
  std::optional<RunInfo> run(RunId id) const;
  std::vector<RunEntity> run_entities(RunId id) const;
  std::vector<DeadLetter> dead_letters(const DeadQuery& query) const;
  std::optional<DeadLetter> dead_letter(std::int64_t id) const;
  std::uint64_t dead_count(std::string_view pipeline) const;
  std::vector<Hold> holds(std::string_view state) const;
  std::vector<std::pair<std::string, std::uint64_t>> references(std::string_view entity,
                                                                std::string_view connection,
                                                                std::string_view source_id) const;
  Position position(std::string_view pipeline, std::string_view entity) const;
  std::uint64_t owed_children(std::string_view pipeline, std::string_view entity) const;
  std::vector<std::pair<std::string, std::string>> names(std::string_view entity,
                                                         std::string_view connection) const;

 private:
  Database& database_;
};

}  // namespace psabridge::store
