#include "core/store/store.h"

#include "core/base/error.h"
#include "core/store/sqlite_store.h"

namespace psabridge::store {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

}  // namespace

std::string_view name_of(Action action) noexcept {
  switch (action) {
    case Action::created:
      return "created";
    case Action::updated:
      return "updated";
    case Action::restored:
      return "restored";
    case Action::deleted:
      return "deleted";
  }
  return "";
}

Counts& Counts::operator+=(const Counts& other) noexcept {
  read += other.read;
  created += other.created;
  updated += other.updated;
  unchanged += other.unchanged;
  filtered += other.filtered;
  dead += other.dead;
  deleted += other.deleted;
  return *this;
}

std::filesystem::path sqlite_file_of(const std::string& url) {
  if (url.starts_with("postgresql:") || url.starts_with("postgres:"))
    throw Error("PB1309", "The store " + url.substr(0, url.find(':')) +
                              ": cannot be used: this version keeps its data in SQLite only.");
  if (!url.starts_with(kSqlite) || url.size() == kSqlite.size())
    throw Error("PB1309", "The store address \"" + url +
                              "\" is not understood: it should be sqlite: and the path of a file.");
  return url.substr(kSqlite.size());
}

std::unique_ptr<Reader> open_reader(const std::string& url) {
  return open_sqlite_reader(sqlite_file_of(url));
}

std::unique_ptr<Writer> open_writer(const std::string& url, Clock& clock, Durability durability) {
  return open_sqlite_writer(sqlite_file_of(url), clock, durability);
}

}  // namespace psabridge::store
