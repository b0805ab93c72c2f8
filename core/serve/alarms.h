// Conditions that an admin should know of, told once: when they begin, once a day while they last, and when
// they are over.
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/time.h"
#include "core/plugin/roles.h"

namespace psabridge::serve {

/// Whoever sees a condition says so as often as it likes; deliver() finds out what is worth telling. What
/// could not be told is tried again by the next deliver(), as long as it is still true; what came and went
/// between two of them is not told. Thread-safe; only deliver() takes time.
class Alarms {
 public:
  /// Tells the notifiers. False: nobody was told, and why has been logged. Does not throw.
  using Send = std::function<bool(const plugin::Alert& alert)>;

  /// `clock` outlives the alarms.
  Alarms(Clock& clock, Send send, Milliseconds reminder = std::chrono::hours{24});

  /// The condition holds. `key` names it for good ("webhook.silent:acme"); the alert of the last call counts.
  void raise(const std::string& key, plugin::Alert alert);
  /// The condition does not hold (any more).
  void clear(const std::string& key);
  /// Tells what has begun, what nobody was reminded of for long, and what is over. To be called every second
  /// or so, by one thread.
  void deliver();

 private:
  struct Condition {
    plugin::Alert alert;
    SysMilliseconds since;
    bool holds = true;
    std::optional<Milliseconds> told_at;  ///< monotonic; nothing: nobody knows of it
  };
  struct Notice {
    std::string key;
    plugin::Alert alert;
    bool holds;
  };

  /// What is to be told now. Forgets what is over and was never told.
  std::vector<Notice> due();
  std::optional<plugin::Alert> worth_telling(const Condition& condition) const;
  void note_told(const Notice& notice);

  Clock& clock_;
  const Send send_;
  const Milliseconds reminder_;
  std::mutex mutex_;
  std::map<std::string, Condition> conditions_;
};

}  // namespace psabridge::serve
