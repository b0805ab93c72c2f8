// Records on their way from a connector to the store: one page of the source, one arena, one transaction at
// the end.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/entity_schema.h"
#include "core/model/value.h"

namespace psabridge {

/// One record in canonical form; fields are in the order of its EntitySchema.
using Record = psabridge_record;

using ContentHash = std::array<std::uint8_t, 16>;

/// What shall become of a record; the store refines `write` into created, updated or unchanged.
enum class Fate : std::uint8_t {
  write,     ///< upsert
  filtered,  ///< outside the pipeline's filters: not stored
  dead,      ///< cannot be used: dead letter with code and reason
  deleted,   ///< the source says that it is gone: tombstone
  seen       ///< answers an id sweep: only its id counts, nothing is written but the mark
};

/// The decision about one ticket: where it goes, by which rule, and why.
struct RouteDecision {
  std::string_view team, rule, reason;  ///< empty team: not a ticket, or no rule decided
  std::string_view evidence{};          ///< JSON; only of a decision that is new
  std::int64_t rules = 0;               ///< number of the rules in the store; 0: not routed
  bool troubled = false;                ///< a rule failed, or chose a team that takes no tickets
};

/// Everything the pipeline found out about one record, beside the record itself.
struct Verdict {
  Fate fate = Fate::write;
  ContentHash content_hash{};               ///< of the canonical fields, custom fields and route
  std::string_view packed_raw;              ///< `raw`, zstd-compressed
  std::string_view dead_code, dead_reason;  ///< for Fate::dead
  RouteDecision route;
};

/// A value of the source that the admin's map of its field does not list.
struct UnmappedValue {
  std::size_t record = 0;  ///< index in the batch
  std::string_view field;  ///< lives as long as the schema
  std::string_view value;  ///< in the batch's arena
};

/// Memory of a batch: grows only, freed at once. Not thread-safe; a batch has one owner at a time.
class Arena {
 public:
  explicit Arena(std::size_t first_block = 64 * 1024) : memory_(first_block) {}
  /// Copies text into the arena; the view lives as long as the arena.
  std::string_view keep(std::string_view text);
  std::pmr::memory_resource* resource() noexcept { return &memory_; }
  template <class T>
  T* make_array(std::size_t count) {
    return static_cast<T*>(memory_.allocate(count * sizeof(T), alignof(T)));
  }

 private:
  std::pmr::monotonic_buffer_resource memory_;
};

/// One page of one entity. Moves through the pipeline by unique_ptr; views point into `arena`.
struct Batch {
  std::unique_ptr<Arena> arena = std::make_unique<Arena>();
  std::string connection;
  const EntitySchema* schema = nullptr;  ///< outlives the batch
  std::vector<Record> records;
  std::vector<Verdict> verdicts;  ///< parallel to `records`
  /// What each record is compared with others by (dedup::Matcher::keyed), parallel to `records`; empty when
  /// nobody looks for duplicates of the entity.
  std::vector<std::string> forms;
  std::vector<UnmappedValue> unmapped;  ///< by record
  std::size_t bytes = 0;                ///< payload size, for the bounds of the queues
};

}  // namespace psabridge
