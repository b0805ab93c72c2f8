#include "core/serve/live_progress.h"

#include <algorithm>

namespace psabridge::serve {
namespace {

constexpr std::chrono::hours kLongestShown{24 * 365};

}  // namespace

void LiveProgress::begin(const std::string& pipeline) {
  const std::lock_guard lock(mutex_);
  by_pipeline_[pipeline].clear();
}

void LiveProgress::note(const std::string& pipeline, const pipeline::EntityProgress& progress) {
  const std::lock_guard lock(mutex_);
  auto& entries = by_pipeline_[pipeline];
  auto entry = std::ranges::find_if(
      entries, [&](const Entry& known) { return known.standing.entity == progress.entity; });
  if (entry == entries.end()) {
    entries.push_back({{std::string(progress.entity), {}, 0, -1, {}}, clock_.monotonic()});
    entry = entries.end() - 1;
  }
  EntityStanding& standing = entry->standing;
  standing.phase = progress.phase;
  standing.read = progress.counts.read;
  standing.expected = progress.expected;
  standing.remaining.reset();
  const double read = static_cast<double>(standing.read),
               left = static_cast<double>(standing.expected) - read;
  if (progress.finished || left < 0 || standing.read == 0) return;
  // The source says what is expected, and may say anything.
  const auto elapsed = std::chrono::duration<double, std::milli>(clock_.monotonic() - entry->since);
  standing.remaining = std::chrono::duration_cast<Milliseconds>(
      std::min<std::chrono::duration<double, std::milli>>(elapsed * (left / read), kLongestShown));
}

void LiveProgress::end(const std::string& pipeline) {
  const std::lock_guard lock(mutex_);
  by_pipeline_.erase(pipeline);
}

std::vector<EntityStanding> LiveProgress::of(const std::string& pipeline) const {
  const std::lock_guard lock(mutex_);
  std::vector<EntityStanding> standings;
  const auto found = by_pipeline_.find(pipeline);
  if (found != by_pipeline_.end())
    for (const Entry& entry : found->second) standings.push_back(entry.standing);
  return standings;
}

}  // namespace psabridge::serve
