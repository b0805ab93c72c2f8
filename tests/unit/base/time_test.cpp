#include "core/base/time.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <optional>
#include <string>

using namespace psabridge;

TEST_CASE("times of real APIs become UTC with milliseconds") {
  struct Row {
    std::string text;
    std::optional<std::string> canonical;
  };
  const auto row = GENERATE(values<Row>({
      {"2026-10-03T06:24:10.967", "2026-10-03T06:24:10.967Z"},
      {"2026-10-03T06:24:44.38", "2026-10-03T06:24:44.380Z"},
      {"2026-10-03T06:24:10", "2026-10-03T06:24:10.000Z"},
      {"2026-10-03T06:24:10.9671234Z", "2026-10-03T06:24:10.967Z"},
      {"2026-10-03 06:24", "2026-10-03T06:24:00.000Z"},
      {"2026-10-03", "2026-10-03T00:00:00.000Z"},
      {"2026-10-03T01:30:00+02:00", "2026-10-02T23:30:00.000Z"},
      {"2026-10-03T23:30:00-0130", "2026-10-04T01:00:00.000Z"},
      {"1899-12-30T00:00:00", "1899-12-30T00:00:00.000Z"},
      {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"},
      {"2026-02-29T00:00:00Z", std::nullopt},
      {"2026-13-01", std::nullopt},
      {"2026-10-03T24:00:00Z", std::nullopt},
      {"2026-10-03T10:00:00.Z", std::nullopt},
      {"2026-10-03T10:00:00Zx", std::nullopt},
      {"-026-10-03", std::nullopt},
      {"yesterday", std::nullopt},
      {"", std::nullopt},
  }));
  CAPTURE(row.text);
  const auto time = parse_time(row.text);
  CHECK((time ? std::optional(format_time(*time)) : std::nullopt) == row.canonical);
}

TEST_CASE("spans are a number and a unit") {
  using namespace std::chrono_literals;
  CHECK(parse_span("30s") == 30s);
  CHECK(parse_span("15m") == 15min);
  CHECK(parse_span("12h") == 12h);
  CHECK(parse_span("90d") == 90 * 24h);
  CHECK(parse_span("2w") == 14 * 24h);
  for (const char* bad : {"", "d", "15", "15 m", "-1d", "1.5h", "15min"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_span(bad));
  }
}
