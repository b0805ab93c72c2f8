// The duplicates of a whole store: an engine for each entity, kept beside what the store holds; what waits is
// decided, what people decide is noted, and both are written down.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/dedup/engine.h"
#include "core/dedup/survivorship.h"
#include "core/plugin/registry.h"
#include "core/store/shared_writer.h"

namespace psabridge::dedup {

/// The strategies of an entity as one. `host` outlives it.
Matcher make_matcher(const std::vector<config::RoleUse>& strategies, const plugin::Registry& registry,
                     plugin::HostServices& host);
/// True when both lists name the same strategies with the same settings.
bool is_alike(const std::vector<config::RoleUse>& one, const std::vector<config::RoleUse>& other);

/// What a look at new and changed records brought.
struct CaughtUp {
  std::uint64_t records = 0;  ///< looked at
  std::uint64_t joined = 0;   ///< of these are one with another record
  std::uint64_t reviews = 0;  ///< pairs of these that a person should look at
};

/// A pair that a person should look at.
struct Review {
  RecordId a = 0, b = 0;
  Match match;
};

/// An entity that consists, or would consist, of several records.
struct Group {
  RecordId entity = 0;
  std::vector<RecordId> members;  ///< ascending
};

/// What a whole scan found, beside what was known before.
struct Scan {
  std::uint64_t records = 0, matches = 0, entities = 0;  ///< entities: of more than one record
  std::uint64_t duplicates = 0;                          ///< records beyond the first of their entity
  std::uint64_t reviews = 0;
  std::vector<Group> joined;  ///< entities that are not the same as before
  std::vector<Group> parted;  ///< entities of before that are none any more, as they were
  std::uint64_t memory = 0;   ///< bytes
};

/// What a record is, before it is stored.
struct Answer {
  enum class Is : std::uint8_t { exists, likely, fresh };
  Is is = Is::fresh;
  std::vector<Likeness> likenesses;  ///< the likeliest first
};

/// Whoever calls holds the store's mutex, except where it says otherwise. A call that fails leaves the store
/// as it was. Throws Error PB1704 for an entity that no pipeline deduplicates.
class Deduplicator {
 public:
  /// Everything outlives it.
  Deduplicator(const config::Config& config, const plugin::Registry& registry, plugin::HostServices& host,
               store::SharedWriter& store, Clock& clock);
  ~Deduplicator();

  /// Entities that some pipeline deduplicates, ordered. Needs no mutex.
  std::vector<std::string> entities() const;
  bool covers(std::string_view entity) const;

  /// Before records are stored with forms: where there are none yet, what is made of them from here on is up
  /// to date.
  void begin(const std::string& entity);
  /// Decides about the records that wait. Many at once are decided together with all others.
  CaughtUp catch_up(const std::string& entity, const plugin::Stop& stop);
  /// Records that catch_up() would look at.
  std::uint64_t waiting(const std::string& entity) const;
  /// Looks at everything anew: `dry` changes nothing.
  enum class Effect : std::uint8_t { kept, dry };
  Scan scan(const std::string& entity, Effect effect, const plugin::Stop& stop);
  /// Makes the forms anew from the records. scan() decides by them.
  void rebuild(const std::string& entity, const plugin::Stop& stop);
  /// What was written since the mutex was last free is rolled back: everything is loaded again when it is
  /// needed.
  void forget();

  // --- what people decide; each returns the number of the step, by which it is undone ---

  struct Person {
    std::string name, note;
  };
  /// These records are one. Throws Error PB1702 when somebody said of two of them that they are not.
  std::int64_t merge(const std::string& entity, std::span<const std::vector<RecordId>> groups,
                     const Person& person);
  /// These records are not one with the others of their entity.
  std::int64_t split(const std::string& entity, std::span<const RecordId> records, const Person& person);
  /// These two are never one, whatever is found.
  std::int64_t not_same(const std::string& entity, std::span<const Pair> pairs, const Person& person);
  /// The record's value of the field counts for its entity.
  std::int64_t pin(const std::string& entity, RecordId record, const std::string& field,
                   const Person& person);
  /// Takes a step back; an undo, too. Nothing when it is undone already. Throws Error PB1704 when there is no
  /// such step.
  std::optional<std::int64_t> undo(std::int64_t step, const Person& person);

  // --- looking ---

  /// Is there such a record? Each record of the batch is looked at for itself.
  std::vector<Answer> check(const std::string& entity, const Batch& batch, const plugin::Stop& stop);
  /// The surest first.
  std::vector<Review> reviews(const std::string& entity);
  ExplainedPair explain(const std::string& entity, RecordId one, RecordId other);
  /// Why the first record of the batch is like a stored one.
  ExplainedPair explain_new(const std::string& entity, const Batch& batch, RecordId other);
  Group group_of(const std::string& entity, RecordId record);
  std::vector<Group> groups(const std::string& entity);
  const Engine& engine(const std::string& entity);

 private:
  struct Plan;
  struct Held;

  const Plan& plan(const std::string& entity) const;
  Held& held(const std::string& entity);
  Engine fresh_engine(const Plan& plan);
  void load(const std::string& entity, Engine& engine, std::span<const store::DedupStep> steps);
  void bring_forms_up_to_date(const std::string& entity, const plugin::Stop& stop);
  void look_at(const std::string& entity, Held& held, std::span<const RecordId> waiting,
               const plugin::Stop& stop);
  std::int64_t take_step(store::DedupStep step, const Person& person);
  void write_changes(const std::string& entity, const Held& held, const Changes& changes,
                     std::span<const RecordId> records);
  void write_all(const std::string& entity, const Held& held);
  void write_golden(const std::string& entity, const Held& held, std::span<const RecordId> entities);
  template <class Work>
  auto guarded(const std::string& entity, const Work& work);

  const config::Config& config_;
  const plugin::Registry& registry_;
  plugin::HostServices& host_;
  store::SharedWriter& store_;
  Clock& clock_;
  std::map<std::string, Plan, std::less<>> plans_;
  std::map<std::string, Held, std::less<>> held_;  ///< what was needed so far
};

}  // namespace psabridge::dedup
