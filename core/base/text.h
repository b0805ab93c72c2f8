// Text: UTF-8 checks, case of ASCII letters, hexadecimal digits, and the suggestion of a near name.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace psabridge {

/// Well-formed by RFC 3629: no surrogates, nothing above U+10FFFF, no overlong forms. NUL is well-formed.
bool is_utf8(std::string_view text) noexcept;

/// Lower case of an ASCII letter; every other byte stays, whatever the locale.
constexpr char ascii_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
std::string ascii_lowered(std::string_view text);
/// Equal but for the case of ASCII letters.
bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// Each run of digits becomes one '#': texts that differ in numbers only become equal.
std::string without_numbers(std::string_view text);

/// `"text"`, for messages.
std::string in_quotes(std::string_view text);

/// Two lower-case digits a byte.
std::string hexadecimal(std::string_view bytes);

/// The candidate nearest to a mistyped `word`, or empty when none is near enough to be a likely slip.
/// The result views into `candidates`.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

/// " Did you mean \"x\"?" or nothing; ready to append to a message.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace psabridge
