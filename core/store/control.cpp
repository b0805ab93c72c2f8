#include "core/store/control.h"

#include <array>
#include <system_error>

#include "core/base/error.h"
#include "core/base/time.h"
#include "core/store/migrations.h"
#include "core/store/store.h"

namespace psabridge::store {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFirst = R"sql(
CREATE TABLE connection (
  name TEXT PRIMARY KEY, state TEXT NOT NULL, since TEXT NOT NULL, code TEXT NOT NULL, cause TEXT NOT NULL,
  checked_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE connection_change (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL, since TEXT NOT NULL, code TEXT NOT NULL,
  cause TEXT NOT NULL, checked_at TEXT NOT NULL
) STRICT;
CREATE INDEX connection_change_by_name ON connection_change (name, id);
CREATE TABLE secret (
  name TEXT PRIMARY KEY, key INTEGER NOT NULL, sealed BLOB NOT NULL, updated_at TEXT NOT NULL,
  expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE wrapped_key (
  id INTEGER NOT NULL, wrapping TEXT NOT NULL, parameters TEXT NOT NULL, wrapped BLOB NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
)sql";

constexpr auto kSteps = std::to_array<const char*>({kFirst});
constexpr Lineage kControl{0x50534143, kSteps};  // "PSAC"

constexpr std::int64_t kChangesKept = 200;

ConnectionState connection_of(const Rows& row) {
  return {std::string(row->text(0)), std::string(row->text(1)), std::string(row->text(2)),
          std::string(row->text(3)), std::string(row->text(4)), std::string(row->text(5))};
}

SealedSecret secret_of(const Rows& row) {
  return {std::string(row->text(0)), row->integer(1), std::string(row->text(2)), std::string(row->text(3)),
          std::string(row->text(4))};
}

WrappedKey key_of(const Rows& row) {
  return {row->integer(0), std::string(row->text(1)), std::string(row->text(2)), std::string(row->text(3)),
          std::string(row->text(4))};
}

template <class Value>
std::vector<Value> all_of(Rows rows, Value (*value_of)(const Rows&)) {
  std::vector<Value> values;
  while (rows.next()) values.push_back(value_of(rows));
  return values;
}

template <class Value>
std::optional<Value> one_of(Rows rows, Value (*value_of)(const Rows&)) {
  return rows.next() ? std::optional(value_of(rows)) : std::nullopt;
}

std::optional<ConnectionState> find_connection(Database& database, std::string_view name) {
  return one_of(
      database.rows("SELECT name, state, since, code, cause, checked_at FROM connection WHERE name = ?1",
                    name),
      connection_of);
}

std::vector<SealedSecret> all_secrets(Database& database) {
  return all_of(database.rows("SELECT name, key, sealed, updated_at, expires_at FROM secret ORDER BY name"),
                secret_of);
}

std::vector<WrappedKey> all_keys(Database& database) {
  return all_of(
      database.rows("SELECT id, wrapping, parameters, wrapped, created_at FROM wrapped_key ORDER BY rowid"),
      key_of);
}

/// Text that lives as long as the statement that it is bound to.
const std::string& value_or(const std::string& value, const std::string& fallback) {
  return value.empty() ? fallback : value;
}

void write_secret(Database& database, const SealedSecret& secret, const std::string& now) {
  database.run(
      "INSERT INTO secret (name, key, sealed, updated_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)"
      " ON CONFLICT (name) DO UPDATE SET key = ?2, sealed = ?3, updated_at = ?4, expires_at = ?5",
      secret.name, secret.key, Blob{secret.sealed}, value_or(secret.updated_at, now), secret.expires_at);
}

void write_key(Database& database, const WrappedKey& key, const std::string& now) {
  database.run(
      "INSERT INTO wrapped_key (id, wrapping, parameters, wrapped, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
      key.id, key.wrapping, key.parameters, Blob{key.wrapped}, value_or(key.created_at, now));
}

void keep_change(Database& database, const ConnectionState& state, const std::string& since) {
  database.run(
      "INSERT INTO connection_change (name, state, since, code, cause, checked_at)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
      state.connection, state.state, since, state.code, state.cause, state.checked_at);
  database.run(
      "DELETE FROM connection_change WHERE name = ?1 AND id <="
      " (SELECT id FROM connection_change WHERE name = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
      state.connection, kChangesKept);
}

bool is_missing(const fs::path& file) {
  std::error_code ignored;
  return fs::status(file, ignored).type() == fs::file_type::not_found;
}

}  // namespace

Control::Control(const std::string& store_url, Clock& clock)
    : file_(sqlite_file_of(store_url).string() + ".control"), clock_(clock) {}

Control::~Control() = default;

std::string Control::now() const { return format_time(clock_.now()); }

Database* Control::existing() {
  if (database_) return database_.get();
  if (is_missing(file_)) return nullptr;
  auto database = std::make_unique<Database>(file_, Database::Access::shared);
  if (form_of(*database, kControl) == 0) return nullptr;  // another process is about to make its tables
  migrate(*database, kControl);
  database_ = std::move(database);
  return database_.get();
}

Database& Control::made() {
  if (Database* const database = existing()) return *database;
  auto database = std::make_unique<Database>(file_, Database::Access::shared);
  migrate(*database, kControl);
  database_ = std::move(database);
  return *database_;
}

std::optional<ConnectionState> Control::connection(std::string_view name) {
  const std::lock_guard lock(mutex_);
  Database* const database = existing();
  return database ? find_connection(*database, name) : std::nullopt;
}

std::vector<ConnectionState> Control::connections() {
  const std::lock_guard lock(mutex_);
  Database* const database = existing();
  if (!database) return {};
  return all_of(
      database->rows("SELECT name, state, since, code, cause, checked_at FROM connection ORDER BY name"),
      connection_of);
}

bool Control::set_connection(const ConnectionState& state) {
  const std::lock_guard lock(mutex_);
  Database& database = made();
  Transaction transaction(database);
  const auto before = find_connection(database, state.connection);
  const bool changes = !before || before->state != state.state || before->code != state.code;
  const std::string moment = now();
  const std::string& since = changes ? value_or(state.since, moment) : before->since;
  database.run(
      "INSERT INTO connection (name, state, since, code, cause, checked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
      " ON CONFLICT (name) DO UPDATE SET state = ?2, since = ?3, code = ?4, cause = ?5, checked_at = ?6",
      state.connection, state.state, since, state.code, state.cause, state.checked_at);
  if (changes) keep_change(database, state, since);
  transaction.commit();
  return changes;
}

std::vector<ConnectionState> Control::history(std::string_view name, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  Database* const database = existing();
  if (!database) return {};
  return all_of(database->rows("SELECT name, state, since, code, cause, checked_at FROM connection_change"
                               " WHERE name = ?1 ORDER BY id DESC LIMIT ?2",
                               name, limit),
                connection_of);
}

void Control::forget_connection(std::string_view name) {
  const std::lock_guard lock(mutex_);
  Database* const database = existing();
  if (!database) return;
  Transaction transaction(*database);
  database->run("DELETE FROM connection WHERE name = ?1", name);
  database->run("DELETE FROM connection_change WHERE name = ?1", name);
  transaction.commit();
}

std::optional<SealedSecret> Control::secret(std::string_view name) {
  const std::lock_guard lock(mutex_);
  Database* const database = existing();
  if (!database) return std::nullopt;
  return one_of(
      database->rows("SELECT name, key, sealed, updated_at, expires_at FROM secret WHERE name = ?1", name),
      secret_of);
}

std::vector<SealedSecret> Control::secrets() {
  const std::lock_guard lock(mutex_);
  Database* const database = existing();
  return database ? all_secrets(*database) : std::vector<SealedSecret>();
}

bool Control::put_secret(const SealedSecret& secret) {
  const std::lock_guard lock(mutex_);
  Database& database = made();
  Transaction transaction(database);
  if (database.number("SELECT count(*) FROM wrapped_key WHERE id = ?1", secret.key) == 0) return false;
  write_secret(database, secret, now());
  transaction.commit();
  return true;
}

bool Control::remove_secret(std::string_view name) {
  const std::lock_guard lock(mutex_);
  Database* const database = existing();
  if (!database) return false;
  Transaction transaction(*database);
  database->run("DELETE FROM secret WHERE name = ?1", name);
  const bool removed = database->changes() > 0;
  transaction.commit();
  return removed;
}

std::vector<WrappedKey> Control::keys() {
  const std::lock_guard lock(mutex_);
  Database* const database = existing();
  return database ? all_keys(*database) : std::vector<WrappedKey>();
}

void Control::change_vault(const std::function<void(VaultRows&)>& change) {
  const std::lock_guard lock(mutex_);
  Database& database = made();
  Transaction transaction(database);
  VaultRows rows{all_keys(database), all_secrets(database)};
  change(rows);
  const std::string moment = now();
  database.run("DELETE FROM wrapped_key");
  database.run("DELETE FROM secret");
  for (const WrappedKey& key : rows.keys) write_key(database, key, moment);
  for (const SealedSecret& secret : rows.secrets) write_secret(database, secret, moment);
  transaction.commit();
}

}  // namespace psabridge::store
