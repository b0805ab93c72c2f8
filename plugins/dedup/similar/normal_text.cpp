#include "normal_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace psabridge::similar {
namespace {

using namespace std::string_view_literals;

bool is_ascii(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

char folded_ascii(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return c < ' ' || c == 0x7f ? ' ' : c;
}

/// Letters that Unicode does not decompose, as people write them on an English keyboard.
std::string_view latin(std::int32_t letter) noexcept {
  switch (letter) {
    case 0xe6:
      return "ae";
    case 0xf0:
      return "d";
    case 0xf8:
      return "o";
    case 0xfe:
      return "th";
    case 0x111:
      return "d";
    case 0x131:
      return "i";
    case 0x142:
      return "l";
    case 0x153:
      return "oe";
    default:
      return {};
  }
}

bool is_letter_or_digit(std::int32_t c) noexcept {
  switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return false;
  }
}

bool is_decimal(std::int32_t c) noexcept { return utf8proc_category(c) == UTF8PROC_CATEGORY_ND; }

/// The value of a decimal digit of any script: scripts begin their ten digits at xxx0 or at xxx6.
char digit_value(std::int32_t c) noexcept {
  const std::int32_t row = c & ~0xf;
  return static_cast<char>('0' + ((c - row) + (is_decimal(row) ? 0 : 10)) % 16 % 10);
}

void append(std::string& text, std::int32_t c) {
  if (c < 0x80) {
    text += folded_ascii(static_cast<char>(c));
    return;
  }
  if (const std::string_view written = latin(c); !written.empty()) {
    text += written;
    return;
  }
  if (is_decimal(c)) {
    text += digit_value(c);
  } else if (is_letter_or_digit(c)) {
    std::array<utf8proc_uint8_t, 4> bytes{};
    const auto size = utf8proc_encode_char(c, bytes.data());
    for (std::size_t i = 0; i < static_cast<std::size_t>(size); ++i) text += static_cast<char>(bytes[i]);
  } else if (c != 0x2019 && c != 0x2018 && c != 0xb4) {  // typographic apostrophes join
    text += ' ';
  }
}

constexpr int kFolding = UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK |
                         UTF8PROC_IGNORE | UTF8PROC_STRIPNA;

void fold_character(std::string& text, std::int32_t c) {
  std::array<utf8proc_int32_t, 32> parts{};
  int boundary = 0;
  const auto count = utf8proc_decompose_char(c, parts.data(), static_cast<utf8proc_ssize_t>(parts.size()),
                                             static_cast<utf8proc_option_t>(kFolding), &boundary);
  for (std::size_t i = 0;
       i < static_cast<std::size_t>(std::max<utf8proc_ssize_t>(count, 0)) && i < parts.size(); ++i)
    append(text, parts[i]);
}

// Sorted.
constexpr std::string_view kPlaceholders[] = {"#n/a"sv,
                                              "-"sv,
                                              "--"sv,
                                              "."sv,
                                              "0"sv,
                                              "anonymous"sv,
                                              "as above"sv,
                                              "same as above"sv,
                                              "see above"sv,
                                              "blank"sv,
                                              "default"sv,
                                              "default string"sv,
                                              "empty"sv,
                                              "general user"sv,
                                              "na"sv,
                                              "nan"sv,
                                              "nil"sv,
                                              "no"sv,
                                              "no email"sv,
                                              "no name"sv,
                                              "no phone"sv,
                                              "none"sv,
                                              "not applicable"sv,
                                              "not available"sv,
                                              "not given"sv,
                                              "not known"sv,
                                              "not provided"sv,
                                              "not set"sv,
                                              "not specified"sv,
                                              "null"sv,
                                              "o e m"sv,
                                              "oem"sv,
                                              "pending"sv,
                                              "placeholder"sv,
                                              "system serial number"sv,
                                              "tba"sv,
                                              "tbc"sv,
                                              "tbd"sv,
                                              "test"sv,
                                              "to be advised"sv,
                                              "to be confirmed"sv,
                                              "to be filled by o e m"sv,
                                              "to be filled by oem"sv,
                                              "undefined"sv,
                                              "unknown"sv,
                                              "unspecified"sv,
                                              "x"sv,
                                              "xx"sv,
                                              "xxx"sv,
                                              "xxxx"sv};

bool is_run(std::string_view text, int step) noexcept {
  for (std::size_t i = 1; i < text.size(); ++i)
    if (text[i] - text[i - 1] != step) return false;
  return true;
}

}  // namespace

std::string_view cut(std::string_view text, std::size_t limit) noexcept {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80) --limit;
  return text.substr(0, limit);
}

std::string fold(std::string_view raw, std::size_t limit) {
  raw = cut(raw, limit);
  std::string text;
  text.reserve(raw.size());
  if (is_ascii(raw)) {
    for (const char c : raw) text += folded_ascii(c);
    return text;
  }
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(raw.data());
  auto left = static_cast<utf8proc_ssize_t>(raw.size());
  while (left > 0) {
    utf8proc_int32_t c = 0;
    const utf8proc_ssize_t size = std::max<utf8proc_ssize_t>(utf8proc_iterate(at, left, &c), 1);
    if (c >= 0) fold_character(text, c);
    at += size, left -= size;
  }
  return text;
}

std::vector<std::string> words(std::string_view folded, std::size_t limit) {
  std::vector<std::string> found;
  bool spelled = false;  // the last word is made of single letters
  for (std::size_t i = 0; i < folded.size() && found.size() < limit;) {
    if (!is_word_byte(folded[i])) {
      ++i;
      continue;
    }
    std::string word;
    for (; i < folded.size() && (is_word_byte(folded[i]) || folded[i] == '\''); ++i)
      if (folded[i] != '\'') word += folded[i];
    const bool letter = word.size() == 1 && !is_digit(word[0]);
    if (letter && spelled)
      found.back() += word;
    else
      found.push_back(std::move(word));
    spelled = letter;
  }
  return found;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += between;
    text += word;
  }
  return text;
}

std::string squeezed(std::string_view folded) {
  std::string text;
  std::copy_if(folded.begin(), folded.end(), std::back_inserter(text), is_word_byte);
  return text;
}

std::string digits_of(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), is_digit);
  return digits;
}

bool is_placeholder(std::string_view folded) {
  const std::string text = joined(words(folded, 8));
  if (text.empty()) return true;
  if (std::find(std::begin(kPlaceholders), std::end(kPlaceholders), text) != std::end(kPlaceholders))
    return true;
  if (text.size() < 4) return false;
  if (is_run(text, 0)) return true;
  return text.size() > 4 && is_digit(text[0]) && (is_run(text, 1) || is_run(text, -1));
}

}  // namespace psabridge::similar
