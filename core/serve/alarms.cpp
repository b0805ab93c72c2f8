#include "core/serve/alarms.h"

#include <psabridge/abi.h>

#include <utility>

namespace psabridge::serve {
namespace {

plugin::Alert reminder_of(plugin::Alert alert, SysMilliseconds since, SysMilliseconds now) {
  alert.title = "Still: " + alert.title;
  alert.text = "Since " + format_time(since) + ": " + alert.text;
  alert.at_ms = now.time_since_epoch().count();
  return alert;
}

plugin::Alert end_of(plugin::Alert alert, SysMilliseconds since, SysMilliseconds now) {
  alert.level = PSABRIDGE_INFO;
  alert.title = "Over: " + alert.title;
  alert.text = "This is well again; it began at " + format_time(since) + ". It was: " + alert.text;
  alert.at_ms = now.time_since_epoch().count();
  return alert;
}

}  // namespace

Alarms::Alarms(Clock& clock, Send send, Milliseconds reminder)
    : clock_(clock), send_(std::move(send)), reminder_(reminder) {}

void Alarms::raise(const std::string& key, plugin::Alert alert) {
  const std::lock_guard lock(mutex_);
  auto& condition =
      conditions_.try_emplace(key, Condition{{}, clock_.now(), true, std::nullopt}).first->second;
  condition.alert = std::move(alert);
  condition.holds = true;
}

void Alarms::clear(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = conditions_.find(key); found != conditions_.end()) found->second.holds = false;
}

void Alarms::deliver() {
  for (const Notice& notice : due())
    if (send_(notice.alert)) note_told(notice);
}

std::vector<Alarms::Notice> Alarms::due() {
  const std::lock_guard lock(mutex_);
  std::erase_if(conditions_, [](const auto& entry) { return !entry.second.holds && !entry.second.told_at; });
  std::vector<Notice> notices;
  for (const auto& [key, condition] : conditions_)
    if (auto alert = worth_telling(condition)) notices.push_back({key, std::move(*alert), condition.holds});
  return notices;
}

std::optional<plugin::Alert> Alarms::worth_telling(const Condition& condition) const {
  if (!condition.holds) return end_of(condition.alert, condition.since, clock_.now());
  if (!condition.told_at) return condition.alert;
  if (clock_.monotonic() - *condition.told_at < reminder_) return std::nullopt;
  return reminder_of(condition.alert, condition.since, clock_.now());
}

void Alarms::note_told(const Notice& notice) {
  const std::lock_guard lock(mutex_);
  auto& condition = conditions_.at(notice.key);  // only this thread takes one away
  if (notice.holds) {
    condition.told_at = clock_.monotonic();
    return;
  }
  // When it began anew while its end was told, it is told as new.
  condition.told_at.reset();
  condition.since = clock_.now();
}

}  // namespace psabridge::serve
