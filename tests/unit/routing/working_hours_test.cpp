#include "core/routing/working_hours.h"

#include <catch2/catch_test_macros.hpp>

namespace psabridge::routing {
namespace {

WorkingHours hours(const WrittenHours& written) {
  std::vector<HoursMistake> mistakes;
  const auto parsed = WorkingHours::parse(written, mistakes);
  REQUIRE(mistakes.empty());
  return parsed.value();
}

TEST_CASE("working hours go by the clock of their place") {
  struct Case {
    std::string what;
    WrittenHours hours;
    std::string time;
    bool inside;
  };
  const WrittenHours london{{"mon", "tue", "wed", "thu", "fri"}, "08:00", "17:00", "Europe/London"};
  const WrittenHours night{{"fri"}, "22:00", "06:00", "Europe/London"};
  const WrittenHours small_hours{{"sun"}, "01:00", "02:00", "Europe/London"};
  const WrittenHours whole_monday{{"mon"}, "00:00", "24:00", "America/New_York"};
  const WrittenHours equal{{"mon"}, "09:00", "09:00", ""};
  for (const Case& c : {
           Case{"winter: London is UTC", london, "2026-01-05T08:00:00Z", true},
           Case{"the end is outside", london, "2026-01-05T17:00:00Z", false},
           Case{"last minute", london, "2026-01-05T16:59:59.999Z", true},
           Case{"summer: eight o'clock is seven UTC", london, "2026-07-06T07:00:00Z", true},
           Case{"summer: sixteen UTC is the end", london, "2026-07-06T16:00:00Z", false},
           Case{"Saturday", london, "2026-01-10T12:00:00Z", false},
           Case{"Friday night", night, "2026-01-09T23:00:00Z", true},
           Case{"and the morning after", night, "2026-01-10T05:59:00Z", true},
           Case{"but not the next night", night, "2026-01-10T23:00:00Z", false},
           Case{"nor the morning of the same day", night, "2026-01-09T05:00:00Z", false},
           Case{"spring: one o'clock is skipped", small_hours, "2026-03-29T01:00:00Z", false},
           Case{"spring: just before", small_hours, "2026-03-29T00:59:59Z", false},
           Case{"autumn: first pass", small_hours, "2026-10-25T00:30:00Z", true},
           Case{"autumn: second pass", small_hours, "2026-10-25T01:30:00Z", true},
           Case{"autumn: over", small_hours, "2026-10-25T02:00:00Z", false},
           Case{"another day there than in UTC", whole_monday, "2026-01-06T04:59:00Z", true},
           Case{"until midnight there", whole_monday, "2026-01-06T05:00:00Z", false},
           Case{"equal times: until the same time of the next day", equal, "2026-01-06T08:59:00Z", true},
           Case{"and from it", equal, "2026-01-05T08:59:00Z", false},
           Case{"before 1970", london, "1969-12-29T10:00:00Z", true},
       }) {
    CAPTURE(c.what);
    CHECK(hours(c.hours).contains(parse_time(c.time).value()) == c.inside);
  }
}

TEST_CASE("every mistake of working hours is named") {
  struct Case {
    WrittenHours hours;
    std::vector<std::string> parts;
    std::string said;
  };
  for (const Case& c : {
           Case{{{"mon", "mo"}, "08:00", "17:00", "UTC"}, {"days"}, "\"mo\" is no day"},
           Case{{{}, "8:00", "25:00", ""}, {"from", "to"}, "such as \"08:00\""},
           Case{{{}, "24:00", "24:01", ""}, {"from", "to"}, "\"24:00\" is no time of day"},
           Case{{{}, "08:60", "", ""}, {"from", "to"}, "\"08:60\""},
           Case{{{}, "08:00", "17:00", "Europe/Londn"}, {"zone"}, "Did you mean \"Europe/London\"?"},
           Case{{{}, "08:00", "17:00", "/etc/localtime"}, {"zone"}, "not known"},
           Case{{{}, "08:00", "17:00", "../../etc/passwd"}, {"zone"}, "not known"},
           Case{{{}, "08:00", "17:00", "libc:localtime"}, {"zone"}, "not known"},
           Case{{{}, "08:00", "17:00", "Europe"}, {"zone"}, "not known"},
           Case{{{}, "08:00", "17:00", std::string("UTC\0x", 5)}, {"zone"}, "not known"},
           Case{{{}, "08:00", "17:00", std::string(1 << 20, 'a')}, {"zone"}, "not known"},
       }) {
    CAPTURE(c.said);
    std::vector<HoursMistake> mistakes;
    CHECK_FALSE(WorkingHours::parse(c.hours, mistakes));
    std::vector<std::string> parts;
    for (const HoursMistake& mistake : mistakes) parts.push_back(mistake.part);
    CHECK(parts == c.parts);
    CHECK(mistakes.front().message.find(c.said) != std::string::npos);
    CHECK(mistakes.front().message.size() < 400);
  }
}

TEST_CASE("hours say themselves") {
  CHECK(hours({{"FRI", "mon"}, "08:00", "17:00", "Europe/London"}).text() ==
        "mon, fri 08:00-17:00 Europe/London");
  CHECK(hours({{}, "22:00", "06:00", ""}).text() == "22:00-06:00 UTC");
}

}  // namespace
}  // namespace psabridge::routing
