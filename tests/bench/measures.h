// The measurements themselves. Each runs the installed programs as processes and gives its figures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "tests/bench/scoreboard.h"
#include "tests/bench/tenant.h"

namespace psabridge::bench {

/// Where the programs are, and how large the measurements are.
struct Plan {
  std::filesystem::path programs;  ///< folder of psabridge and psabridge-halo-sandbox
  TenantSize full;                 ///< of the full sync
  std::int64_t few_tickets = 0;    ///< the smaller of the two memory measurements
  std::int64_t many_tickets = 0;   ///< the larger one
  std::size_t deliveries = 0;      ///< of webhooks, in each measurement of the intake
  std::int64_t load_seconds = 0;   ///< of deliveries on a schedule
  std::size_t many_clients = 0;    ///< among which duplicates are looked for
  std::size_t stored_tickets = 0;  ///< that other routing rules are tried on
};

/// Full sync beside a plain SQLite program, its requests, then a quiet sync and one with changes, then the
/// time to start.
std::vector<Figure> measure_syncs(const Plan& plan);
/// Peak memory of a full sync of few and of many tickets.
std::vector<Figure> measure_memory(const Plan& plan);

}  // namespace psabridge::bench
