#include "core/net/http_date.h"

#include <catch2/catch_test_macros.hpp>

namespace psabridge::net {

TEST_CASE("The date of a header is read in its one form") {
  CHECK(parse_http_date("Sun, 01 Mar 2026 08:00:30 GMT") == parse_time("2026-03-01T08:00:30Z"));
  CHECK(parse_http_date("Thu, 29 Feb 2024 23:59:59 GMT") == parse_time("2024-02-29T23:59:59Z"));
  for (const char* text :
       {"", "now", "2026-03-01T08:00:30Z", "Mon, 01 Mar 2026 08:00:30 GMT", "Sun, 01 Mar 2026 08:00:30",
        "Sun, 01 Mar 2026 08:00:30 CET", "Sun, 41 Mar 2026 08:00:30 GMT", "Sun, 01 Mar 2026 08:00:30 GMT."}) {
    INFO(text);
    CHECK_FALSE(parse_http_date(text));
  }
}

TEST_CASE("The date of a header is written in the form that is read") {
  CHECK(format_http_date(*parse_time("2026-03-01T08:00:30.999Z")) == "Sun, 01 Mar 2026 08:00:30 GMT");
}

}  // namespace psabridge::net
