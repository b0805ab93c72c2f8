#include "core/store/database.h"

#include <fcntl.h>

#include <cassert>
#include <cstring>
#include <system_error>
#include <utility>

#include "core/base/descriptor.h"
#include "core/base/error.h"

namespace psabridge::store {
namespace {

struct AccessRules {
  int mode;            ///< of sqlite3_open_v2
  mode_t permissions;  ///< of a file that is made; 0: none is made
  int busy_milliseconds;
  const char* settings;
};

// synchronous=NORMAL: a power cut may take back the last transactions, whole ones, never a part. A pull can
// be repeated, and the cursor goes back together with the data, so that the next run reads them again. The
// log is checkpointed every 1000 pages and cut back when a large transaction has blown it up. The page cache
// is bounded; what sorts or spills does so on disk. A row of the widest entity takes some 2.3 KB: pages of
// 4 KB would hold one and waste the rest.
constexpr const char* kWriterSettings = R"sql(
  PRAGMA page_size = 8192;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = 1000;
  PRAGMA journal_size_limit = 67108864;
  PRAGMA cache_size = -16384;
  PRAGMA temp_store = FILE;
  PRAGMA foreign_keys = ON;
)sql";
// FULL: what was accepted has been acknowledged to its sender, who will not send it again; it must be on the
// disk before that, not merely on its way. The log is cut back so that a burst does not keep its space. A
// webhook's delivery is some 2 KB: a page of 8 KB holds three, one of 4 KB holds one and wastes the rest.
constexpr const char* kJournalSettings = R"sql(
  PRAGMA page_size = 8192;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = 1000;
  PRAGMA journal_size_limit = 67108864;
  PRAGMA cache_size = -16384;
  PRAGMA temp_store = FILE;
)sql";
constexpr const char* kReaderSettings = R"sql(
  PRAGMA wal_autocheckpoint = 0;
  PRAGMA cache_size = -8192;
  PRAGMA temp_store = FILE;
  PRAGMA query_only = ON;
)sql";

// A rollback journal leaves nothing beside the file, and any process may come and go. EXTRA: a commit that
// was reported is not taken back by a power cut, for a refresh token that was used once is gone. What is
// deleted is overwritten.
constexpr const char* kSharedSettings = R"sql(
  PRAGMA journal_mode = DELETE;
  PRAGMA synchronous = EXTRA;
  PRAGMA secure_delete = ON;
  PRAGMA temp_store = MEMORY;
)sql";

// With one writer a wait only happens while a process recovers the log of a killed one.
constexpr AccessRules kReader{SQLITE_OPEN_READONLY, 0, 2000, kReaderSettings};
// Customers' data are for the owner and, to read, for those whom the owner lets into the group; secrets for
// the owner alone.
constexpr AccessRules kWriter{SQLITE_OPEN_READWRITE, 0640, 2000, kWriterSettings};
constexpr AccessRules kJournal{SQLITE_OPEN_READWRITE, 0640, 2000, kJournalSettings};
constexpr AccessRules kShared{SQLITE_OPEN_READWRITE, 0600, 10'000, kSharedSettings};

/// With these permissions from the first moment on; SQLite would ask the umask alone. What keeps it from
/// being made keeps SQLite from opening it, which then says so.
void make_file(const std::filesystem::path& file, mode_t permissions) {
  const Descriptor made(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, permissions));
}

const AccessRules& rules_of(Database::Access access) {
  switch (access) {
    case Database::Access::read:
      return kReader;
    case Database::Access::write:
      return kWriter;
    case Database::Access::journal:
      return kJournal;
    case Database::Access::shared:
      break;
  }
  return kShared;
}

std::string_view code_of(int status) {
  switch (status & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "PB1302";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "PB1303";
    case SQLITE_FULL:
      return "PB1304";
    case SQLITE_IOERR:
      return "PB1306";
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return "PB1301";
    default:
      return "PB1399";
  }
}

}  // namespace

Statement::Statement(const Database& database, std::string_view sql) : database_(&database) {
  check(sqlite3_prepare_v3(database.handle_, sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::check(int status) const {
  if (status != SQLITE_OK) database_->fail(status);
}

void Statement::bind_integer(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(statement_, parameter, value));
}

void Statement::bind(int parameter, std::string_view text) {
  // A null pointer would bind NULL instead of an empty text.
  const char* data = text.data() ? text.data() : "";
  check(sqlite3_bind_text64(statement_, parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind(int parameter, Blob blob) {
  const char* data = blob.bytes.data() ? blob.bytes.data() : "";
  check(sqlite3_bind_blob64(statement_, parameter, data, blob.bytes.size(), SQLITE_STATIC));
}

void Statement::bind(int parameter, std::nullptr_t) { check(sqlite3_bind_null(statement_, parameter)); }

void Statement::bind(int parameter, const Value& value) {
  switch (value.type) {
    case PSABRIDGE_TYPE_NULL:
      return bind(parameter, nullptr);
    case PSABRIDGE_TYPE_BOOL:
    case PSABRIDGE_TYPE_INTEGER:
      return bind_integer(parameter, value.as.integer);
    case PSABRIDGE_TYPE_REAL:
      return check(sqlite3_bind_double(statement_, parameter, value.as.real));
    default:
      return bind(parameter, view(value.as.text));
  }
}

bool Statement::step() {
  const int status = sqlite3_step(statement_);
  if (status == SQLITE_ROW) return true;
  const int outcome = sqlite3_reset(statement_);
  if (status != SQLITE_DONE) database_->fail(outcome == SQLITE_OK ? status : outcome);
  return false;
}

void Statement::reset() noexcept { sqlite3_reset(statement_); }
bool Statement::is_busy() const noexcept { return sqlite3_stmt_busy(statement_) != 0; }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Statement::text(int column) const {
  const bool is_blob = sqlite3_column_type(statement_, column) == SQLITE_BLOB;
  const void* data =
      is_blob ? sqlite3_column_blob(statement_, column) : sqlite3_column_text(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return data ? std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size))
              : std::string_view();
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

Value Statement::value(int column) const {
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_NULL:
      return null_value();
    case SQLITE_INTEGER:
      return integer_value(integer(column));
    case SQLITE_FLOAT:
      return real_value(sqlite3_column_double(statement_, column));
    default:
      return text_value(text(column));
  }
}

int Statement::column_count() const { return sqlite3_column_count(statement_); }

std::string_view Statement::column_name(int column) const { return sqlite3_column_name(statement_, column); }

std::string like_pattern(std::string_view part) {
  std::string pattern = "%";
  for (const char c : part) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

Database::Database(std::filesystem::path file, Access access) : file_(std::move(file)) {
  const AccessRules& rules = rules_of(access);
  if (rules.permissions != 0) make_file(file_, rules.permissions);
  try {
    const int status = sqlite3_open_v2(file_.c_str(), &handle_,
                                       rules.mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    if (status != SQLITE_OK) fail(status);
    sqlite3_busy_timeout(handle_, rules.busy_milliseconds);
    if (access == Access::read) sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    script(rules.settings);
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
}

Database::~Database() {
  statements_.clear();
  sqlite3_close_v2(handle_);  // waits for statements that others still hold
}

Statement& Database::kept(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end())
    found =
        statements_
            .emplace(std::piecewise_construct, std::forward_as_tuple(sql), std::forward_as_tuple(*this, sql))
            .first;
  assert(!found->second.is_busy() && "the rows of an earlier use are still being read");
  return found->second;
}

void Database::script(const std::string& sql) {
  const int status = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) fail(status);
}

std::int64_t Database::changes() const { return sqlite3_changes64(handle_); }
std::int64_t Database::last_id() const { return sqlite3_last_insert_rowid(handle_); }
bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

void Database::fail(int status) const {
  const int system_error = handle_ ? sqlite3_system_errno(handle_) : 0;
  std::string why = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(status);
  if (const char* kind = sqlite3_errstr(status); why != kind) why += std::string(" (") + kind + ")";
  if (system_error != 0) why += ": " + std::generic_category().message(system_error);
  throw Error(code_of(status), "The store " + file_.string() + " could not be used: " + why + ".");
}

Transaction::Transaction(Database& database) : database_(database), nested_(database.in_transaction()) {
  database_.run(nested_ ? "SAVEPOINT step" : "BEGIN IMMEDIATE");
}

void Transaction::commit() {
  database_.run(nested_ ? "RELEASE step" : "COMMIT");
  open_ = false;
}

Transaction::~Transaction() {
  // SQLite ends the whole transaction by itself after some errors (a full disk, say).
  if (!open_ || !database_.in_transaction()) return;
  try {
    database_.script(nested_ ? "ROLLBACK TO step; RELEASE step" : "ROLLBACK");
  } catch (const Error&) {
    // The reason is already under way as an exception; a transaction left open is rolled back when the file
    // is opened again.
  }
}

}  // namespace psabridge::store
