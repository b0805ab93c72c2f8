#include "dedup/common/maker.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "dedup/common/identifiers.h"
#include "syncers/common/text.h"

namespace psabridge::dedup {
namespace {

constexpr std::size_t kLongestName = 64;

/// In lower case, without punctuation; "MacBookPro16,1" is one.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  text = whole_characters(text, kLongestName);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
    std::string word = folded(text.substr(0, end), kLongestName);
    if (!word.empty()) words.push_back(std::move(word));
    text.remove_prefix(std::min(end + 1, text.size()));
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
  std::string name(whole_characters(manufacturer, kLongestName));
  std::ranges::replace(name, '-', ' ');  // "Hewlett-Packard", "Micro-Star"
  const std::vector<std::string> words = words_of(name);
  if (words.empty() || is_placeholder(name)) return {};
  const auto house = std::ranges::find(kHouses, words[0], [](const auto& entry) { return entry.first; });
  return house == kHouses.end() ? words[0] : std::string(house->second);
}

std::string normal_model(std::string_view model) {
  if (is_placeholder(model)) return {};
  std::string joined;
  for (const std::string& word : words_of(model)) joined = syncers::joined(joined, word);
  return joined;
}

bool is_virtual_machine(std::string_view maker, std::string_view model) {
  constexpr auto kMakers =
      std::to_array<std::string_view>({"innotek", "nutanix", "parallels", "qemu", "vmware", "xen"});
  return std::ranges::find(kMakers, maker) != kMakers.end() || model.starts_with("virtual machine") ||
         model.starts_with("vmware") || model.starts_with("kvm") || model.starts_with("virtualbox");
}

bool makers_differ(std::string_view a, std::string_view b) {
  return !a.empty() && !b.empty() && !a.starts_with(b) && !b.starts_with(a);
}

bool models_differ(std::string_view a, std::string_view b) {
  const std::vector<std::string> left = words_of(a), right = words_of(b);
  const auto shared = [&right](const std::string& word) {
    return std::ranges::find(right, word) != right.end();
  };
  return left.size() > 1 && right.size() > 1 && std::ranges::none_of(left, shared);
}

}  // namespace psabridge::dedup
