#include "dedup/strong_id/maker.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "dedup/common/identifiers.h"
#include "syncers/common/text.h"

namespace psabridge::dedup {
namespace {

constexpr std::size_t kLongestName = 64;

/// Views of `text`, separated by what is neither letter nor digit.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  const auto in_word = [](char c) {
    return syncers::is_letter(c) || syncers::is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
  };
  for (auto at = std::ranges::find_if(text, in_word); at != text.end();) {
    const auto end = std::find_if_not(at, text.end(), in_word);
    words.emplace_back(at, end);
    at = std::find_if(end, text.end(), in_word);
  }
  return words;
}

}  // namespace

std::string normal_maker(std::string_view manufacturer) {
  static constexpr auto kHouses =
      std::to_array<std::pair<std::string_view, std::string_view>>({{"alienware", "dell"},
                                                                    {"compaq", "hp"},
                                                                    {"dynabook", "toshiba"},
                                                                    {"hewlett", "hp"},
                                                                    {"hpe", "hp"},
                                                                    {"ibm", "lenovo"},
                                                                    {"international", "lenovo"},
                                                                    {"micro", "msi"},
                                                                    {"systemmanufacturer", ""},
                                                                    {"system", ""}});
  const std::string name = syncers::lower(manufacturer.substr(0, kLongestName));
  const std::vector<std::string_view> words = words_of(name);
  if (words.empty() || is_placeholder(name)) return {};
  const auto house = std::ranges::find(kHouses, words[0], [](const auto& entry) { return entry.first; });
  return std::string(house == kHouses.end() ? words[0] : house->second);
}

std::string normal_model(std::string_view model) {
  const std::string name = syncers::lower(model.substr(0, kLongestName));
  if (is_placeholder(name)) return {};
  std::string joined;
  for (const std::string_view word : words_of(name)) joined = syncers::joined(joined, word);
  return joined;
}

bool makers_differ(std::string_view a, std::string_view b) {
  return !a.empty() && !b.empty() && !a.starts_with(b) && !b.starts_with(a);
}

bool models_differ(std::string_view a, std::string_view b) {
  const std::vector<std::string_view> left = words_of(a), right = words_of(b);
  const auto shared = [&right](std::string_view word) {
    return std::ranges::find(right, word) != right.end();
  };
  return left.size() > 1 && right.size() > 1 && std::ranges::none_of(left, shared);
}

}  // namespace psabridge::dedup
