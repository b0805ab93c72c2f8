#include "tests/integration/store_file.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

namespace psabridge::integration {
namespace {

using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

std::string hex(const unsigned char* bytes, int size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

std::string value_text(sqlite3_stmt* statement, int column) {
  const int type = sqlite3_column_type(statement, column);
  if (type == SQLITE_NULL) return "NULL";
  const void* bytes =
      type == SQLITE_BLOB ? sqlite3_column_blob(statement, column) : sqlite3_column_text(statement, column);
  const int size = sqlite3_column_bytes(statement, column);
  if (type == SQLITE_BLOB) return hex(static_cast<const unsigned char*>(bytes), size);
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

std::string joined(const std::vector<std::string>& texts, std::string_view between) {
  std::string all;
  for (const std::string& text : texts) (all += all.empty() ? "" : between) += text;
  return all;
}

/// Ours or of this one run, so that two stores of the same source differ in them.
constexpr auto kOwnColumns = std::to_array<std::string_view>(
    {"id", "content_hash", "first_seen_at", "updated_at", "deleted_at", "raw"});

}  // namespace

StoreFile::StoreFile(const std::filesystem::path& file) {
  if (sqlite3_open_v2(file.c_str(), &handle_, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK) {
    sqlite3_busy_timeout(handle_, 5000);
    return;
  }
  const std::string why = sqlite3_errmsg(handle_);
  sqlite3_close(handle_);
  throw std::runtime_error(file.string() + ": " + why);
}

StoreFile::~StoreFile() { sqlite3_close(handle_); }

std::vector<std::vector<std::string>> StoreFile::rows(const std::string& sql) const {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(handle_, sql.c_str(), -1, &raw, nullptr) != SQLITE_OK)
    throw std::runtime_error(sql + ": " + sqlite3_errmsg(handle_));
  const Statement statement(raw, &sqlite3_finalize);
  std::vector<std::vector<std::string>> all;
  int status = SQLITE_ROW;
  while ((status = sqlite3_step(raw)) == SQLITE_ROW) {
    auto& row = all.emplace_back();
    for (int column = 0; column < sqlite3_column_count(raw); ++column) row.push_back(value_text(raw, column));
  }
  if (status != SQLITE_DONE) throw std::runtime_error(sql + ": " + sqlite3_errmsg(handle_));
  return all;
}

std::set<std::string> StoreFile::texts(const std::string& sql) const {
  std::set<std::string> all;
  for (const auto& row : rows(sql)) all.insert(row.front());
  return all;
}

std::string StoreFile::text(const std::string& sql) const {
  const auto found = rows(sql);
  return found.empty() ? std::string() : found.front().front();
}

std::int64_t StoreFile::number(const std::string& sql) const {
  const std::string value = text(sql);
  return value.empty() || value == "NULL" ? 0 : std::stoll(value);
}

std::vector<std::string> StoreFile::tables() const {
  const auto names =
      texts("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
  return {names.begin(), names.end()};
}

std::vector<std::string> StoreFile::columns(const std::string& table) const {
  std::vector<std::string> names;
  for (const auto& row : rows("SELECT name FROM pragma_table_info('" + table + "')"))
    names.push_back(row.front());
  return names;
}

std::set<std::string> StoreFile::live(const std::string& entity) const {
  return texts("SELECT source_id FROM \"" + entity + "\" WHERE deleted_at IS NULL");
}

std::string StoreFile::dump() const {
  std::string all;
  for (const std::string& table : tables()) {
    if (table == "psabridge_run" || table == "psabridge_run_entity") continue;
    all += table + '\n';
    auto table_rows = rows("SELECT * FROM \"" + table + '"');
    std::ranges::sort(table_rows);
    for (const auto& row : table_rows) all += joined(row, "|") + '\n';
  }
  return all;
}

std::string StoreFile::content(const std::string& entity) const {
  std::string names;
  for (const std::string& column : columns(entity)) {
    if (std::ranges::find(kOwnColumns, column) != kOwnColumns.end()) continue;
    names += (names.empty() ? "\"" : ", \"") + column + '"';
  }
  std::string all;
  for (const auto& row :
       rows("SELECT " + names + " FROM \"" + entity + "\" WHERE deleted_at IS NULL ORDER BY source_id"))
    all += joined(row, "|") + '\n';
  return all;
}

}  // namespace psabridge::integration
