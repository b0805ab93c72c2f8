#include "timestamp.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace psabridge::halo;

TEST_CASE("Times in Halo's forms become one form") {
  struct Case {
    const char* text;
    const char* time;  // empty: no time
  };
  const Case c = GENERATE(Case{"2026-10-03T06:24:10.967", "2026-10-03T06:24:10.967Z"},
                          Case{"2026-10-03T06:24:44.38", "2026-10-03T06:24:44.380Z"},
                          Case{"2026-10-03T06:24:10", "2026-10-03T06:24:10.000Z"},
                          Case{"2026-10-03T06:24:10.1234567", "2026-10-03T06:24:10.123Z"},
                          Case{"2026-10-03T06:24:10.1234567Z", "2026-10-03T06:24:10.123Z"},
                          Case{"2026-10-03 06:24:10", "2026-10-03T06:24:10.000Z"},
                          Case{"2026-10-03T06:24:10+02:00", "2026-10-03T04:24:10.000Z"},
                          Case{"2026-10-03T06:24:10-01:30", "2026-10-03T07:54:10.000Z"},
                          Case{"1899-12-30T00:00:00", "1899-12-30T00:00:00.000Z"},
                          Case{"2024-02-29", "2024-02-29T00:00:00.000Z"}, Case{"2026-02-29T00:00:00", ""},
                          Case{"2026-10-03T24:00:00", ""}, Case{"2026-10-03T06:24", ""},
                          Case{"2026-10-03T06:24:10x", ""}, Case{"", ""}, Case{"null", ""},
                          Case{"2026-10-03T06:24:10.1234567890", ""}, Case{"2026-10-03T06:24:10+2", ""});
  INFO(c.text);
  const auto time = parse_time(c.text);
  CHECK((time ? format_time(*time) : std::string()) == c.time);
}

TEST_CASE("The Date header is read, other texts are not") {
  CHECK(format_time(*parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT")) == "1994-11-06T08:49:37.000Z");
  const char* text = GENERATE("", "soon", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Xyz 1994 08:49:37 GMT",
                              "Sun, 06 Nov 1994 08:49:37", "Sun, 06 ");
  INFO(text);
  CHECK_FALSE(parse_http_date(text));
}

TEST_CASE("Spans have one unit") {
  CHECK(parse_span("30s") == 30'000);
  CHECK(parse_span("2m") == 120'000);
  CHECK(parse_span("1h") == 3'600'000);
  CHECK(parse_span("1d") == 86'400'000);
  for (const char* text : {"", "m", "2", "2w", "-2m", "2mm", "99999999999m"}) CHECK_FALSE(parse_span(text));
}
