// Text: UTF-8 checks and the suggestion of a near name.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace psabridge {

/// Well-formed by RFC 3629: no surrogates, nothing above U+10FFFF, no overlong forms. NUL is well-formed.
bool is_utf8(std::string_view text) noexcept;

/// The candidate nearest to a mistyped `word`, or empty when none is near enough to be a likely slip.
/// The result views into `candidates`.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

/// " Did you mean \"x\"?" or nothing; ready to append to a message.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace psabridge
