// Dates as people and programs write them.
#pragma once
#include <string>
#include <string_view>

namespace psabridge::similar {

/// Eight digits, year month day: from "1971-06-24", "19710624", "24/06/1971", "6/24/71", "24 June 1971",
/// "1971 6 24", "1971-06-24T08:00:00Z". Unknown parts are zeros. Day and month are taken in that order where
/// both are possible. Numbers out of range stay as they are, being typing errors. Empty when there is no
/// date.
std::string normal_date(std::string_view raw);

/// How two dates relate, both of normal_date.
enum class DateRelation { equal, slip, two_parts, two_digits, year, differ };
DateRelation relate_dates(std::string_view a, std::string_view b) noexcept;

}  // namespace psabridge::similar
