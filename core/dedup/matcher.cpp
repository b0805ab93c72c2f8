#include "core/dedup/matcher.h"

#include <xxhash.h>

#include <algorithm>

namespace psabridge::dedup {
namespace {

/// Keys of different strategies and kinds have nothing to do with each other.
std::uint64_t hash_of(std::size_t strategy, plugin::KeyKind kind, std::string_view text) noexcept {
  return XXH3_64bits_withSeed(text.data(), text.size(), strategy * 4 + static_cast<std::uint64_t>(kind));
}

/// The terms of one strategy.
class StrategyTerms final : public plugin::DedupTerms {
 public:
  StrategyTerms(std::size_t strategy, const KeyIndex& index, std::uint64_t total)
      : strategy_(strategy), index_(index), total_(total) {}
  std::uint64_t count(plugin::KeyKind kind, std::string_view text) const noexcept override {
    const std::uint64_t hash = hash_of(strategy_, kind, text);
    if (kind == plugin::KeyKind::term) return index_.count(static_cast<TermKey>(hash));
    return index_.records(hash).size();
  }
  std::uint64_t total() const noexcept override { return total_; }

 private:
  const std::size_t strategy_;
  const KeyIndex& index_;
  const std::uint64_t total_;
};

class KeyCollector final : public plugin::DedupKeySink {
 public:
  KeyCollector(const Batch& batch, std::size_t strategies)
      : records_(batch.records.size(), KeyedRecord{0, {}, {}, std::vector<std::string>(strategies)}) {
    for (std::size_t i = 0; i < records_.size(); ++i)
      records_[i].identity = identity_of(batch.connection, view(batch.records[i].source_id));
  }

  void begin(std::size_t strategy) { strategy_ = strategy; }
  void key(std::size_t record, plugin::KeyKind kind, std::string_view text) override {
    KeyedRecord& into = records_[record];
    if (kind == plugin::KeyKind::block && into.blocks.size() < kMostBlocks)
      into.blocks.push_back(hash_of(strategy_, kind, text));
    if (kind == plugin::KeyKind::term && into.terms.size() < kMostTerms)
      into.terms.push_back(static_cast<TermKey>(hash_of(strategy_, kind, text)));
  }
  void form(std::size_t record, std::string_view bytes) override {
    records_[record].forms[strategy_] = bytes;
  }

  std::string packed(std::size_t record) {
    const KeyedRecord& keyed = records_[record];
    if (keyed.blocks.empty() && std::ranges::all_of(keyed.forms, &std::string::empty)) return {};
    sort_unique(records_[record].blocks);
    sort_unique(records_[record].terms);
    return pack(records_[record]);
  }

 private:
  template <class Numbers>
  static void sort_unique(Numbers& numbers) {
    std::ranges::sort(numbers);
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  }

  std::vector<KeyedRecord> records_;
  std::size_t strategy_ = 0;
};

/// The verdict of one more strategy joins those of the others.
void add(PairWeight& sum, const PairWeight& more) {
  sum.weight += more.weight;
  sum.verdict = std::max(sum.verdict, more.verdict);
  sum.veto = sum.veto || more.veto;
}

Heard heard(const PairWeight& said) {
  return said.weight < 0 && said.verdict == plugin::DedupVerdict::distinct ? Heard::against
                                                                           : Heard::something;
}

bool says_something(const PairWeight& said) {
  return said.weight != 0 || said.veto || said.verdict != plugin::DedupVerdict::distinct;
}

/// Of a veto a person decides. Where strategies contradict each other the sum does: it joins only what it
/// makes likelier than 199 to 1, and asks nobody about what it makes unlikely.
void cap(PairWeight& weight, Heard heard) {
  constexpr std::int64_t kSure = 7820;  // 1/1024 bit: log2 of 199
  const auto at_most = [&](plugin::DedupVerdict verdict) {
    weight.verdict = std::min(weight.verdict, verdict);
  };
  if (weight.veto) at_most(plugin::DedupVerdict::review);
  if (heard != Heard::against) return;
  if (weight.weight < kSure) at_most(plugin::DedupVerdict::review);
  if (weight.weight < 0) at_most(plugin::DedupVerdict::distinct);
}

}  // namespace

Matcher::Matcher(std::vector<NamedStrategy> strategies) : strategies_(std::move(strategies)) {}

std::vector<std::string> Matcher::keyed(const Batch& batch, const plugin::Stop& stop) {
  KeyCollector collector(batch, strategies_.size());
  for (std::size_t i = 0; i < strategies_.size(); ++i) {
    collector.begin(i);
    strategies_[i].strategy->keys(batch, collector, stop);
  }
  std::vector<std::string> packed(batch.records.size());
  for (std::size_t i = 0; i < packed.size(); ++i)
    if (i >= batch.verdicts.size() || batch.verdicts[i].fate == Fate::write) packed[i] = collector.packed(i);
  return packed;
}

void Matcher::compare(std::string_view probe, std::span<const std::string_view> candidates,
                      const KeyIndex& index, std::uint64_t total, std::span<PairWeight> weights,
                      const plugin::Stop& stop) {
  std::ranges::fill(weights, PairWeight{});
  heard_.assign(candidates.size(), Heard::nothing);
  for (std::size_t i = 0; i < strategies_.size(); ++i) {
    const std::string_view form = form_of(probe, i);
    if (form.empty()) continue;
    forms_.clear();
    judged_.clear();
    for (std::size_t c = 0; c < candidates.size(); ++c) {
      const std::string_view other = form_of(candidates[c], i);
      if (other.empty() || other.front() != form.front()) continue;
      forms_.push_back(borrow(other));
      judged_.push_back(c);
    }
    if (forms_.empty()) continue;
    said_.assign(forms_.size(), {});
    strategies_[i].strategy->compare(form, forms_, StrategyTerms(i, index, total), said_, stop);
    for (std::size_t j = 0; j < said_.size(); ++j) {
      if (!says_something(said_[j])) continue;
      add(weights[judged_[j]], said_[j]);
      heard_[judged_[j]] = std::max(heard_[judged_[j]], heard(said_[j]));
    }
  }
  for (std::size_t c = 0; c < candidates.size(); ++c) {
    if (heard_[c] == Heard::nothing) weights[c].weight = kUnlike;
    cap(weights[c], heard_[c]);
  }
}

ExplainedPair Matcher::explain(std::string_view probe, std::string_view candidate, const KeyIndex& index,
                               std::uint64_t total, const plugin::Stop& stop) {
  ExplainedPair pair;
  Heard all = Heard::nothing;
  for (std::size_t i = 0; i < strategies_.size(); ++i) {
    const std::string_view form = form_of(probe, i), other = form_of(candidate, i);
    if (form.empty() || other.empty() || other.front() != form.front()) continue;
    PairWeight said;
    auto reasons = strategies_[i].strategy->explain(form, other, StrategyTerms(i, index, total), said, stop);
    if (!says_something(said)) continue;
    all = std::max(all, heard(said));
    add(pair.weight, said);
    for (plugin::DedupReason& reason : reasons)
      pair.reasons.push_back(
          {strategies_[i].name, std::move(reason.field), reason.weight, std::move(reason.text)});
  }
  if (all == Heard::nothing) {
    pair.weight.weight = kUnlike;
    pair.reasons.push_back({{}, {}, kUnlike, "No strategy finds anything that the two have in common."});
  }
  cap(pair.weight, all);
  return pair;
}

}  // namespace psabridge::dedup
