// A store file, looked at from outside: with SQLite's own API, read-only, without any code of the store.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;

namespace psabridge::integration {

class StoreFile {
 public:
  /// Throws std::runtime_error when it cannot be opened.
  explicit StoreFile(const std::filesystem::path& file);
  ~StoreFile();
  StoreFile(const StoreFile&) = delete;
  StoreFile& operator=(const StoreFile&) = delete;

  /// Rows of a query; every value as text, NULL as "NULL", a blob as hex.
  std::vector<std::vector<std::string>> rows(const std::string& sql) const;
  /// First column of every row.
  std::set<std::string> texts(const std::string& sql) const;
  /// First column of the first row; empty without a row.
  std::string text(const std::string& sql) const;
  std::int64_t number(const std::string& sql) const;

  /// Tables, in order of their names.
  std::vector<std::string> tables() const;
  std::vector<std::string> columns(const std::string& table) const;
  /// Source ids of the records that are not deleted.
  std::set<std::string> live(const std::string& entity) const;
  /// Everything but the log of the runs, as text.
  std::string dump() const;
  /// Content of the live records of an entity as text: the columns that come from the source, ordered by
  /// source id.
  std::string content(const std::string& entity) const;

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace psabridge::integration
