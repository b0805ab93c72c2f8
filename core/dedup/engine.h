// The duplicates of one entity, in memory: finds candidates by their keys, weighs pairs, and groups records
// into entities. Knows no store; what it holds is loaded into it, and what changed is told.
//
// Records are known by the ids of their rows (RecordId). Every tie between records is decided by what they
// are (Identity), never by when they came or what their ids are, so that after settle() any order of arrival
// and any number of threads has led to the same entities.
#pragma once
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/dedup/grouping.h"
#include "core/dedup/key_index.h"
#include "core/dedup/matcher.h"

namespace psabridge::dedup {

using RecordId = std::int64_t;
/// Two records, the lower id first.
using Pair = std::pair<RecordId, RecordId>;
Pair pair_of(RecordId one, RecordId other) noexcept;

/// Two records that the strategies take for the same, or that a person should look at.
struct Match {
  PairWeight weight;                   ///< its verdict is never `distinct`
  Obstacle obstacle = Obstacle::none;  ///< why they are not joined, when the verdict is `same`
  bool operator==(const Match& other) const noexcept {
    return weight.weight == other.weight.weight && weight.verdict == other.weight.verdict &&
           weight.veto == other.weight.veto && obstacle == other.obstacle;
  }
};

/// What a record would be if it were new.
struct Likeness {
  RecordId record = 0;  ///< the one that it is most like, of an entity
  RecordId entity = 0;
  PairWeight weight;  ///< to that record; the verdict is that of the whole entity
};

/// What is not as it was before. Ascending.
struct Changes {
  std::vector<Pair> matches;  ///< that came, went, or have another weight or obstacle
  struct Moved {
    RecordId record = 0, before = 0;  ///< `before`: the entity that it was in; 0: it was alone
  };
  std::vector<Moved> moved;  ///< records that are in another entity, or alone now
  bool empty() const noexcept { return matches.empty() && moved.empty(); }
};

/// So many candidates of one record are weighed, those with the rarest keys in common.
inline constexpr std::size_t kMostCandidates = 50;
/// A key that more records have says too little to look for candidates by.
inline constexpr std::size_t kGenericKey = 64;

/// One thread at a time; where there is much to weigh it uses as many threads as there are matchers.
class Engine {
 public:
  /// `matchers`: at least one, all of the same strategies.
  explicit Engine(std::vector<Matcher> matchers);
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  // --- what is there; decides nothing ---

  void reserve(std::size_t records);
  /// A new record, or a new form of a known one; nothing happens when it has that form. `packed`: what
  /// Matcher::keyed gave. Throws Error PB1703.
  void put(RecordId record, std::string_view packed);
  void remove(RecordId record);
  /// What a person decided about a pair; a later word replaces an earlier one.
  void declare(Pair pair, bool same);
  /// Takes back what a person decided about the pair.
  void lift(Pair pair);
  /// A match that was found earlier.
  void restore(Pair pair, const Match& match);
  /// Entities that were made earlier: (record, entity) of the records that are not alone. Those that are not
  /// here any more are passed over.
  void restore(std::span<const std::pair<RecordId, RecordId>> members);

  bool has(RecordId record) const { return slots_.contains(record); }
  std::size_t size() const noexcept { return slots_.size(); }
  Matcher& matcher() noexcept { return matchers_.front(); }

  // --- deciding ---

  /// Finds the matches of records that are new or changed, and the entities that they make.
  void place(std::span<const RecordId> records, const plugin::Stop& stop);
  /// The entities around these records anew, after declare(), lift() or remove().
  void regroup(std::span<const RecordId> records);
  /// Everything anew, as if all records had come at once.
  void settle(const plugin::Stop& stop);
  /// What changed since this was asked last, or since restore() or settle(), which may change everything.
  Changes take_changes();

  // --- looking ---

  /// The entities that a record of this form is like, the likeliest first; `but` is left out.
  std::vector<Likeness> likenesses(std::string_view packed, RecordId but, const plugin::Stop& stop);
  ExplainedPair explain(RecordId one, RecordId other, const plugin::Stop& stop);
  ExplainedPair explain(std::string_view packed, RecordId other, const plugin::Stop& stop);
  /// The id of the record's entity: the lowest of its records. A record that is not here is its own.
  RecordId entity_of(RecordId record) const;
  /// All records of an entity by its id, ascending.
  std::vector<RecordId> members(RecordId entity) const;
  /// False for a record that is alone.
  bool is_joined(RecordId record) const { return entities_.contains(record); }
  /// True when a person said that they are not the same.
  bool is_banned(const Pair& pair) const;
  /// Ids of the entities of more than one record, ascending.
  std::vector<RecordId> joined() const;
  const std::map<Pair, Match>& matches() const noexcept { return matches_; }
  /// True for a match that neither joined its records nor was decided by a person.
  bool needs_review(const Pair& pair) const;
  /// The matches of one record.
  std::vector<Pair> matches_of(RecordId record) const;
  /// A hash of who is one with whom, by identities: equal for equal entities, however they came about.
  std::uint64_t fingerprint() const;

  /// Memory of keys, forms and tables, in bytes.
  std::size_t bytes() const noexcept;

 private:
  struct Held;       // a record in memory
  struct Found;      // a match on its way from a thread
  class FormMemory;  // where packed records lie

  struct Candidate;  // a record that has a key in common

  std::vector<Candidate> candidates(const PackedRecord& probe, Slot but) const;
  void keep_rarest(std::vector<Candidate>& found) const;
  PackedRecord record_in(Slot slot) const;
  void weigh(Matcher& matcher, std::string_view forms, std::span<const Slot> slots,
             std::vector<PairWeight>& weights, const plugin::Stop& stop) const;
  void find_matches(Matcher& matcher, Slot probe, std::span<const Candidate> candidates,
                    std::vector<Found>& into, const plugin::Stop& stop) const;
  std::vector<Found> find_all(const plugin::Stop& stop);
  template <class Work>
  std::vector<Found> in_threads(std::size_t count, const plugin::Stop& stop, const Work& work);
  void note(const Pair& pair);
  void note(RecordId record);
  void forget_changes() noexcept;
  void add_match(Pair pair, const Match& match);
  void drop_matches(RecordId record);
  std::vector<RecordId> component_of(RecordId record) const;
  void group_component(const std::vector<RecordId>& records);
  void set_obstacle(const Pair& pair, Obstacle obstacle);
  void leave_entity(RecordId record);
  void join(std::vector<RecordId> records);
  std::string_view forms_of(Slot slot) const;
  Slot slot_of(RecordId record) const;

  std::vector<Matcher> matchers_;
  std::unique_ptr<FormMemory> memory_;
  KeyIndex index_;
  std::vector<Held> records_;  ///< by slot; the first is nobody's
  std::vector<Slot> free_;
  boost::unordered_flat_map<RecordId, Slot> slots_;
  std::map<Pair, Match> matches_;
  std::map<Pair, bool> declared_;                                 ///< by a person: true for the same
  std::unordered_map<RecordId, std::vector<RecordId>> partners_;  ///< in matches_ and declared_
  std::unordered_map<RecordId, RecordId> entities_;               ///< of records that are not alone
  std::map<RecordId, std::vector<RecordId>> members_;             ///< of entities of more than one record
  std::map<Pair, std::optional<Match>> matches_before_;           ///< of pairs that may have changed
  std::map<RecordId, RecordId> entities_before_;                  ///< as Changes says it
};

}  // namespace psabridge::dedup
