// The readable text of an HTML fragment, for records whose source keeps HTML only.
#pragma once
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "common/text.h"

namespace psabridge::syncers {

inline void append_utf8(std::string& text, std::uint32_t code) {
  const auto byte = [&](std::uint32_t value) {
    text += static_cast<char>(static_cast<unsigned char>(value));
  };
  const auto tail = [&](unsigned shift) { byte(0x80u | ((code >> shift) & 0x3Fu)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0u | (code >> 6)), tail(0);
  } else if (code < 0x10000) {
    byte(0xE0u | (code >> 12)), tail(6), tail(0);
  } else {
    byte(0xF0u | (code >> 18)), tail(12), tail(6), tail(0);
  }
}

/// Reads one fragment, forgivingly: what is no markup is text, and unclosed markup loses nothing but itself.
class HtmlReader {
 public:
  explicit HtmlReader(std::string_view html) : rest_(html) {}

  std::string text() {
    while (!rest_.empty()) {
      const bool markup = rest_.front() == '<' ? take_tag() : rest_.front() == '&' && take_entity();
      if (!markup) take_character();
    }
    return std::move(text_);
  }

 private:
  void take_character() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (kWhitespace.find(c) != std::string_view::npos)
      space_ = true;
    else
      write({&c, 1});
  }

  void write(std::string_view piece) {
    constexpr std::size_t kMostBreaks = 2;
    if (!text_.empty() && breaks_ > 0)
      text_.append(std::min(breaks_, kMostBreaks), '\n');
    else if (!text_.empty() && space_)
      text_ += ' ';
    breaks_ = 0;
    space_ = false;
    text_ += piece;
  }

  bool take_tag() {
    if (rest_.starts_with("<!--")) return skip_past("-->", 4);
    const bool closing = rest_.substr(1).starts_with('/');
    const std::string_view after = rest_.substr(closing ? 2 : 1);
    if (after.empty() || !(is_letter(after.front()) || after.front() == '!' || after.front() == '?'))
      return false;
    const std::size_t end = tag_end();
    if (end == std::string_view::npos) return false;
    const auto name_end = std::ranges::find_if_not(after, [](char c) { return is_letter(c) || is_digit(c); });
    const std::string name = lower(after.substr(0, static_cast<std::size_t>(name_end - after.begin())));
    rest_.remove_prefix(end + 1);
    if (!closing && is_invisible(name)) skip_element(name);
    break_line(name, closing);
    return true;
  }

  /// Position of the '>' that ends the tag at the front; one inside of quotes does not.
  std::size_t tag_end() const {
    char quote = 0;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (quote != 0)
        quote = c == quote ? '\0' : quote;
      else if (c == '"' || c == '\'')
        quote = c;
      else if (c == '>')
        return i;
    }
    return rest_.find('>');
  }

  static bool is_invisible(std::string_view name) {
    constexpr auto kNames = std::to_array<std::string_view>({"head", "script", "style", "title"});
    return std::ranges::binary_search(kNames, name);
  }

  bool skip_past(std::string_view mark, std::size_t from) {
    const std::size_t end = rest_.find(mark, from);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + mark.size());
    return true;
  }

  void skip_element(std::string_view name) {
    const std::string close = "</" + std::string(name);
    const auto same = [](char a, char b) { return lower(a) == b; };
    const auto found = std::search(rest_.begin(), rest_.end(), close.begin(), close.end(), same);
    rest_.remove_prefix(static_cast<std::size_t>(found - rest_.begin()));
  }

  void break_line(std::string_view name, bool closing) {
    constexpr auto kBlocks =
        std::to_array<std::string_view>({"blockquote", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li",
                                         "ol", "pre", "table", "tr", "ul"});
    if (name == "br") ++breaks_;
    if (name == "p") breaks_ = std::max<std::size_t>(breaks_, 2);
    if (name == "td" || name == "th") space_ = true;
    if (std::ranges::binary_search(kBlocks, name)) breaks_ = std::max<std::size_t>(breaks_, 1);
    if (name == "li" && !closing) write("- ");
  }

  bool take_entity() {
    constexpr std::size_t kLongestEntity = 10;
    const std::size_t end = rest_.substr(0, kLongestEntity).find(';');
    if (end == std::string_view::npos) return false;
    const std::uint32_t code = code_of(rest_.substr(1, end - 1));
    if (code == 0) return false;
    rest_.remove_prefix(end + 1);
    write_code(code);
    return true;
  }

  void write_code(std::uint32_t code) {
    constexpr std::uint32_t kNoBreakSpace = 0xA0;
    if (code == kNoBreakSpace || code == ' ' || code == '\t' || code == '\n' || code == '\r') {
      space_ = true;
      return;
    }
    std::string character;
    append_utf8(character, code);
    write(character);
  }

  /// 0 for what is no entity that stands for a character.
  static std::uint32_t code_of(std::string_view name) {
    return name.starts_with('#') ? numeric_code(name.substr(1)) : named_code(name);
  }

  static std::uint32_t numeric_code(std::string_view digits) {
    const bool hex = digits.starts_with('x') || digits.starts_with('X');
    if (hex) digits.remove_prefix(1);
    std::uint32_t code = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, code, hex ? 16 : 10);
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return error != std::errc() || stop != end || surrogate || code > 0x10FFFF ? 0 : code;
  }

  static std::uint32_t named_code(std::string_view name) {
    static constexpr auto kNames = std::to_array<std::pair<std::string_view, std::uint32_t>>(
        {{"amp", '&'},      {"lt", '<'},       {"gt", '>'},        {"quot", '"'},     {"apos", '\''},
         {"nbsp", 0xA0},    {"pound", 0xA3},   {"sect", 0xA7},     {"copy", 0xA9},    {"laquo", 0xAB},
         {"reg", 0xAE},     {"deg", 0xB0},     {"middot", 0xB7},   {"raquo", 0xBB},   {"Auml", 0xC4},
         {"Ouml", 0xD6},    {"Uuml", 0xDC},    {"szlig", 0xDF},    {"agrave", 0xE0},  {"auml", 0xE4},
         {"ccedil", 0xE7},  {"egrave", 0xE8},  {"eacute", 0xE9},   {"ouml", 0xF6},    {"uuml", 0xFC},
         {"ndash", 0x2013}, {"mdash", 0x2014}, {"lsquo", 0x2018},  {"rsquo", 0x2019}, {"ldquo", 0x201C},
         {"rdquo", 0x201D}, {"bull", 0x2022},  {"hellip", 0x2026}, {"euro", 0x20AC},  {"trade", 0x2122}});
    const auto found = std::ranges::find(kNames, name, [](const auto& entry) { return entry.first; });
    return found == kNames.end() ? 0 : found->second;
  }

  std::string_view rest_;
  std::string text_;
  std::size_t breaks_ = 0;  // line breaks owed before the next character
  bool space_ = false;      // a blank owed before the next character
};

/// Tags gone, line breaks and lists kept, entities decoded, runs of whitespace made one.
inline std::string text_of_html(std::string_view html) { return HtmlReader(html).text(); }

}  // namespace psabridge::syncers
