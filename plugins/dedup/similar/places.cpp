#include "places.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "normal_text.h"

namespace psabridge::similar {
namespace {

// Sorted by the long form.
constexpr std::pair<std::string_view, std::string_view> kShort[] = {
    {"apartment", "apt"},  {"avenue", "ave"},  {"av", "ave"},        {"boulevard", "blvd"},
    {"building", "bldg"},  {"centre", "ctr"},  {"center", "ctr"},    {"circuit", "cct"},
    {"close", "cl"},       {"court", "ct"},    {"crescent", "cres"}, {"drive", "dr"},
    {"east", "e"},         {"estate", "est"},  {"floor", "fl"},      {"gardens", "gdns"},
    {"grove", "gr"},       {"heights", "hts"}, {"highway", "hwy"},   {"house", "hse"},
    {"industrial", "ind"}, {"lane", "ln"},     {"mount", "mt"},      {"north", "n"},
    {"number", "no"},      {"parade", "pde"},  {"park", "pk"},       {"parkway", "pkwy"},
    {"place", "pl"},       {"road", "rd"},     {"saint", "st"},      {"south", "s"},
    {"square", "sq"},      {"str", "st"},      {"strasse", "st"},    {"street", "st"},
    {"suite", "ste"},      {"terrace", "tce"}, {"trading", "trdg"},  {"unit", "unit"},
    {"west", "w"}};

std::string_view shortened(std::string_view word) noexcept {
  for (const auto& [whole, brief] : kShort)
    if (whole == word) return brief;
  return word;
}

std::string shortened_words(std::string_view raw, std::size_t limit, std::size_t count) {
  const std::string folded = fold(raw, limit);
  if (is_placeholder(folded)) return {};
  std::string text;
  for (const std::string& word : words(folded, count)) {
    if (!text.empty()) text += ' ';
    text += shortened(word);
  }
  return text;
}

}  // namespace

std::string normal_street(std::string_view raw) { return shortened_words(raw, 160, 12); }

std::string normal_town(std::string_view raw) { return shortened_words(raw, 80, 6); }

std::string normal_postcode(std::string_view raw) {
  std::string folded = fold(raw, 32);
  if (is_placeholder(folded)) return {};
  if (const std::size_t dash = folded.find('-'); dash == 5 && folded.size() == 10) folded.resize(5);
  return squeezed(folded);
}

std::string_view postcode_area(std::string_view postcode) noexcept {
  const bool british = postcode.size() >= 5 && postcode.size() <= 7 && !is_digit(postcode[0]) &&
                       is_digit(postcode[postcode.size() - 3]);
  return british ? postcode.substr(0, postcode.size() - 3) : postcode.substr(0, 3);
}

std::string normal_house_number(std::string_view raw) {
  std::string text;
  for (const std::string& word : words(fold(raw, 64), 8)) {
    if (!is_digit(word[0])) continue;
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

}  // namespace psabridge::similar
