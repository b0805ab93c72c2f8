#include "core/dedup/engine.h"

#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <exception>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_set>

#include "core/base/error.h"

namespace psabridge::dedup {

using plugin::DedupVerdict;

Pair pair_of(RecordId one, RecordId other) noexcept { return {std::min(one, other), std::max(one, other)}; }

struct Engine::Held {
  RecordId id = 0;  ///< 0: the slot is free
  Identity identity = 0;
  const char* packed = nullptr;
  std::uint32_t size = 0;
  std::uint32_t forms_at = 0;  ///< where the forms begin in it
};

struct Engine::Found {
  Slot a, b;
  PairWeight weight;
};

struct Engine::Candidate {
  Slot slot;
  std::uint32_t rarity;  ///< sum of the bits of its keys in common
};

/// Packed records lie one behind the other in large blocks; room is given back when half of it is waste.
class Engine::FormMemory {
 public:
  const char* keep(std::string_view bytes) {
    if (bytes.size() > left_) {
      left_ = std::max(kBlock, bytes.size());
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
      next_ = blocks_.back().get();
      total_ += left_;
    }
    char* const place = next_;
    std::memcpy(place, bytes.data(), bytes.size());
    next_ += bytes.size();
    left_ -= bytes.size();
    return place;
  }
  void waste(std::size_t bytes) noexcept { wasted_ += bytes; }
  bool is_wasteful() const noexcept { return wasted_ > kBlock && wasted_ > total_ / 2; }
  std::size_t bytes() const noexcept { return total_; }

 private:
  static constexpr std::size_t kBlock = 4u << 20;

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0, total_ = 0, wasted_ = 0;
};

Engine::Engine(std::vector<Matcher> matchers)
    : matchers_(std::move(matchers)), memory_(std::make_unique<FormMemory>()), records_(1) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

// --- what is there ---

void Engine::reserve(std::size_t records) {
  records_.reserve(records + 1);
  slots_.reserve(records);
}

void Engine::put(RecordId record, std::string_view packed) {
  const PackedRecord parts(packed);
  if (const auto known = slots_.find(record); known != slots_.end()) {
    const Held& held = records_[known->second];
    if (packed == std::string_view(held.packed, held.size)) return;
    remove(record);
  }
  Slot slot = static_cast<Slot>(records_.size());
  if (free_.empty()) {
    records_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  records_[slot] = {record, parts.identity(), memory_->keep(packed),
                    static_cast<std::uint32_t>(packed.size()),
                    static_cast<std::uint32_t>(packed.size() - parts.forms().size())};
  slots_.emplace(record, slot);
  index_.add(slot, parts.blocks(), parts.terms());
}

void Engine::remove(RecordId record) {
  const auto found = slots_.find(record);
  if (found == slots_.end()) return;
  const Slot slot = found->second;
  const PackedRecord parts = record_in(slot);
  index_.remove(slot, parts.blocks(), parts.terms());
  memory_->waste(records_[slot].size);
  records_[slot] = {};
  free_.push_back(slot);
  slots_.erase(found);
  drop_matches(record);
  if (!memory_->is_wasteful()) return;
  auto fresh = std::make_unique<FormMemory>();
  for (Held& held : records_)
    if (held.id != 0) held.packed = fresh->keep({held.packed, held.size});
  memory_ = std::move(fresh);
}

void Engine::declare(Pair pair, bool same) {
  declared_[pair] = same;
  for (const auto& [one, other] : {pair, Pair{pair.second, pair.first}}) {
    auto& partners = partners_[one];
    if (std::ranges::find(partners, other) == partners.end()) partners.push_back(other);
  }
}

void Engine::lift(Pair pair) {
  declared_.erase(pair);
  if (matches_.contains(pair)) return;
  std::erase(partners_[pair.first], pair.second);
  std::erase(partners_[pair.second], pair.first);
}

void Engine::restore(Pair pair, const Match& match) {
  add_match(pair, match);
  forget_changes();
}

void Engine::restore(std::span<const std::pair<RecordId, RecordId>> members) {
  std::map<RecordId, std::vector<RecordId>> entities;
  for (const auto& [record, of] : members)
    if (has(record)) entities[of].push_back(record);
  for (auto& [of, records] : entities) join(std::move(records));
  forget_changes();
}

void Engine::add_match(Pair pair, const Match& match) {
  note(pair);
  const bool known = declared_.contains(pair);
  if (!matches_.insert_or_assign(pair, match).second || known) return;
  partners_[pair.first].push_back(pair.second);
  partners_[pair.second].push_back(pair.first);
}

void Engine::drop_matches(RecordId record) {
  const auto partners = partners_.find(record);
  if (partners == partners_.end()) return;
  std::erase_if(partners->second, [&](RecordId other) {
    const Pair pair = pair_of(record, other);
    note(pair);
    matches_.erase(pair);
    if (declared_.contains(pair)) return false;
    std::erase(partners_[other], record);
    return true;
  });
}

std::string_view Engine::forms_of(Slot slot) const {
  const Held& held = records_[slot];
  return {held.packed + held.forms_at, held.size - held.forms_at};
}

Slot Engine::slot_of(RecordId record) const {
  const auto found = slots_.find(record);
  if (found == slots_.end())
    throw Error("PB1704", "Record " + std::to_string(record) + " is not among those that are compared.");
  return found->second;
}

PackedRecord Engine::record_in(Slot slot) const {
  return PackedRecord({records_[slot].packed, records_[slot].size});
}

// --- what changed ---

void Engine::note(const Pair& pair) {
  const auto match = matches_.find(pair);
  matches_before_.try_emplace(pair, match == matches_.end() ? std::nullopt : std::optional(match->second));
}

void Engine::note(RecordId record) {
  const auto entity = entities_.find(record);
  entities_before_.try_emplace(record, entity == entities_.end() ? 0 : entity->second);
}

void Engine::forget_changes() noexcept {
  matches_before_.clear();
  entities_before_.clear();
}

Changes Engine::take_changes() {
  Changes changes;
  for (const auto& [pair, before] : matches_before_) {
    const auto match = matches_.find(pair);
    const bool same = match == matches_.end() ? !before : before == match->second;
    if (!same) changes.matches.push_back(pair);
  }
  for (const auto& [record, before] : entities_before_) {
    const auto entity = entities_.find(record);
    if (before != (entity == entities_.end() ? 0 : entity->second)) changes.moved.push_back({record, before});
  }
  forget_changes();
  return changes;
}

// --- candidates and weights ---

/// The records that share a key which is not generic.
std::vector<Engine::Candidate> Engine::candidates(const PackedRecord& probe, Slot but) const {
  const std::vector<BlockKey> keys = probe.blocks();
  for (const BlockKey key : keys) index_.expect(key);
  std::vector<Candidate> found;
  for (const BlockKey key : keys) {
    const std::span<const Slot> records = index_.records(key);
    if (records.size() > kGenericKey) continue;
    const auto rarity =
        static_cast<std::uint32_t>(std::bit_width(slots_.size() / std::max<std::size_t>(1, records.size())));
    for (const Slot slot : records)
      if (slot != but) found.push_back({slot, rarity});
  }
  std::ranges::sort(found, {}, &Candidate::slot);
  std::size_t kept = 0;
  for (const Candidate& candidate : found) {
    if (kept > 0 && found[kept - 1].slot == candidate.slot)
      found[kept - 1].rarity += candidate.rarity;
    else
      found[kept++] = candidate;
  }
  found.resize(kept);
  return found;
}

void Engine::keep_rarest(std::vector<Candidate>& found) const {
  if (found.size() <= kMostCandidates) return;
  const auto rarer = [this](const Candidate& one, const Candidate& other) {
    if (one.rarity != other.rarity) return one.rarity > other.rarity;
    return records_[one.slot].identity < records_[other.slot].identity;
  };
  std::ranges::nth_element(found, found.begin() + static_cast<std::ptrdiff_t>(kMostCandidates), rarer);
  found.resize(kMostCandidates);
}

void Engine::weigh(Matcher& matcher, std::string_view forms, std::span<const Slot> slots,
                   std::vector<PairWeight>& weights, const plugin::Stop& stop) const {
  static thread_local std::vector<std::string_view> others;
  others.clear();
  for (const Slot slot : slots) others.push_back(forms_of(slot));
  weights.assign(slots.size(), {});
  matcher.compare(forms, others, index_, slots_.size(), weights, stop);
}

void Engine::find_matches(Matcher& matcher, Slot probe, std::span<const Candidate> candidates,
                          std::vector<Found>& into, const plugin::Stop& stop) const {
  if (candidates.empty()) return;
  static thread_local std::vector<Slot> slots;
  static thread_local std::vector<PairWeight> weights;
  slots.clear();
  for (const Candidate& candidate : candidates) slots.push_back(candidate.slot);
  weigh(matcher, forms_of(probe), slots, weights, stop);
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (weights[i].verdict != DedupVerdict::distinct)
      into.push_back({std::min(probe, slots[i]), std::max(probe, slots[i]), weights[i]});
}

/// Calls `work(matcher, number, found)` for each number below `count`, in several threads when it is worth
/// it, and gives together what they found.
template <class Work>
std::vector<Engine::Found> Engine::in_threads(std::size_t count, const plugin::Stop& stop, const Work& work) {
  constexpr std::size_t kShare = 64;  // numbers that a thread takes at once
  std::vector<std::vector<Found>> found(std::clamp(count / (2 * kShare), std::size_t{1}, matchers_.size()));
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex failing;
  const auto run = [&](std::size_t thread) {
    try {
      for (std::size_t from = next.fetch_add(kShare); from < count; from = next.fetch_add(kShare)) {
        if (stop && stop()) throw Error("PB1410", "Looking for duplicates was stopped.");
        for (std::size_t number = from; number < std::min(from + kShare, count); ++number)
          work(matchers_[thread], number, found[thread]);
      }
    } catch (...) {
      const std::lock_guard lock(failing);
      failure = std::current_exception();
    }
  };
  std::vector<std::jthread> threads;
  for (std::size_t thread = 1; thread < found.size(); ++thread) threads.emplace_back(run, thread);
  run(0);
  threads.clear();
  if (failure) std::rethrow_exception(failure);
  for (std::size_t thread = 1; thread < found.size(); ++thread)
    found[0].insert(found[0].end(), found[thread].begin(), found[thread].end());
  return std::move(found[0]);
}

/// Every pair once, whichever of the two would find it. A record with more candidates than are weighed is
/// looked at in a second round, when it is known which of the others see it.
std::vector<Engine::Found> Engine::find_all(const plugin::Stop& stop) {
  std::vector<std::uint8_t> crowded(records_.size(), 0);
  std::vector<Found> all =
      in_threads(records_.size(), stop, [&](Matcher& matcher, std::size_t number, std::vector<Found>& found) {
        const auto slot = static_cast<Slot>(number);
        if (records_[slot].id == 0) return;
        std::vector<Candidate> seen = candidates(record_in(slot), slot);
        crowded[slot] = seen.size() > kMostCandidates;
        if (crowded[slot] != 0) return;
        std::erase_if(seen, [slot](const Candidate& other) { return other.slot > slot; });
        find_matches(matcher, slot, seen, found, stop);
      });
  const std::vector<Found> more =
      in_threads(records_.size(), stop, [&](Matcher& matcher, std::size_t number, std::vector<Found>& found) {
        const auto slot = static_cast<Slot>(number);
        if (crowded[slot] == 0) return;
        const auto is_crowded = [&](const Candidate& other) { return crowded[other.slot] != 0; };
        std::vector<Candidate> seen = candidates(record_in(slot), slot), rarest = seen;
        keep_rarest(rarest);
        std::erase_if(seen, is_crowded);
        std::ranges::copy_if(rarest, std::back_inserter(seen), is_crowded);
        find_matches(matcher, slot, seen, found, stop);
      });
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// --- deciding ---

void Engine::place(std::span<const RecordId> records, const plugin::Stop& stop) {
  std::vector<Slot> slots;
  for (const RecordId record : records) {
    drop_matches(record);
    if (const auto slot = slots_.find(record); slot != slots_.end()) slots.push_back(slot->second);
  }
  // Also those that were matches of a record before it was changed or removed.
  std::vector<RecordId> touched(records.begin(), records.end());
  for (const auto& [pair, before] : matches_before_) {
    touched.push_back(pair.first);
    touched.push_back(pair.second);
  }
  const std::vector<Found> all =
      in_threads(slots.size(), stop, [&](Matcher& matcher, std::size_t number, std::vector<Found>& found) {
        std::vector<Candidate> seen = candidates(record_in(slots[number]), slots[number]);
        keep_rarest(seen);
        find_matches(matcher, slots[number], seen, found, stop);
      });
  for (const Found& match : all)
    add_match(pair_of(records_[match.a].id, records_[match.b].id), {match.weight, Obstacle::none});
  regroup(touched);
}

void Engine::regroup(std::span<const RecordId> records) {
  std::set<RecordId> open(records.begin(), records.end());
  for (const RecordId record : records)
    if (const auto entity = entities_.find(record); entity != entities_.end())
      open.insert(members_.at(entity->second).begin(), members_.at(entity->second).end());
  while (!open.empty()) {
    const std::vector<RecordId> component = component_of(*open.begin());
    for (const RecordId record : component) open.erase(record);
    group_component(component);
  }
}

void Engine::settle(const plugin::Stop& stop) {
  const std::vector<Found> found = find_all(stop);
  for (const auto& [pair, match] : matches_) {
    if (declared_.contains(pair)) continue;
    std::erase(partners_[pair.first], pair.second);
    std::erase(partners_[pair.second], pair.first);
  }
  matches_.clear();
  entities_.clear();
  members_.clear();
  for (const Found& match : found)
    add_match(pair_of(records_[match.a].id, records_[match.b].id), {match.weight, Obstacle::none});
  std::unordered_set<RecordId> done;
  const auto group_around = [&](RecordId record) {
    if (done.contains(record)) return;
    const std::vector<RecordId> component = component_of(record);
    done.insert(component.begin(), component.end());
    group_component(component);
  };
  for (const auto& [pair, match] : matches_) group_around(pair.first);
  for (const auto& [pair, same] : declared_) group_around(pair.first);
  forget_changes();
}

/// All records that ties lead to from this one, ascending.
std::vector<RecordId> Engine::component_of(RecordId record) const {
  std::set<RecordId> reached{record};
  std::vector<RecordId> open{record};
  while (!open.empty()) {
    const RecordId from = open.back();
    open.pop_back();
    const auto partners = partners_.find(from);
    if (partners == partners_.end() || !has(from)) continue;
    for (const RecordId to : partners->second) {
      if (!has(to) || reached.contains(to)) continue;
      const auto declared = declared_.find(pair_of(from, to));
      const auto match = matches_.find(pair_of(from, to));
      const bool tied = (declared != declared_.end() && declared->second) ||
                        (match != matches_.end() && match->second.weight.verdict == DedupVerdict::same);
      if (!tied) continue;
      reached.insert(to);
      open.push_back(to);
    }
  }
  return {reached.begin(), reached.end()};
}

void Engine::group_component(const std::vector<RecordId>& records) {
  // An obstacle is that of a tie: what a person tied and then let go has none any more.
  for (const RecordId record : records)
    for (const Pair& pair : matches_of(record)) set_obstacle(pair, Obstacle::none);
  if (records.size() == 1) return leave_entity(records.front());
  std::vector<RecordId> nodes = records;
  std::ranges::sort(nodes, {}, [this](RecordId record) { return records_[slot_of(record)].identity; });
  std::unordered_map<RecordId, Node> numbers;
  for (Node node = 0; node < nodes.size(); ++node) numbers.emplace(nodes[node], node);

  std::vector<Tie> ties;
  std::vector<Ban> bans;
  for (const RecordId record : records) {
    for (const RecordId other : partners_.at(record)) {
      if (other < record || !numbers.contains(other)) continue;
      const auto [a, b] = std::minmax(numbers.at(record), numbers.at(other));
      const auto declared = declared_.find({record, other});
      const auto match = matches_.find({record, other});
      const bool matched = match != matches_.end() && match->second.weight.verdict == DedupVerdict::same;
      const std::int64_t weight = match == matches_.end() ? 0 : match->second.weight.weight;
      if (declared != declared_.end() && !declared->second) bans.push_back({a, b});
      if (declared != declared_.end() && declared->second)
        ties.push_back({a, b, weight, true});
      else if (matched)
        ties.push_back({a, b, weight});
    }
  }
  std::vector<Slot> slots;
  std::vector<PairWeight> weighed;
  const std::vector<Node> entities =
      group(nodes.size(), ties, bans,
            [&](Node probe, std::span<const Node> candidates, std::span<PairWeight> weights) {
              slots.clear();
              for (const Node node : candidates) slots.push_back(slot_of(nodes[node]));
              weigh(matchers_.front(), forms_of(slot_of(nodes[probe])), slots, weighed, {});
              std::ranges::copy(weighed, weights.begin());
            });
  for (const Tie& tie : ties)
    if (const Pair pair = pair_of(nodes[tie.a], nodes[tie.b]); matches_.contains(pair))
      set_obstacle(pair, tie.obstacle);

  for (const RecordId record : records) leave_entity(record);
  std::map<Node, std::vector<RecordId>> joined;
  for (Node node = 0; node < nodes.size(); ++node) joined[entities[node]].push_back(nodes[node]);
  for (auto& [first, members] : joined) join(std::move(members));
}

void Engine::set_obstacle(const Pair& pair, Obstacle obstacle) {
  Match& match = matches_.at(pair);
  if (match.obstacle == obstacle) return;
  note(pair);
  match.obstacle = obstacle;
}

void Engine::leave_entity(RecordId record) {
  const auto before = entities_.find(record);
  if (before == entities_.end()) return;
  note(record);
  const auto left = members_.find(before->second);
  std::erase(left->second, record);
  if (left->second.empty()) members_.erase(left);
  entities_.erase(before);
}

void Engine::join(std::vector<RecordId> records) {
  if (records.size() < 2) return;
  std::ranges::sort(records);
  for (const RecordId record : records) {
    note(record);
    entities_[record] = records.front();
  }
  members_[records.front()] = std::move(records);
}

// --- looking ---

std::vector<Likeness> Engine::likenesses(std::string_view packed, RecordId but, const plugin::Stop& stop) {
  const PackedRecord probe(packed);
  const auto except = slots_.find(but);
  std::vector<Candidate> seen = candidates(probe, except == slots_.end() ? Slot{0} : except->second);
  keep_rarest(seen);
  std::vector<Slot> slots;
  slots.reserve(seen.size());
  for (const Candidate& candidate : seen) slots.push_back(candidate.slot);
  std::vector<PairWeight> weights;
  weigh(matchers_.front(), probe.forms(), slots, weights, stop);
  std::map<RecordId, Likeness> by_entity;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (weights[i].verdict == DedupVerdict::distinct && !weights[i].veto) continue;
    const RecordId record = records_[slots[i]].id, entity = entity_of(record);
    const auto [place, fresh] = by_entity.try_emplace(entity, Likeness{record, entity, weights[i]});
    Likeness& likeness = place->second;
    const bool veto = likeness.weight.veto || weights[i].veto;
    if (!fresh && weights[i].weight > likeness.weight.weight) likeness = {record, entity, weights[i]};
    likeness.weight.veto = veto;
    if (veto) likeness.weight.verdict = std::min(likeness.weight.verdict, DedupVerdict::review);
  }
  std::vector<Likeness> ranked;
  for (const auto& [entity, likeness] : by_entity)
    if (likeness.weight.verdict != DedupVerdict::distinct) ranked.push_back(likeness);
  std::ranges::stable_sort(ranked, [](const Likeness& one, const Likeness& other) {
    if (one.weight.verdict != other.weight.verdict) return one.weight.verdict > other.weight.verdict;
    return one.weight.weight > other.weight.weight;
  });
  return ranked;
}

ExplainedPair Engine::explain(RecordId one, RecordId other, const plugin::Stop& stop) {
  return matchers_.front().explain(forms_of(slot_of(one)), forms_of(slot_of(other)), index_, slots_.size(),
                                   stop);
}

ExplainedPair Engine::explain(std::string_view packed, RecordId other, const plugin::Stop& stop) {
  return matchers_.front().explain(PackedRecord(packed).forms(), forms_of(slot_of(other)), index_,
                                   slots_.size(), stop);
}

RecordId Engine::entity_of(RecordId record) const {
  const auto found = entities_.find(record);
  return found == entities_.end() ? record : found->second;
}

std::vector<RecordId> Engine::members(RecordId entity) const {
  const auto found = members_.find(entity);
  return found == members_.end() ? std::vector<RecordId>{entity} : found->second;
}

std::vector<RecordId> Engine::joined() const {
  std::vector<RecordId> entities;
  for (const auto& [entity, members] : members_) entities.push_back(entity);
  return entities;
}

bool Engine::is_banned(const Pair& pair) const {
  const auto word = declared_.find(pair);
  return word != declared_.end() && !word->second;
}

bool Engine::needs_review(const Pair& pair) const {
  return matches_.contains(pair) && !declared_.contains(pair) &&
         entity_of(pair.first) != entity_of(pair.second);
}

std::vector<Pair> Engine::matches_of(RecordId record) const {
  std::vector<Pair> pairs;
  const auto partners = partners_.find(record);
  if (partners == partners_.end()) return pairs;
  for (const RecordId other : partners->second)
    if (matches_.contains(pair_of(record, other))) pairs.push_back(pair_of(record, other));
  return pairs;
}

std::uint64_t Engine::fingerprint() const {
  std::uint64_t sum = 0;
  for (const auto& [entity, members] : members_) {
    std::vector<Identity> identities;
    for (const RecordId member : members) identities.push_back(records_[slot_of(member)].identity);
    std::ranges::sort(identities);
    sum += XXH3_64bits(identities.data(), identities.size() * sizeof(Identity));
  }
  return sum;
}

std::size_t Engine::bytes() const noexcept {
  return memory_->bytes() + index_.bytes() + records_.capacity() * sizeof(Held) +
         slots_.bucket_count() * sizeof(decltype(slots_)::value_type) +
         matches_.size() * (sizeof(Pair) + sizeof(Match) + 4 * sizeof(void*));
}

}  // namespace psabridge::dedup
