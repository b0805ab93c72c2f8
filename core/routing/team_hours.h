// Working hours of a team as an admin writes them on the command line: "mon-fri 08:00-17:00; sat
// 09:00-13:00".
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "core/routing/working_hours.h"

namespace psabridge::routing {

/// Immutable; threads may share it.
class TeamHours {
 public:
  /// Parts are separated by semicolons; each is days and a span, or a span alone for every day. Days are
  /// names of three letters, ranges of them, or several with commas. Throws Error PB1828 that names what is
  /// wrong.
  static TeamHours parse(std::string_view text, const std::string& zone);

  bool contains(SysMilliseconds time) const;

 private:
  std::vector<WorkingHours> parts_;
};

}  // namespace psabridge::routing
