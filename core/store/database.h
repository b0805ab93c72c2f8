// SQLite through its own API, in the thinnest layer that is safe: connections, prepared statements,
// transactions, and errors with our codes. Nothing here knows what is stored. A Database and what belongs to
// it serve one thread at a time.
#pragma once
#include <sqlite3.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "core/model/value.h"

namespace psabridge::store {

class Database;

/// Bytes for a BLOB column; borrowed.
struct Blob {
  std::string_view bytes;
};

/// A prepared statement that is used again and again. Text and blobs are bound without a copy: they must live
/// until the statement was stepped to its end, or bound anew. Must not outlive its Database.
class Statement {
 public:
  Statement(const Database& database, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Parameters count from 1 (`?1`). Throws Error PB1399.
  template <std::integral Integer>
  void bind(int parameter, Integer value) {
    bind_integer(parameter, static_cast<std::int64_t>(value));
  }
  void bind(int parameter, std::string_view text);
  void bind(int parameter, Blob blob);
  void bind(int parameter, const Value& value);
  void bind(int parameter, std::nullptr_t);

  /// True: there is a row. False: done, and ready for the next use. Throws Error PB13xx, after which it is
  /// ready, too.
  bool step();
  /// Back to the beginning; parameters stay bound.
  void reset() noexcept;
  /// True between a row and the end or reset.
  bool is_busy() const noexcept;

  /// Columns of the current row count from 0; text lives until the next step or reset.
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  bool is_null(int column) const;
  Value value(int column) const;
  int column_count() const;
  std::string_view column_name(int column) const;

 private:
  void bind_integer(int parameter, std::int64_t value);
  void check(int status) const;

  const Database* database_;
  sqlite3_stmt* statement_ = nullptr;
};

/// The rows of one use of a statement; makes it ready again at the end of the scope.
class Rows {
 public:
  explicit Rows(Statement& statement) : statement_(statement) {}
  ~Rows() { statement_.reset(); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  bool next() { return statement_.step(); }
  const Statement* operator->() const { return &statement_; }

 private:
  Statement& statement_;
};

/// `%part%` for LIKE ... ESCAPE '\', with the characters that LIKE treats specially made plain.
std::string like_pattern(std::string_view part);

/// One connection to one file.
class Database {
 public:
  enum class Access {
    read,     ///< never writes, never checkpoints
    write,    ///< makes the file when it is missing; the only connection that writes and checkpoints
    journal,  ///< as `write`, and no power cut takes back a commit that was reported
    shared    ///< of a file that is there: one of several that write, none of which may lose a commit
  };

  /// Throws Error PB1301 (cannot be opened), PB1303 (not a database).
  Database(std::filesystem::path file, Access access);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs a statement that gives no rows. Statements are prepared once and kept by their text, so `sql`
  /// should be constant.
  template <class... Arguments>
  void run(std::string_view sql, const Arguments&... arguments) {
    rows(sql, arguments...).next();
  }
  /// The rows of a query; arguments are bound in order. The same text must not be in use already.
  template <class... Arguments>
  Rows rows(std::string_view sql, const Arguments&... arguments) {
    Statement& statement = kept(sql);
    int parameter = 0;
    (statement.bind(++parameter, arguments), ...);
    return Rows(statement);
  }
  /// First column of the first row; 0 without a row.
  template <class... Arguments>
  std::int64_t number(std::string_view sql, const Arguments&... arguments) {
    Rows found = rows(sql, arguments...);
    return found.next() ? found->integer(0) : 0;
  }
  /// Runs several statements once.
  void script(const std::string& sql);

  /// Rows changed by the last statement that ended.
  std::int64_t changes() const;
  std::int64_t last_id() const;
  bool in_transaction() const;
  const std::filesystem::path& file() const { return file_; }

  /// Throws the Error for an SQLite status of this connection.
  [[noreturn]] void fail(int status) const;

 private:
  friend class Statement;
  Statement& kept(std::string_view sql);

  std::filesystem::path file_;
  sqlite3* handle_ = nullptr;
  std::map<std::string, Statement, std::less<>> statements_;
};

/// All or nothing: takes the write lock at once (BEGIN IMMEDIATE), or is a savepoint inside an outer
/// transaction. What was not committed is rolled back at the end of the scope; afterwards the database is
/// usable again.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Database& database_;
  const bool nested_;
  bool open_ = true;
};

}  // namespace psabridge::store
