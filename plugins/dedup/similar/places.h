// Parts of addresses as they are compared.
#pragma once
#include <string>
#include <string_view>

namespace psabridge::similar {

/// Words of a street, written out ("Station Rd": "station road").
std::string normal_street(std::string_view raw);
/// Words of a town ("St. Ives": "st ives").
std::string normal_town(std::string_view raw);
/// A whole address as words with their classes (company_name.h).
std::string normal_address(std::string_view raw);
/// Letters and digits: "SW1A 1AA" -> "sw1a1aa"; "12345-6789" -> "12345".
std::string normal_postcode(std::string_view raw);
/// What a postcode says of the area: its outward part or first three letters or digits.
std::string_view postcode_area(std::string_view postcode) noexcept;
/// The first number with its letter: "Flat 2, 12A" -> "2 12a".
std::string normal_house_number(std::string_view raw);

}  // namespace psabridge::similar
