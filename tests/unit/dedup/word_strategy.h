// A strategy whose whole arithmetic fits a test: records are words, and what they share speaks for them.
#pragma once
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/dedup/engine.h"

namespace psabridge::dedup::test {

inline constexpr std::int64_t kBit = 1024;

inline std::set<std::string> words_of(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::set<std::string> words;
  for (std::string word; stream >> word;) words.insert(word);
  return words;
}

/// Each word is a block key, "?word" only a term. A word in common weighs 4 bits, one that only one of the
/// two has -1; words "id:..." that differ are a veto. From 8 bits on two records are the same, from 2 on a
/// person should look.
class WordStrategy final : public plugin::DedupStrategy {
 public:
  void keys(const Batch& batch, plugin::DedupKeySink& sink, const plugin::Stop&) override {
    for (std::size_t i = 0; i < batch.records.size(); ++i) {
      const std::string_view text = text_of(batch.records[i].fields[0]);
      for (const std::string& word : words_of(text))
        if (word.starts_with('?'))
          sink.key(i, plugin::KeyKind::term, word);
        else
          sink.key(i, plugin::KeyKind::block, word);
      sink.form(i, "F" + std::string(text));
    }
  }
  void compare(std::string_view probe, std::span<const psabridge_str> candidates, const plugin::DedupTerms&,
               std::span<plugin::DedupWeight> weights, const plugin::Stop&) override {
    for (std::size_t i = 0; i < candidates.size(); ++i) weights[i] = weigh(probe, view(candidates[i]));
  }
  std::vector<plugin::DedupReason> explain(std::string_view probe, std::string_view candidate,
                                           const plugin::DedupTerms& terms, plugin::DedupWeight& weight,
                                           const plugin::Stop&) override {
    weight = weigh(probe, candidate);
    return {{"words", weight.weight, "seen " + std::to_string(terms.total())}};
  }

 private:
  static plugin::DedupWeight weigh(std::string_view one, std::string_view other) {
    const auto a = words_of(one.substr(1)), b = words_of(other.substr(1));
    plugin::DedupWeight weight;
    for (const std::string& word : a) weight.weight += b.contains(word) ? 4 * kBit : -kBit;
    for (const std::string& word : b) weight.weight -= a.contains(word) ? 0 : kBit;
    weight.veto = id_of(a) != id_of(b) && !id_of(a).empty() && !id_of(b).empty();
    weight.verdict = weight.weight >= 8 * kBit   ? plugin::DedupVerdict::same
                     : weight.weight >= 2 * kBit ? plugin::DedupVerdict::review
                                                 : plugin::DedupVerdict::distinct;
    return weight;
  }
  static std::string id_of(const std::set<std::string>& words) {
    for (const std::string& word : words)
      if (word.starts_with("id:")) return word;
    return {};
  }
};

inline Matcher word_matcher() {
  std::vector<NamedStrategy> strategies;
  strategies.push_back({"words", std::make_unique<WordStrategy>()});
  return Matcher(std::move(strategies));
}

inline const EntitySchema& word_schema() {
  static const EntitySchema schema = [] {
    EntitySchema made;
    made.entity = "thing";
    made.fields.push_back({"words", FieldType::text, {}});
    return made;
  }();
  return schema;
}

/// What the matcher keeps of a record of the connection "acme".
inline std::string packed_words(std::string_view source_id, std::string_view words) {
  Batch batch;
  batch.connection = "acme";
  batch.schema = &word_schema();
  const Value value = text_value(words);
  batch.records.push_back({borrow(source_id), {}, &value, 1, borrow("{}"), {}});
  batch.verdicts.emplace_back();
  Matcher matcher = word_matcher();
  return matcher.keyed(batch, {}).front();
}

inline Engine word_engine(std::size_t threads = 1) {
  std::vector<Matcher> matchers;
  for (std::size_t i = 0; i < threads; ++i) matchers.push_back(word_matcher());
  return Engine(std::move(matchers));
}

}  // namespace psabridge::dedup::test
