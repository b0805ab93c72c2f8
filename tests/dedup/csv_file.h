// Records out of a CSV file, as the strategies of an entity are given them.
#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/model/batch.h"

namespace psabridge::dedup_test {

/// What core/base/csv.h read from a file.
struct CsvFile {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  ///< as many cells as columns

  /// Throws std::runtime_error, which names file and line.
  static CsvFile read(const std::filesystem::path& file);
  /// Throws std::runtime_error when there is no such column.
  std::size_t column(const std::string& name) const;
};

/// Which columns are the records, and what the rest means.
struct CsvRecords {
  std::string entity = "record";
  std::size_t id = 0;                 ///< column of the source id
  std::size_t connection = SIZE_MAX;  ///< SIZE_MAX: all are of the connection "csv"
  std::vector<std::size_t> hidden;    ///< truth and the like: no strategy sees them
};

/// Fields are texts, or booleans or JSON where all filled cells of the column are; an empty cell is null. The
/// schema is made by the first call of schema_of and lives as long as the batches.
std::unique_ptr<EntitySchema> schema_of(const CsvFile& csv, const CsvRecords& which);
/// Rows [from, to). They must be of one connection, which is that of the first.
Batch batch_of(const CsvFile& csv, const CsvRecords& which, const EntitySchema& schema, std::size_t from,
               std::size_t to);

}  // namespace psabridge::dedup_test
