#include "tests/bench/plain_writer.h"

#include <sqlite3.h>
#include <xxhash.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/integration/store_file.h"

namespace psabridge::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Database = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

constexpr std::size_t kRowsInMemory = 20'000;
constexpr std::int64_t kRowsPerTransaction = 1'000;

void check(sqlite3* database, int status) {
  if (status != SQLITE_OK && status != SQLITE_DONE && status != SQLITE_ROW)
    throw std::runtime_error(sqlite3_errmsg(database));
}

Database open(const std::filesystem::path& file, int flags) {
  sqlite3* handle = nullptr;
  const int status = sqlite3_open_v2(file.c_str(), &handle, flags, nullptr);
  Database database(handle, &sqlite3_close);
  check(handle, status);
  return database;
}

Statement prepare(sqlite3* database, const std::string& sql) {
  sqlite3_stmt* handle = nullptr;
  check(database, sqlite3_prepare_v2(database, sql.c_str(), -1, &handle, nullptr));
  return {handle, &sqlite3_finalize};
}

void execute(sqlite3* database, const std::string& sql) {
  check(database, sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr));
}

/// One value of a row; text and blobs lie in the bytes of the whole portion.
struct Cell {
  int type;
  std::int64_t integer;
  double real;
  std::size_t begin, size;
};

/// Some rows of one table.
struct Portion {
  int columns = 0;
  std::vector<Cell> cells;
  std::string bytes;

  std::size_t rows() const { return columns == 0 ? 0 : cells.size() / static_cast<std::size_t>(columns); }
};

Cell cell_of(sqlite3_stmt* row, int column, std::string& bytes) {
  Cell cell{sqlite3_column_type(row, column), 0, 0, bytes.size(), 0};
  if (cell.type == SQLITE_INTEGER) cell.integer = sqlite3_column_int64(row, column);
  if (cell.type == SQLITE_FLOAT) cell.real = sqlite3_column_double(row, column);
  if (cell.type != SQLITE_TEXT && cell.type != SQLITE_BLOB) return cell;
  const auto* begin = static_cast<const char*>(sqlite3_column_blob(row, column));
  cell.size = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
  bytes.append(begin == nullptr ? "" : begin, cell.size);
  return cell;
}

Portion read_portion(sqlite3* database, sqlite3_stmt* query) {
  Portion portion;
  portion.columns = sqlite3_column_count(query);
  int status = SQLITE_ROW;
  while (portion.rows() < kRowsInMemory && (status = sqlite3_step(query)) == SQLITE_ROW) {
    for (int column = 0; column < portion.columns; ++column)
      portion.cells.push_back(cell_of(query, column, portion.bytes));
  }
  check(database, status);
  return portion;
}

void bind(sqlite3_stmt* statement, int parameter, const Cell& cell, const std::string& bytes) {
  const char* begin = bytes.data() + cell.begin;
  const auto size = static_cast<int>(cell.size);
  switch (cell.type) {
    case SQLITE_INTEGER:
      sqlite3_bind_int64(statement, parameter, cell.integer);
      break;
    case SQLITE_FLOAT:
      sqlite3_bind_double(statement, parameter, cell.real);
      break;
    case SQLITE_TEXT:
      sqlite3_bind_text(statement, parameter, begin, size, SQLITE_STATIC);
      break;
    case SQLITE_BLOB:
      sqlite3_bind_blob(statement, parameter, begin, size, SQLITE_STATIC);
      break;
    default:
      sqlite3_bind_null(statement, parameter);
  }
}

void write_portion(sqlite3* database, sqlite3_stmt* insert, const Portion& portion, std::int64_t& rows) {
  auto cell = portion.cells.begin();
  for (std::size_t row = 0; row < portion.rows(); ++row) {
    if (rows % kRowsPerTransaction == 0) execute(database, "BEGIN IMMEDIATE");
    for (int parameter = 1; parameter <= portion.columns; ++parameter)
      bind(insert, parameter, *cell++, portion.bytes);
    check(database, sqlite3_step(insert));
    sqlite3_reset(insert);
    if (++rows % kRowsPerTransaction == 0) execute(database, "COMMIT");
  }
}

std::string insert_text(const std::string& table, int columns) {
  std::string text = "INSERT INTO \"" + table + "\" VALUES (?";
  for (int column = 1; column < columns; ++column) text += ", ?";
  return text + ")";
}

class PlainWriter {
 public:
  PlainWriter(const std::filesystem::path& store, const std::filesystem::path& copy)
      : source_(open(store, SQLITE_OPEN_READONLY)),
        target_(open(copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) {
    const Statement page_size = prepare(source_.get(), "PRAGMA page_size");
    sqlite3_step(page_size.get());
    execute(target_.get(), "PRAGMA page_size = " + std::to_string(sqlite3_column_int(page_size.get(), 0)) +
                               "; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  }

  /// With its indexes, as the store has made them.
  void make_table(const std::string& table) {
    const Statement schema = prepare(
        source_.get(), "SELECT sql FROM sqlite_schema WHERE tbl_name = '" + table + "' AND sql IS NOT NULL");
    while (sqlite3_step(schema.get()) == SQLITE_ROW)
      execute(target_.get(), reinterpret_cast<const char*>(sqlite3_column_text(schema.get(), 0)));
  }

  void write_table(const std::string& table) {
    const Statement query = prepare(source_.get(), "SELECT * FROM \"" + table + "\" ORDER BY id");
    const Statement insert = prepare(target_.get(), insert_text(table, sqlite3_column_count(query.get())));
    for (bool more = true; more;) {
      const Portion portion = read_portion(source_.get(), query.get());
      more = portion.rows() == kRowsInMemory;  // a query stepped beyond its end would begin anew
      timed([&] { write_portion(target_.get(), insert.get(), portion, written_.rows); });
    }
  }

  /// Ends the last transaction and closes the file, which writes the log back into it.
  Written finish() {
    timed([&] {
      if (sqlite3_get_autocommit(target_.get()) == 0) execute(target_.get(), "COMMIT");
      target_.reset();
    });
    return written_;
  }

 private:
  void timed(const std::function<void()>& work) {
    const auto start = Clock::now();
    work();
    written_.elapsed += Clock::now() - start;
  }

  Database source_, target_;
  Written written_;
};

std::uint64_t digest_of_table(sqlite3* database, const std::string& table) {
  const Statement query = prepare(database, "SELECT * FROM \"" + table + "\"");
  std::uint64_t sum = 0;  // of the rows, so that their order does not matter
  std::string row;
  while (sqlite3_step(query.get()) == SQLITE_ROW) {
    row = table;
    for (int column = 0; column < sqlite3_column_count(query.get()); ++column) {
      const auto* text = static_cast<const char*>(sqlite3_column_blob(query.get(), column));
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(query.get(), column));
      (row += std::to_string(sqlite3_column_type(query.get(), column)) + ":" + std::to_string(size) + ":")
          .append(text ? text : "", size);
    }
    sum += XXH3_64bits(row.data(), row.size());
  }
  return sum;
}

}  // namespace

Written write_plainly(const std::filesystem::path& store, const std::filesystem::path& copy) {
  PlainWriter writer(store, copy);
  const integration::StoreFile file(store);
  const auto entities = file.texts("SELECT name FROM psabridge_entity");
  for (const std::string& entity : entities) writer.make_table(entity);
  for (const std::string& entity : entities) writer.write_table(entity);
  return writer.finish();
}

std::uint64_t digest_of(const std::filesystem::path& store) {
  const Database database = open(store, SQLITE_OPEN_READONLY);
  std::uint64_t sum = 0;
  for (const std::string& table : integration::StoreFile(store).tables()) {
    if (table != "psabridge_run" && table != "psabridge_run_entity")
      sum += digest_of_table(database.get(), table);
  }
  return sum;
}

}  // namespace psabridge::bench
