// The rows of one entity: the statements of the hot path, prepared once.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/batch.h"
#include "core/store/database.h"

namespace psabridge::store {

/// What a stored row says of itself, as far as a decision needs it.
struct StoredRow {
  std::int64_t id = 0;
  std::string version;
  ContentHash hash{};
  bool live = true;
};

/// One thread at a time, inside a transaction of the caller. Must not outlive the Database.
class EntityTable {
 public:
  /// `id` as prepare_table gave it.
  EntityTable(Database& database, EntitySchema schema, std::int64_t id);

  std::int64_t id() const { return id_; }
  const EntitySchema& schema() const { return schema_; }

  /// Says for which connection and at what time the following calls work; both texts must live as long.
  void begin_page(std::string_view connection, std::string_view now);

  /// Inserts a new row and returns its id; nothing when there is a row with this source id.
  std::optional<std::int64_t> insert(const Record& record, const Verdict& verdict);
  std::optional<StoredRow> find(std::string_view source_id);
  /// Overwrites the row with this source id; a deleted one comes back to life.
  void update(const Record& record, const Verdict& verdict);
  /// Marks a row as deleted; an empty version keeps the stored one.
  void bury(std::int64_t row, std::string_view version);
  struct Differences {
    std::string json;        ///< {"field":[old,new]}
    bool only_lost = false;  ///< there are some in the fields, and each has no new value
    bool in_fields = false;  ///< something that the source said
    bool in_route = false;   ///< something that routing said
  };
  /// What `update` would change.
  Differences differences(std::int64_t row, const Record& record, const Verdict& verdict);

  /// A row and its source id.
  struct Key {
    std::int64_t row;
    std::string source_id;
  };
  /// Live rows of a child entity that belong to this parent; none when the entity is not a child.
  std::vector<Key> children_of(std::string_view parent);

 private:
  void bind_row(Statement& statement, const Record& record, const Verdict& verdict);

  Database& database_;
  EntitySchema schema_;
  std::int64_t id_;
  bool routed_;
  Statement insert_, find_, update_, bury_, old_values_;
  std::optional<Statement> children_;
};

}  // namespace psabridge::store
