// Names of people: parts, short forms, sound.
#pragma once
#include <string>
#include <string_view>

namespace psabridge::similar {

/// A name in parts, folded. `given`: given names in order, with single spaces; `suffix`: "jr", "sr", "2",
/// "3".
struct PersonName {
  std::string given, surname, suffix;
  bool empty() const noexcept { return given.empty() && surname.empty(); }
};

/// From a whole name: "Dr. Jane A. Doe", "Doe, Jane", "John Smith Jr.". One word alone is a given name.
PersonName person_name(std::string_view whole);
/// From a name that the source keeps in parts.
PersonName person_name(std::string_view given, std::string_view surname);

std::string_view first_word(std::string_view words) noexcept;

/// True when one is a short or pet form of the other, or both of a third ("bob", "robert"; "bill", "will").
bool are_nicknames(std::string_view a, std::string_view b) noexcept;
/// The usual whole form of a given name, itself when it has none ("bob": "robert").
std::string_view whole_name(std::string_view given) noexcept;

/// How a surname sounds (Soundex), for names in Latin letters; else its beginning.
std::string sound_of(std::string_view surname);

}  // namespace psabridge::similar
