// Text as it is compared: without case, marks, punctuation and width, in any script.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace psabridge::similar {

/// `raw` (UTF-8) folded: NFKC, lower case, marks taken off (é: e), letters that do not decompose written in
/// Latin (ø: o, ß: ss). Letters, digits and ASCII punctuation stay; everything else becomes a space. Only the
/// first `limit` bytes are looked at, cut between characters. Bytes that are no UTF-8 are left out.
std::string fold(std::string_view raw, std::size_t limit);

/// Words of a folded text: runs of letters and digits. Apostrophes join (o'brien: obrien), single letters in
/// a row are one word (i.b.m.: ibm), at most `limit` words.
std::vector<std::string> words(std::string_view folded, std::size_t limit);

/// Words put together with single spaces.
std::string joined(const std::vector<std::string>& words, std::string_view between = " ");

/// Letters and digits of a folded text, nothing between.
std::string squeezed(std::string_view folded);

/// Digits of a text.
std::string digits_of(std::string_view text);

/// True for what people and programs write when they have no value: "n/a", "unknown", "0000", "default
/// string".
bool is_placeholder(std::string_view folded);

/// `text` cut to at most `limit` bytes, between characters.
std::string_view cut(std::string_view text, std::size_t limit) noexcept;

inline bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
inline bool is_word_byte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace psabridge::similar
