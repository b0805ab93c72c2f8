#include "core/net/retry.h"

#include <catch2/catch_test_macros.hpp>
#include <optional>

namespace psabridge::net {
using namespace std::chrono_literals;

TEST_CASE("Retry-After is read as seconds or as a date, and absurd values are capped") {
  struct Case {
    const char* header;
    std::optional<Milliseconds> wait;
  };
  const auto now = *parse_time("2026-03-01T08:00:00Z");
  for (const auto& [header, wait] : {
           Case{"2", 2s},
           Case{"0", 0s},
           Case{"1.5", 1500ms},
           Case{"-7", 0s},
           Case{"999999999999", 15min},
           Case{"1e400", std::nullopt},
           Case{"Sun, 01 Mar 2026 08:00:30 GMT", 30s},
           Case{"Sun, 01 Mar 2026 07:00:00 GMT", 0s},
           Case{"Mon, 01 Mar 2027 08:00:00 GMT", 15min},
           Case{"soon", std::nullopt},
           Case{"", std::nullopt},
           Case{"nan", std::nullopt},
       }) {
    INFO(header);
    CHECK(parse_retry_after(header, now) == wait);
  }
}

TEST_CASE("Full jitter spreads over the whole span, which doubles up to its cap") {
  Backoff backoff(100ms, 1000ms, 42);
  for (const auto& [failures, longest] :
       {std::pair{1, 100ms}, {2, 200ms}, {3, 400ms}, {5, 1000ms}, {60, 1000ms}}) {
    Milliseconds least = 1h, most = 0ms;
    for (int i = 0; i < 500; ++i) {
      const auto wait = backoff.wait_after(failures);
      least = std::min(least, wait);
      most = std::max(most, wait);
    }
    INFO(failures);
    CHECK(most <= longest);
    CHECK(most > longest * 9 / 10);
    CHECK(least < longest / 10);
  }
}

}  // namespace psabridge::net
