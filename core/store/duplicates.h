// What the store keeps for finding duplicates: beside each record the keys and form by which it is compared,
// which records wait to be looked at, what was found, what people decided, and the entities that follow from
// all of it. What it means is the business of core/dedup.
//
// Records are named by the ids of their rows. Of a pair `a` is the lower one.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/store/database.h"

namespace psabridge::store {

/// Two records that were found to be alike. The numbers are those of core/dedup: verdict 1 review, 2 same.
struct FoundMatch {
  std::int64_t a = 0, b = 0;
  int verdict = 0, veto = 0, obstacle = 0;
  std::int64_t weight = 0;  ///< 1/1024 bit
};

/// One thing that a person decided, however many pairs it is about.
struct DedupStep {
  std::int64_t id = 0;
  std::string entity{}, action{};  ///< merge, split, not-same, pin, undo
  std::int64_t undoes = 0;         ///< of an undo: the step that it takes back
  std::string by{}, at{}, note{};  ///< `at`: RFC 3339
  struct Word {
    std::int64_t a = 0, b = 0;
    bool same = false;
  };
  std::vector<Word> words{};  ///< of a pin: none
  struct Pin {
    std::int64_t record = 0;  ///< whose value counts for its entity
    std::string field;
  };
  std::vector<Pin> pins{};
  bool undone = false;  ///< by a step that is not undone itself
};

/// Says of each step whether it is undone. All of an entity, oldest first.
void mark_undone(std::vector<DedupStep>& steps);

/// The value of one field of a golden record, as JSON keeps it.
struct GoldenRecord {
  std::int64_t entity = 0;  ///< the lowest of its records
  std::string fields;  ///< JSON: {"phone": {"value": ..., "record": 7, "rule": "newest", "others": [...]}}
};

/// One connection, one thread at a time; what changes belongs into a transaction of the caller. Entities are
/// named as in the store; one that it does not hold has nothing.
class Duplicates {
 public:
  explicit Duplicates(Database& database) : database_(database) {}

  // --- forms and what waits: written with the record, in its transaction ---

  // Ids ascend, so that a new record waits by being beyond those that were looked at; one that was there
  // before is noted.

  /// Of a new record: its id is the highest.
  void add_form(std::int64_t entity, std::int64_t record, std::string_view packed);
  void add_form(std::string_view entity, std::int64_t record, std::string_view packed) {
    add_form(id_of(entity), record, packed);
  }
  /// Of a record that was there before.
  void change_form(std::int64_t entity, std::int64_t record, std::string_view packed);
  /// Of a deleted record. Nothing happens when it had none.
  void drop_form(std::int64_t entity, std::int64_t record);
  /// In the order of the ids. The text lives for the call.
  void each_form(std::string_view entity,
                 const std::function<void(std::int64_t record, std::string_view packed)>& take) const;
  /// Empty when it has none.
  std::string form(std::string_view entity, std::int64_t record) const;
  /// The highest record of those that were looked at; 0: none was.
  std::int64_t looked_through(std::string_view entity) const;
  /// Calls `take` for each record whose form is new, changed or gone since it was looked at; then `packed` is
  /// empty, and otherwise lives for the call. `through`: new records up to this one were looked at.
  void each_waiting(std::string_view entity, std::int64_t through,
                    const std::function<void(std::int64_t record, std::string_view packed)>& take) const;
  std::uint64_t waiting_count(std::string_view entity, std::int64_t through) const;
  /// All were looked at, new ones up to `through`.
  void stop_waiting(std::string_view entity, std::int64_t through);
  /// Forgets every form: they are to be made anew, and then all wait.
  void drop_forms(std::string_view entity);

  // --- what was found ---

  std::vector<FoundMatch> matches(std::string_view entity) const;
  void keep_match(std::string_view entity, const FoundMatch& match);
  void drop_match(std::string_view entity, std::int64_t a, std::int64_t b);
  void replace_all_matches(std::string_view entity, std::span<const FoundMatch> matches);

  /// The entity of a record that is not deleted: of one that is alone its own id. Nothing when there is none.
  std::optional<std::int64_t> entity_of(std::string_view entity, std::string_view connection,
                                        std::string_view source_id) const;
  /// (record, entity) of all records that are not alone, ascending.
  std::vector<std::pair<std::int64_t, std::int64_t>> members(std::string_view entity) const;
  /// A record is a member of what `members` says: (record, entity); alone when both are equal and `alone`.
  void set_member(std::string_view entity, std::int64_t record, std::optional<std::int64_t> of);
  void drop_members(std::string_view entity);
  /// By record: how many live records refer to it. Those that nothing refers to are left out.
  std::map<std::int64_t, std::uint64_t> followers(std::string_view entity) const;

  std::optional<GoldenRecord> golden(std::string_view entity, std::int64_t of) const;
  void set_golden(std::string_view entity, const GoldenRecord& golden);
  void drop_golden(std::string_view entity, std::int64_t of);
  void drop_all_golden(std::string_view entity);

  // --- what people decided: only ever added to ---

  /// Oldest first.
  std::vector<DedupStep> steps(std::string_view entity) const;
  /// The entity that the step is about; empty when there is no such step.
  std::string entity_of_step(std::int64_t id) const;
  /// Returns its id.
  std::int64_t add_step(const DedupStep& step);

 private:
  std::int64_t id_of(std::string_view entity) const;
  void keep_match(std::int64_t entity, const FoundMatch& match);

  Database& database_;
};

}  // namespace psabridge::store
