#include <set>
#include <string>

#include "core/plugin/adapters.h"
#include "core/plugin/batch_table.h"

namespace psabridge::plugin {
namespace {

class KeySink {
 public:
  KeySink(VerbCall& call, const BatchTable& table) : call_(call), table_(table) {}
  const psabridge_key_sink* plain() const noexcept { return &plain_; }
  std::vector<DedupKey> finish() { return std::move(keys_); }

 private:
  void add(std::size_t record, psabridge_key_kind kind, psabridge_str text) {
    if (record >= table_.size() || kind > PSABRIDGE_KEY_BLOCK)
      call_.broke_contract("gave a key for the record number " + std::to_string(record) + " of " +
                           std::to_string(table_.size()) + ", kind " + std::to_string(kind));
    keys_.push_back({table_.origin(record), kind == PSABRIDGE_KEY_SOURCE_ID,
                     std::string(call_.checked_text(text, "key"))});
  }
  static void on_key(void* self, std::size_t record, psabridge_key_kind kind, psabridge_str text) noexcept {
    auto& sink = *static_cast<KeySink*>(self);
    sink.call_.take([&] { sink.add(record, kind, text); });
  }

  VerbCall& call_;
  const BatchTable& table_;
  std::vector<DedupKey> keys_;
  psabridge_key_sink plain_{sizeof(psabridge_key_sink), this, &on_key};
};

class MatchSink {
 public:
  MatchSink(VerbCall& call, const BatchTable& candidates) : call_(call), candidates_(candidates) {}
  const psabridge_score_sink* plain() const noexcept { return &plain_; }
  std::vector<DedupMatch> finish() { return std::move(matches_); }

 private:
  void add(std::size_t candidate, psabridge_verdict verdict, double score, psabridge_str evidence) {
    if (candidate >= candidates_.size())
      call_.broke_contract("judged the candidate number " + std::to_string(candidate) + " of " +
                           std::to_string(candidates_.size()));
    if (!judged_.insert(candidate).second)
      call_.broke_contract("judged the candidate number " + std::to_string(candidate) + " twice");
    if (verdict > PSABRIDGE_SAME || !(score >= 0 && score <= 1))
      call_.broke_contract("gave the verdict " + std::to_string(verdict) + " with the score " +
                           std::to_string(score));
    matches_.push_back({candidate, static_cast<DedupVerdict>(verdict), score,
                        std::string(call_.checked_text(evidence, "evidence"))});
  }
  static void on_match(void* self, std::size_t candidate, psabridge_verdict verdict, double score,
                       psabridge_str evidence) noexcept {
    auto& sink = *static_cast<MatchSink*>(self);
    sink.call_.take([&] { sink.add(candidate, verdict, score, evidence); });
  }

  VerbCall& call_;
  const BatchTable& candidates_;
  std::set<std::size_t> judged_;
  std::vector<DedupMatch> matches_;
  psabridge_score_sink plain_{sizeof(psabridge_score_sink), this, &on_match};
};

class DedupAdapter : public DedupStrategy {
 public:
  DedupAdapter(const LoadedRole& role, std::string_view settings, HostServices& services)
      : instance_(role, settings, services), verbs_(instance_.verbs<psabridge_dedup>()) {}

  std::vector<DedupKey> keys(const Batch& batch, const Stop& stop) override {
    const BatchTable table(batch, is_to_be_written);
    VerbCall call(instance_.role(), "keys", stop);
    KeySink sink(call, table);
    call.run(verbs_.keys, instance_.self(), table.plain(), sink.plain());
    return sink.finish();
  }

  std::vector<DedupMatch> score(const Batch& probe, const Batch& candidates, const Stop& stop) override {
    const BatchTable probe_table(probe), candidate_table(candidates);
    VerbCall call(instance_.role(), "score", stop);
    MatchSink sink(call, candidate_table);
    call.run(verbs_.score, instance_.self(), probe_table.plain(), candidate_table.plain(), sink.plain());
    return sink.finish();
  }

 private:
  Instance instance_;
  const psabridge_dedup& verbs_;
};

}  // namespace

std::unique_ptr<DedupStrategy> adapt_dedup(const LoadedRole& role, std::string_view settings,
                                           HostServices& services) {
  return std::make_unique<DedupAdapter>(role, settings, services);
}

}  // namespace psabridge::plugin
