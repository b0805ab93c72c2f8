#include "dedup/near_ticket/ticket_text.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <limits>
#include <rapidfuzz/distance/OSA.hpp>
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

/// The number of "#0004711", "ID:4711" or "Ticket: AC-4711" without zeros in front; empty for other texts.
std::string number_in(std::string_view tag) {
  constexpr auto kLabels = std::to_array<std::string_view>({"", "case", "id", "ref", "ticket"});
  const std::size_t mark = tag.find_first_of("#:");
  if (mark == std::string_view::npos) return {};
  const std::string label = syncers::lower(syncers::trimmed(tag.substr(0, mark)));
  std::string_view number = syncers::trimmed(tag.substr(mark + 1));
  const auto fits = [](char c) { return syncers::is_letter(c) || syncers::is_digit(c) || c == '-'; };
  if (std::ranges::find(kLabels, label) == kLabels.end() || !std::ranges::all_of(number, fits) ||
      std::ranges::none_of(number, syncers::is_digit))
    return {};
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return std::string(number);
}

bool is_warning(std::string_view tag) {
  const std::string word = syncers::lower(syncers::trimmed(tag));
  return word == "ext" || word == "extern" || word == "external" || word == "external email";
}

/// The beginning of a summary without its tags in brackets; keeps the number that one of them names. A host
/// name in brackets is no tag.
std::string without_tags(std::string_view summary, TicketText& text) {
  constexpr std::size_t kLongestTag = 48;
  std::string rest;
  while (!summary.empty()) {
    const std::size_t open = std::min(summary.find('['), summary.size());
    rest += summary.substr(0, open);
    summary.remove_prefix(open);
    const std::size_t close = summary.substr(0, kLongestTag).find(']');
    const std::string_view tag =
        close == std::string_view::npos ? summary.substr(0, 0) : summary.substr(1, close - 1);
    const std::string number = number_in(tag);
    if (!number.empty()) text.answered = number;
    const bool taken = !number.empty() || is_warning(tag);
    rest += taken ? " " : summary.substr(0, 1);
    summary.remove_prefix(std::min(taken ? close + 1 : 1, summary.size()));
  }
  return rest;
}

bool is_politeness(std::string_view word) {
  constexpr auto kWords = std::to_array<std::string_view>(
      {"asap", "bitte", "danke", "hello", "hi", "kindly", "please", "pls", "plz", "thanks", "thx", "urgent"});
  return std::ranges::find(kWords, word) != kWords.end();
}

std::string hash_word(std::string_view text) {
  std::array<char, 17> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), text_hash(text), 16).ptr;
  return "#" + std::string(digits.data(), end);
}

std::string without_blanks(std::string_view words) {
  std::string letters(words);
  std::erase(letters, ' ');
  return letters;
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

/// "question about theecrm": one letter more or less in all, so that words may have run together.
bool one_letter_apart(std::string_view a, std::string_view b) {
  constexpr std::size_t kShortest = 10;
  const std::string left = without_blanks(a), right = without_blanks(b);
  return left.size() != right.size() && std::min(left.size(), right.size()) >= kShortest &&
         rapidfuzz::osa_distance(left, right, 1) <= 1;
}

/// Words that `from` has and `without` lacks; both sorted.
std::vector<std::string_view> left_over(const std::vector<std::string_view>& from,
                                        const std::vector<std::string_view>& without) {
  std::vector<std::string_view> rest;
  std::ranges::set_difference(from, without, std::back_inserter(rest));
  return rest;
}

/// "t" and "to": a letter lost in a short word.
bool lacks_a_letter(std::string_view a, std::string_view b) {
  constexpr std::size_t kShort = 4;
  return std::max(a.size(), b.size()) <= kShort && a.size() != b.size() &&
         rapidfuzz::osa_distance(a, b, 1) <= 1;
}

/// Every word looks like one of the others, mistyped: a name in another's place does not.
bool are_typing_errors(const std::vector<std::string_view>& words,
                       const std::vector<std::string_view>& others) {
  constexpr double kAlike = 75;
  return std::ranges::all_of(words, [&others](std::string_view word) {
    return std::ranges::any_of(others, [word](std::string_view other) {
      return rapidfuzz::fuzz::ratio(word, other) >= kAlike || lacks_a_letter(word, other);
    });
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
  const std::string untagged = without_tags(summary, text);
  std::string_view rest = syncers::trimmed(untagged);
  while (take_reply_mark(rest)) text.reply = true, rest = syncers::trimmed(rest);
  text.reply |= !text.answered.empty();
  auto at = std::ranges::find_if(rest, in_word);
  while (at != rest.end()) {
    const auto end = std::find_if_not(at, rest.end(), in_word);
    if (static_cast<std::size_t>(end - at) + 1 + text.words.size() > kLongestText) break;
    const std::string word = syncers::lower({at, end});
    if (!is_politeness(word)) text.words = syncers::joined(text.words, word);
    at = std::find_if(end, rest.end(), in_word);
  }
  if (at != rest.end()) text.words = syncers::joined(text.words, hash_word({at, rest.end()}));
  return text;
}

Likeness likeness(std::string_view a, std::string_view b, double similarity) {
  if (a.empty() || b.empty()) return Likeness::other;
  if (a == b) return Likeness::equal;
  const Words left(a), right(b);
  const bool same_figures = left.figures == right.figures;
  if (same_figures && without_blanks(a) == without_blanks(b)) return Likeness::near;
  const std::vector<std::string_view> only_left = left_over(left.plain, right.plain);
  const std::vector<std::string_view> only_right = left_over(right.plain, left.plain);
  if (!are_typing_errors(only_left, only_right) || !are_typing_errors(only_right, only_left))
    return same_figures && one_letter_apart(a, b) ? Likeness::similar : Likeness::other;
  if (!same_figures) return left.plain.empty() ? Likeness::other : Likeness::other_figures;
  const double alike = rapidfuzz::fuzz::ratio(a, b);
  return alike >= similarity * 100 ? Likeness::near : Likeness::similar;
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
