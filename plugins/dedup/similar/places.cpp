#include "places.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "company_name.h"
#include "normal_text.h"

namespace psabridge::similar {
namespace {

constexpr std::pair<std::string_view, std::string_view> kWhole[] = {
    {"apt", "apartment"},  {"av", "avenue"},      {"ave", "avenue"},    {"bldg", "building"},
    {"blvd", "boulevard"}, {"cct", "circuit"},    {"center", "centre"}, {"cl", "close"},
    {"cres", "crescent"},  {"crt", "court"},      {"ct", "court"},      {"ctr", "centre"},
    {"dr", "drive"},       {"e", "east"},         {"est", "estate"},    {"fl", "floor"},
    {"gdns", "gardens"},   {"gr", "grove"},       {"hse", "house"},     {"hts", "heights"},
    {"hwy", "highway"},    {"ind", "industrial"}, {"ln", "lane"},       {"mt", "mount"},
    {"n", "north"},        {"pde", "parade"},     {"pk", "park"},       {"pkwy", "parkway"},
    {"pl", "place"},       {"rd", "road"},        {"s", "south"},       {"saint", "st"},
    {"sq", "square"},      {"ste", "suite"},      {"str", "street"},    {"strasse", "street"},
    {"tce", "terrace"},    {"ter", "terrace"},    {"w", "west"}};

// Sorted: words that many addresses have.
constexpr std::string_view kCommon[] = {
    "apartment", "avenue", "boulevard",  "building", "centre", "circuit", "close",   "court", "crescent",
    "drive",     "east",   "england",    "estate",   "flat",   "floor",   "gardens", "grove", "high",
    "highway",   "house",  "industrial", "kingdom",  "lane",   "level",   "mount",   "north", "of",
    "parade",    "park",   "parkway",    "place",    "road",   "south",   "square",  "st",    "states",
    "street",    "suite",  "terrace",    "the",      "uk",     "unit",    "united",  "way",   "west"};

/// "St" is a street, but a saint where it begins.
std::string_view written_out(std::string_view word, bool first) noexcept {
  if (word == "st" && !first) return "street";
  for (const auto& [brief, whole] : kWhole)
    if (brief == word) return whole;
  return word;
}

std::vector<std::string> words_written_out(std::string_view raw, std::size_t limit, std::size_t count) {
  const std::string folded = fold(raw, limit);
  if (is_placeholder(folded)) return {};
  std::vector<std::string> all = words(folded, count);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = written_out(all[i], i == 0);
  return all;
}

}  // namespace

std::string normal_street(std::string_view raw) { return joined(words_written_out(raw, 160, 12)); }

std::string normal_town(std::string_view raw) { return joined(words_written_out(raw, 80, 6)); }

std::string normal_address(std::string_view raw) {
  std::string text;
  for (const std::string& word : words_written_out(raw, 512, 20)) {
    const bool number = std::any_of(word.begin(), word.end(), is_digit);
    const bool common = std::binary_search(std::begin(kCommon), std::end(kCommon), word);
    if (!text.empty()) text += ' ';
    text += static_cast<char>(number ? WordClass::number : common ? WordClass::common : WordClass::name);
    text += cut(word, 40);
  }
  return text;
}

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
