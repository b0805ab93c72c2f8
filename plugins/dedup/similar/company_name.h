// Names of organisations, word by word: what a word is decides what it tells.
#pragma once
#include <string>
#include <string_view>

namespace psabridge::similar {

/// What a word in a name, text or address is. One letter each: a normal text is a list of words with the
/// letter of their class in front, "nacme cservices lltd".
enum class WordClass : char {
  name = 'n',    ///< tells one from others, by its rarity
  number = 'd',  ///< holds a digit: model 450 is not model 455
  common = 'c',  ///< a line of business that many have in their name: services, dental
  legal = 'l',   ///< legal form
  group = 'g',   ///< marks another member of a group of companies: holdings, properties
  place = 'p'    ///< a place where the record is
};

/// "The Acme Plumbing Co. Limited" -> "nacme cplumbing lco lltd". Articles are left out, abbreviations
/// unified. Empty for placeholders.
std::string normal_company(std::string_view raw);

/// Marks those words of a normal company name as places that stand among `places` (folded words), unless
/// nothing but common words would be left.
std::string with_places(std::string_view company, std::string_view places);

/// A normal company name, or any list of words in its form, without the words that are legal forms.
std::string without_legal_forms(std::string_view words);

/// Any text in the same form, of names and numbers only; at most `limit` words.
std::string normal_text(std::string_view raw, std::size_t limit);

}  // namespace psabridge::similar
