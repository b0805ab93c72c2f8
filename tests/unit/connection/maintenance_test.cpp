#include "core/connection/maintenance.h"

#include <catch2/catch_test_macros.hpp>
#include <vector>

using namespace psabridge;
using connection::maintenance_until;

namespace {

using Windows = std::vector<config::MaintenanceWindow>;

/// 2026-03-01 is a Sunday.
std::string until(const Windows& windows, const char* now) {
  const auto end = maintenance_until(windows, *parse_time(now));
  return end ? format_time(*end) : "open for work";
}

}  // namespace

TEST_CASE("A maintenance window is open from its first minute until before its last") {
  struct Case {
    Windows windows;
    const char *now, *until;
  };
  const Windows sunday{{{"sun"}, "02:00", "04:00"}};
  const Windows every_night{{{}, "22:30", "01:15"}};
  const Windows two{{{"sun"}, "02:00", "04:00"}, {{"sun"}, "03:00", "05:00"}};
  const std::vector<Case> cases{
      {{}, "2026-03-01T02:00:00Z", "open for work"},
      {sunday, "2026-03-01T01:59:59.999Z", "open for work"},
      {sunday, "2026-03-01T02:00:00Z", "2026-03-01T04:00:00.000Z"},
      {sunday, "2026-03-01T03:59:59.999Z", "2026-03-01T04:00:00.000Z"},
      {sunday, "2026-03-01T04:00:00Z", "open for work"},
      {sunday, "2026-03-02T03:00:00Z", "open for work"},
      {every_night, "2026-03-03T22:30:00Z", "2026-03-04T01:15:00.000Z"},
      {every_night, "2026-03-04T00:30:00Z", "2026-03-04T01:15:00.000Z"},
      {every_night, "2026-03-04T01:15:00Z", "open for work"},
      {{{{"sat"}, "23:00", "01:00"}}, "2026-03-01T00:30:00Z", "2026-03-01T01:00:00.000Z"},
      {{{{"sun"}, "23:00", "01:00"}}, "2026-03-01T00:30:00Z", "open for work"},
      {{{{"sun"}, "00:00", "00:00"}}, "2026-03-01T13:00:00Z", "2026-03-02T00:00:00.000Z"},
      {two, "2026-03-01T03:30:00Z", "2026-03-01T05:00:00.000Z"},
  };
  for (const Case& one : cases) {
    INFO(one.now);
    CHECK(until(one.windows, one.now) == one.until);
  }
}
