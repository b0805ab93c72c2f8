// A small JSON reader for a plugin's settings: nothing but the standard library, so that a first plugin needs
// no other. A plugin that reads much JSON takes a library of its own; it stays invisible to the host and to
// other plugins.
#pragma once
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <psabridge/failure.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace psabridge::sdk {

/// A JSON value. Reading what is not there, or is of another type, gives null or the given default: the
/// role's settings schema has made the checks that an admin should hear of.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json, std::less<>>;

  Json() = default;
  /// Throws Failure(invalid) when the text is no JSON.
  static Json parse(std::string_view text);

  bool is_null() const noexcept { return std::holds_alternative<std::monostate>(value_); }
  bool boolean(bool otherwise = false) const { return get(otherwise); }
  double number(double otherwise = 0) const { return get(otherwise); }
  std::string text(std::string otherwise = {}) const { return get(std::move(otherwise)); }
  /// Elements of an array; none for other types.
  const Array& elements() const { return get_or_empty<Array>(); }
  /// Members of an object; none for other types.
  const Object& members() const { return get_or_empty<Object>(); }
  /// A member of an object; null when there is none.
  const Json& operator[](std::string_view key) const {
    static const Json kNull;
    const auto found = members().find(key);
    return found == members().end() ? kNull : found->second;
  }

 private:
  class Parser;
  template <class T>
  T get(T otherwise) const {
    const T* held = std::get_if<T>(&value_);
    return held ? *held : std::move(otherwise);
  }
  template <class T>
  const T& get_or_empty() const {
    static const T kEmpty;
    const T* held = std::get_if<T>(&value_);
    return held ? *held : kEmpty;
  }

  std::variant<std::monostate, bool, double, std::string, Array, Object> value_;
};

/// Recursive descent; nesting is limited, so no text exhausts the stack.
class Json::Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Json parse_all() {
    Json value = parse_value(0);
    skip_blanks();
    if (!rest_.empty()) refuse("text after the value");
    return value;
  }

 private:
  static constexpr int kDeepest = 64;

  Json parse_value(int depth) {
    if (depth > kDeepest) refuse("too many levels");
    skip_blanks();
    Json value;
    if (take("{"))
      value.value_ = parse_object(depth);
    else if (take("["))
      value.value_ = parse_array(depth);
    else if (take("\""))
      value.value_ = parse_text();
    else if (take("true"))
      value.value_ = true;
    else if (take("false"))
      value.value_ = false;
    else if (!take("null"))
      value.value_ = parse_number();
    return value;
  }

  Object parse_object(int depth) {
    Object members;
    if (take_token("}")) return members;
    do {
      expect_token("\"");
      std::string key = parse_text();
      expect_token(":");
      members.insert_or_assign(std::move(key), parse_value(depth + 1));
    } while (take_token(","));
    expect_token("}");
    return members;
  }

  Array parse_array(int depth) {
    Array elements;
    if (take_token("]")) return elements;
    do elements.push_back(parse_value(depth + 1));
    while (take_token(","));
    expect_token("]");
    return elements;
  }

  std::string parse_text() {
    std::string text;
    while (!take("\"")) {
      const char c = next();
      if (c == '\\')
        parse_escape(text);
      else
        text += c;
    }
    return text;
  }

  void parse_escape(std::string& text) {
    constexpr std::string_view kShort = "\"\\/bfnrt", kMeaning = "\"\\/\b\f\n\r\t";
    const char c = next();
    if (c == 'u') return append_utf8(text, parse_code_point());
    const std::size_t at = kShort.find(c);
    if (at == std::string_view::npos) refuse("an unknown escape");
    text += kMeaning[at];
  }

  std::uint32_t parse_code_point() {
    const std::uint32_t first = parse_hex();
    if (first < 0xD800 || first > 0xDFFF) return first;
    if (first > 0xDBFF || !take("\\u")) refuse("half of a surrogate pair");
    const std::uint32_t second = parse_hex();
    if (second < 0xDC00 || second > 0xDFFF) refuse("half of a surrogate pair");
    return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
  }

  std::uint32_t parse_hex() {
    std::uint32_t value = 0;
    const std::string_view digits = rest_.substr(0, 4);
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    if (end != digits.data() + 4) refuse("a \\u that is not followed by four hex digits");
    rest_.remove_prefix(4);
    return value;
  }

  static void append_utf8(std::string& text, std::uint32_t point) {
    const auto tail = [&](int shift) { text += static_cast<char>(0x80 | ((point >> shift) & 0x3F)); };
    if (point < 0x80) {
      text += static_cast<char>(point);
    } else if (point < 0x800) {
      text += static_cast<char>(0xC0 | (point >> 6)), tail(0);
    } else if (point < 0x10000) {
      text += static_cast<char>(0xE0 | (point >> 12)), tail(6), tail(0);
    } else {
      text += static_cast<char>(0xF0 | (point >> 18)), tail(12), tail(6), tail(0);
    }
  }

  double parse_number() {
    double number = 0;
    const auto [end, status] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (status != std::errc()) refuse("something that is no value");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return number;
  }

  void skip_blanks() {
    const std::size_t start = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(start == std::string_view::npos ? rest_.size() : start);
  }
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool take_token(std::string_view word) {
    skip_blanks();
    return take(word);
  }
  void expect_token(std::string_view word) {
    if (!take_token(word)) refuse("no " + std::string(word));
  }
  char next() {
    if (rest_.empty()) refuse("an open string");
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  [[noreturn]] void refuse(const std::string& found) const {
    throw Failure(Outcome::invalid, "A JSON text cannot be read: found " + found + ", with " +
                                        std::to_string(rest_.size()) + " bytes to go.");
  }

  std::string_view rest_;
};

inline Json Json::parse(std::string_view text) { return Parser(text).parse_all(); }

/// A text as a JSON string, with its quotes.
inline std::string quoted(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      result += "\\u00";
      result += {kDigits[byte >> 4], kDigits[byte & 0xF]};
    } else {
      if (c == '"' || c == '\\') result += '\\';
      result += c;
    }
  }
  return result + '"';
}

}  // namespace psabridge::sdk
