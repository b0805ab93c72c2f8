#include "dedup/near_ticket/ticket_text.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <limits>
#include <rapidfuzz/fuzz.hpp>

#include "syncers/common/text.h"

namespace psabridge::dedup {
namespace {

constexpr std::size_t kLongestText = 160;  // bytes of words that are kept

bool in_word(char c) {
  return syncers::is_letter(c) || syncers::is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

/// Takes "RE:", "Fwd[2]:" and the like from the front.
bool take_reply_mark(std::string_view& rest) {
  constexpr auto kMarks =
      std::to_array<std::string_view>({"antw", "antwort", "aw", "doorst", "enc", "fw", "fwd", "re", "ref",
                                       "res", "rv", "sv", "tr", "vs", "wg"});
  const auto word_end = std::ranges::find_if_not(rest, [](char c) { return syncers::is_letter(c); });
  const auto length = static_cast<std::size_t>(word_end - rest.begin());
  const std::string mark = syncers::lower(rest.substr(0, std::min<std::size_t>(length, 8)));
  if (std::ranges::find(kMarks, mark) == kMarks.end()) return false;
  const std::size_t colon = rest.find_first_not_of("[](){}^0123456789 ", length);
  if (colon == std::string_view::npos || rest[colon] != ':') return false;
  rest.remove_prefix(colon + 1);
  return true;
}

/// Takes "[EXTERNAL]" or a ticket's number in brackets from the front; `numbered`: it was a number, which
/// only answers have.
bool take_bracket(std::string_view& rest, bool& numbered) {
  constexpr std::size_t kLongestTag = 40;
  if (!rest.starts_with('[')) return false;
  const std::size_t end = rest.substr(0, kLongestTag).find(']');
  if (end == std::string_view::npos) return false;
  const std::string tag = syncers::lower(rest.substr(1, end - 1));
  const bool number =
      tag.starts_with('#') || tag.starts_with("id:") || tag.starts_with("ticket") || tag.starts_with("ref:");
  if (!number && tag != "ext" && tag != "external" && tag != "extern" && tag != "external email")
    return false;
  numbered |= number;
  rest.remove_prefix(end + 1);
  return true;
}

std::string hash_word(std::string_view text) {
  std::array<char, 17> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), text_hash(text), 16).ptr;
  return "#" + std::string(digits.data(), end);
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

bool is_figure(std::string_view word) {
  return word.starts_with('#') || std::ranges::any_of(word, syncers::is_digit);
}

/// Words that `from` has and `without` lacks; both sorted.
std::vector<std::string_view> left_over(const std::vector<std::string_view>& from,
                                        const std::vector<std::string_view>& without) {
  std::vector<std::string_view> rest;
  std::ranges::set_difference(from, without, std::back_inserter(rest));
  return rest;
}

/// Every word looks like one of the others, mistyped: a name in another's place does not.
bool are_typing_errors(const std::vector<std::string_view>& words,
                       const std::vector<std::string_view>& others) {
  constexpr double kAlike = 75;
  return std::ranges::all_of(words, [&others](std::string_view word) {
    return std::ranges::any_of(
        others, [word](std::string_view other) { return rapidfuzz::fuzz::ratio(word, other) >= kAlike; });
  });
}

/// A text, taken apart: figures in their order, other words sorted.
struct Words {
  explicit Words(std::string_view text) {
    for (const std::string_view word : words_of(text)) (is_figure(word) ? figures : plain).push_back(word);
    std::ranges::sort(plain);
  }
  std::vector<std::string_view> figures, plain;
};

}  // namespace

TicketText ticket_text(std::string_view summary) {
  TicketText text;
  for (bool taken = true; taken;) {
    summary = syncers::trimmed(summary);
    const bool reply = take_reply_mark(summary);
    text.reply |= reply;
    taken = reply || take_bracket(summary, text.reply);
  }
  auto at = std::ranges::find_if(summary, in_word);
  while (at != summary.end()) {
    const auto end = std::find_if_not(at, summary.end(), in_word);
    if (static_cast<std::size_t>(end - at) + 1 + text.words.size() > kLongestText) break;
    text.words = syncers::joined(text.words, syncers::lower({at, end}));
    at = std::find_if(end, summary.end(), in_word);
  }
  if (at != summary.end()) text.words = syncers::joined(text.words, hash_word({at, summary.end()}));
  return text;
}

Likeness likeness(std::string_view a, std::string_view b, double similarity) {
  if (a.empty() || b.empty()) return Likeness::other;
  if (a == b) return Likeness::equal;
  const Words left(a), right(b);
  const std::vector<std::string_view> only_left = left_over(left.plain, right.plain);
  const std::vector<std::string_view> only_right = left_over(right.plain, left.plain);
  if (!are_typing_errors(only_left, only_right) || !are_typing_errors(only_right, only_left))
    return Likeness::other;
  if (left.figures != right.figures) return left.plain.empty() ? Likeness::other : Likeness::other_figures;
  return rapidfuzz::fuzz::ratio(a, b) >= similarity * 100 ? Likeness::near : Likeness::other;
}

int percent_alike(std::string_view a, std::string_view b) {
  return static_cast<int>(rapidfuzz::fuzz::ratio(a, b));
}

std::vector<std::uint64_t> word_samples(std::string_view words) {
  constexpr std::size_t kSamples = 4, kShortestWord = 3;
  std::array<std::uint64_t, kSamples> lowest;
  lowest.fill(std::numeric_limits<std::uint64_t>::max());
  for (const std::string_view word : words_of(words)) {
    if (word.size() < kShortestWord) continue;
    for (std::size_t seed = 0; seed < kSamples; ++seed)
      lowest[seed] =
          std::min<std::uint64_t>(lowest[seed], XXH3_64bits_withSeed(word.data(), word.size(), seed));
  }
  std::vector<std::uint64_t> samples(lowest.begin(), lowest.end());
  if (lowest[0] == std::numeric_limits<std::uint64_t>::max())  // short words only
    samples.assign(words.empty() ? 0 : 1, text_hash(words));
  return samples;
}

std::uint64_t text_hash(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

}  // namespace psabridge::dedup
