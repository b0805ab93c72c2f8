#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "core/plugin/adapters.h"
#include "core/plugin/batch_table.h"
#include "core/plugin/record_form.h"

namespace psabridge::plugin {
namespace {

constexpr std::size_t kFormLimit = 64 * 1024;      // bytes of one form
constexpr std::int64_t kWeightLimit = 1LL << 30;   // 1/1024 bit
constexpr double kBit = 1024;                      // weights are in 1/1024 bit
constexpr double kSurest = 1.0 / (1 << 20);        // a score is never taken for surer than one in a million
constexpr char kOwnForm = 'F', kRecordForm = 'R';  // whose form it is, before the form itself

/// Takes what `keys` gives. A record with a block key and no form of the strategy's own gets one of ours, for
/// its verb `score`.
class KeySink {
 public:
  KeySink(VerbCall& call, const Batch& batch, const BatchTable& table, DedupKeySink& into)
      : call_(call), batch_(batch), table_(table), into_(into), states_(table.size()) {}
  const psabridge_key_sink* plain() const noexcept { return &plain_; }

  void finish() {
    for (std::size_t record = 0; record < states_.size(); ++record)
      if (states_[record].blocked && !states_[record].formed)
        give(record, kRecordForm, write_record_form(batch_, table_.origin(record)));
  }

 private:
  struct State {
    bool blocked = false, formed = false;
  };

  State& state(std::size_t record) {
    if (record >= states_.size())
      call_.broke_contract("gave a key or form for the record number " + std::to_string(record) + " of " +
                           std::to_string(states_.size()));
    return states_[record];
  }
  void key(std::size_t record, psabridge_key_kind kind, psabridge_str text) {
    if (kind > PSABRIDGE_KEY_TERM)
      call_.broke_contract("gave a key of the unknown kind " + std::to_string(kind));
    state(record).blocked |= kind == PSABRIDGE_KEY_BLOCK;
    into_.key(table_.origin(record), static_cast<KeyKind>(kind), call_.checked_text(text, "key"));
  }
  void form(std::size_t record, psabridge_str bytes) {
    if (std::exchange(state(record).formed, true))
      call_.broke_contract("gave the record number " + std::to_string(record) + " two forms");
    if (bytes.size > kFormLimit)
      call_.broke_contract("gave a form of " + std::to_string(bytes.size) + " bytes; the limit is " +
                           std::to_string(kFormLimit));
    give(record, kOwnForm, view(bytes));
  }
  void give(std::size_t record, char kind, std::string_view bytes) {
    bytes_.assign(1, kind);
    bytes_ += bytes;
    into_.form(table_.origin(record), bytes_);
  }

  static void on_key(void* self, std::size_t record, psabridge_key_kind kind, psabridge_str text) noexcept {
    auto& sink = *static_cast<KeySink*>(self);
    sink.call_.take([&] { sink.key(record, kind, text); });
  }
  static void on_form(void* self, std::size_t record, psabridge_str bytes) noexcept {
    auto& sink = *static_cast<KeySink*>(self);
    sink.call_.take([&] { sink.form(record, bytes); });
  }

  VerbCall& call_;
  const Batch& batch_;
  const BatchTable& table_;
  DedupKeySink& into_;
  std::vector<State> states_;
  std::string bytes_;
  psabridge_key_sink plain_{sizeof(psabridge_key_sink), this, &on_key, &on_form};
};

/// Takes what `compare` or `score` says.
class WeightSink {
 public:
  WeightSink(VerbCall& call, std::span<DedupWeight> weights, std::vector<DedupReason>* reasons)
      : call_(call), weights_(weights), judged_(weights.size()), reasons_(reasons) {
    plain_.reasons = reasons ? 1 : 0;
  }
  const psabridge_weight_sink* weights() const noexcept { return &plain_; }
  const psabridge_score_sink* scores() const noexcept { return &plain_scores_; }

 private:
  DedupWeight& candidate(std::size_t index) {
    if (index >= weights_.size())
      call_.broke_contract("judged the candidate number " + std::to_string(index) + " of " +
                           std::to_string(weights_.size()));
    if (std::exchange(judged_[index], std::uint8_t{1}) != 0)
      call_.broke_contract("judged the candidate number " + std::to_string(index) + " twice");
    return weights_[index];
  }
  void weigh(std::size_t index, psabridge_verdict verdict, std::int64_t weight, std::uint32_t flags) {
    if (verdict > PSABRIDGE_SAME || weight > kWeightLimit || weight < -kWeightLimit)
      call_.broke_contract("gave the verdict " + std::to_string(verdict) + " with the weight " +
                           std::to_string(weight));
    candidate(index) = {static_cast<DedupVerdict>(verdict), (flags & PSABRIDGE_PAIR_VETO) != 0, weight};
  }
  /// The odds that the score stands for, as a weight.
  void match(std::size_t index, psabridge_verdict verdict, double score, psabridge_str evidence) {
    if (!(score >= 0 && score <= 1))
      call_.broke_contract("gave the score " + std::to_string(score) + ", which is not within 0 and 1");
    const double likely = std::clamp(score, kSurest, 1 - kSurest);
    const std::int64_t weight = std::llround(kBit * std::log2(likely / (1 - likely)));
    weigh(index, verdict, weight, 0);
    if (reasons_) reason({}, weight, evidence);
  }
  void reason(psabridge_str field, std::int64_t weight, psabridge_str text) {
    if (!reasons_) return;
    reasons_->push_back({std::string(call_.checked_text(field, "field")), weight,
                         std::string(call_.checked_text(text, "reason"))});
  }

  static void on_weight(void* self, std::size_t index, psabridge_verdict verdict, std::int64_t weight,
                        std::uint32_t flags) noexcept {
    auto& sink = *static_cast<WeightSink*>(self);
    sink.call_.take([&] { sink.weigh(index, verdict, weight, flags); });
  }
  static void on_reason(void* self, std::size_t, psabridge_str field, std::int64_t weight,
                        psabridge_str text) noexcept {
    auto& sink = *static_cast<WeightSink*>(self);
    sink.call_.take([&] { sink.reason(field, weight, text); });
  }
  static void on_match(void* self, std::size_t index, psabridge_verdict verdict, double score,
                       psabridge_str evidence) noexcept {
    auto& sink = *static_cast<WeightSink*>(self);
    sink.call_.take([&] { sink.match(index, verdict, score, evidence); });
  }

  VerbCall& call_;
  std::span<DedupWeight> weights_;
  std::vector<std::uint8_t> judged_;  ///< by candidate
  std::vector<DedupReason>* reasons_;
  psabridge_weight_sink plain_{sizeof(psabridge_weight_sink), this, &on_weight, &on_reason, 0};
  psabridge_score_sink plain_scores_{sizeof(psabridge_score_sink), this, &on_match};
};

psabridge_terms plain_terms(const DedupTerms& terms) {
  return {sizeof(psabridge_terms), const_cast<DedupTerms*>(&terms),
          [](void* host, psabridge_key_kind kind, psabridge_str text) noexcept {
            if (kind > PSABRIDGE_KEY_TERM) return std::uint64_t{0};
            return static_cast<const DedupTerms*>(host)->count(static_cast<KeyKind>(kind), view(text));
          },
          terms.total()};
}

class DedupAdapter : public DedupStrategy {
 public:
  DedupAdapter(const LoadedRole& role, std::string_view settings, HostServices& services)
      : instance_(role, settings, services), verbs_(instance_.verbs<psabridge_dedup>()) {}

  void keys(const Batch& batch, DedupKeySink& into, const Stop& stop) override {
    const BatchTable table(batch, is_to_be_written);
    VerbCall call(instance_.role(), "keys", stop);
    KeySink sink(call, batch, table, into);
    call.run(verbs_.keys, instance_.self(), table.plain(), sink.plain());
    sink.finish();
  }

  void compare(std::string_view probe, std::span<const psabridge_str> candidates, const DedupTerms& terms,
               std::span<DedupWeight> weights, const Stop& stop) override {
    judge(probe, candidates, terms, weights, nullptr, stop);
  }

  std::vector<DedupReason> explain(std::string_view probe, std::string_view candidate,
                                   const DedupTerms& terms, DedupWeight& weight, const Stop& stop) override {
    std::vector<DedupReason> reasons;
    const psabridge_str one = borrow(candidate);
    judge(probe, {&one, 1}, terms, {&weight, 1}, &reasons, stop);
    return reasons;
  }

 private:
  void judge(std::string_view probe, std::span<const psabridge_str> candidates, const DedupTerms& terms,
             std::span<DedupWeight> weights, std::vector<DedupReason>* reasons, const Stop& stop) {
    const bool own = probe.starts_with(kOwnForm);
    VerbCall call(instance_.role(), own ? "compare" : "score", stop);
    WeightSink sink(call, weights, reasons);
    if (own && PSABRIDGE_HAS(&verbs_, psabridge_dedup, compare))
      compare_forms(call, probe, candidates, terms, sink);
    else if (!own)
      score_records(call, probe, candidates, sink);
  }

  void compare_forms(VerbCall& call, std::string_view probe, std::span<const psabridge_str> candidates,
                     const DedupTerms& terms, const WeightSink& sink) {
    forms_.clear();
    for (const psabridge_str& form : candidates) forms_.push_back(borrow(view(form).substr(1)));
    const psabridge_terms counts = plain_terms(terms);
    call.run(verbs_.compare, instance_.self(), borrow(probe.substr(1)), forms_.data(), forms_.size(), &counts,
             sink.weights());
  }

  void score_records(VerbCall& call, std::string_view probe, std::span<const psabridge_str> candidates,
                     const WeightSink& sink) {
    const psabridge_str one = borrow(probe);
    const FormedRecords probes({&one, 1}), others(candidates);
    call.run(verbs_.score, instance_.self(), probes.plain(), others.plain(), sink.scores());
  }

  Instance instance_;
  const psabridge_dedup& verbs_;
  std::vector<psabridge_str> forms_;
};

}  // namespace

std::unique_ptr<DedupStrategy> adapt_dedup(const LoadedRole& role, std::string_view settings,
                                           HostServices& services) {
  return std::make_unique<DedupAdapter>(role, settings, services);
}

}  // namespace psabridge::plugin
