// When somebody works: hours of a day on some days of the week, by the clock of a place.
#pragma once
#include <cctz/time_zone.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"

namespace psabridge::routing {

/// As an admin writes them. They may pass midnight ("22:00" to "06:00"); equal times are the whole day.
struct WrittenHours {
  std::vector<std::string> days;  ///< on which they begin: "mon" ... "sun"; empty: every day
  std::string from, to;           ///< "HH:MM" of 00:00 to 23:59, `to` also "24:00"
  std::string zone;               ///< IANA name, "Europe/London"; empty: UTC
};

/// What is wrong with hours as written.
struct HoursMistake {
  std::string part;     ///< "days", "from", "to" or "zone"
  std::string message;  ///< a sentence
};

/// Immutable; threads may share it.
class WorkingHours {
 public:
  /// Nothing when there is a mistake; then every mistake is appended. Zones come from the machine's tzdata.
  static std::optional<WorkingHours> parse(const WrittenHours& written, std::vector<HoursMistake>& mistakes);

  /// By the clock on the wall: an hour that summer time skips is never, one that it repeats is twice. The
  /// begin belongs to the hours, the end does not.
  bool contains(SysMilliseconds time) const;

  /// "mon, fri 08:00-17:00 Europe/London"; equal texts mean equal hours.
  std::string text() const;

 private:
  WorkingHours() = default;

  unsigned days_ = 0;                   ///< bit of std::chrono::weekday::c_encoding()
  std::chrono::minutes from_{}, to_{};  ///< after midnight; `to_` not after `from_`: of the next day
  cctz::time_zone zone_;
};

}  // namespace psabridge::routing
