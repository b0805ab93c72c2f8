#include "core/serve/gap_watch.h"

namespace psabridge::serve {

void PolledChanges::add(const pipeline::RecordOutcome& record) {
  const bool changed = record.outcome == "created" || record.outcome == "updated" ||
                       record.outcome == "restored" || record.outcome == "deleted";
  if (changed && changes_.size() < kMost)
    changes_.push_back(
        {std::string(record.entity), std::string(record.source_id), std::string(record.version)});
}

GapWatch::GapWatch(store::Journal& journal, const std::string& store_url, Clock& clock)
    : journal_(journal), clock_(clock), since_(clock.now()), reader_(store_url) {}

void GapWatch::polled(const config::Pipeline& pipeline, const std::set<std::string>& announced,
                      const PolledChanges& changes) {
  if (changes.all().size() == PolledChanges::kMost) return;
  const std::string seen_at = format_time(clock_.now());
  std::vector<store::Gap> gaps;
  for (const PolledChanges::Change& change : changes.all()) {
    if (!announced.contains(change.entity)) continue;
    const SysMilliseconds changed = parse_time(change.version).value_or(clock_.now());
    if (changed < since_) continue;
    gaps.push_back({.connection = pipeline.connection,
                    .pipeline = pipeline.name,
                    .entity = change.entity,
                    .source_id = change.source_id,
                    .changed_at = format_time(changed),
                    .seen_at = seen_at});
  }
  if (!gaps.empty()) journal_.note_gaps(gaps);
}

std::vector<store::Gap> GapWatch::judge() {
  std::vector<store::Gap> missed = journal_.judge_gaps(clock_.now() - kGrace, kGrace);
  const std::lock_guard lock(mutex_);
  for (const store::Gap& gap : missed) ++missed_[gap.connection];
  return missed;
}

Trust GapWatch::trust(const config::Pipeline& pipeline) {
  const std::lock_guard lock(mutex_);
  const store::GapFigures figures =
      reader_.gap_figures(pipeline.connection, clock_.now() - std::chrono::hours{1});
  Trust trust{figures.missed, figures.late, figures.announced, true};
  const auto all = static_cast<double>(figures.missed + figures.announced);
  trust.enough = figures.missed < kFewMissed ||
                 static_cast<double>(figures.missed) <= pipeline.webhooks.missed_share * all;
  return trust;
}

std::map<std::string, std::uint64_t> GapWatch::missed() const {
  const std::lock_guard lock(mutex_);
  return missed_;
}

}  // namespace psabridge::serve
