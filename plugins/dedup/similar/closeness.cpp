#include "closeness.h"

#include <algorithm>
#include <rapidfuzz/distance/OSA.hpp>
#include <vector>

namespace psabridge::similar {
namespace {

bool ascii(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

/// Code points of a text that is UTF-8.
std::vector<char32_t> letters(std::string_view text) {
  std::vector<char32_t> found;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) == 0x80 && !found.empty())
      found.back() = (found.back() << 6) | (byte & 0x3fu);
    else
      found.push_back(byte < 0x80 ? byte : byte & 0x1fu);
  }
  return found;
}

std::size_t length(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

struct Typed::Pattern {
  explicit Pattern(std::string_view text) : of_bytes(text) {}
  rapidfuzz::CachedOSA<char> of_bytes;
};

Typed::Typed(std::string_view text) : text_(text), ascii_(ascii(text)) {}
Typed::~Typed() = default;
Typed::Typed(Typed&&) noexcept = default;
Typed& Typed::operator=(Typed&&) noexcept = default;

unsigned Typed::errors(std::string_view other, unsigned at_most) const {
  if (text_ == other) return 0;
  if (ascii_ && ascii(other)) {
    const std::size_t longer = std::max(text_.size(), other.size());
    if (longer - std::min(text_.size(), other.size()) > at_most) return at_most + 1;
    if (!pattern_) pattern_ = std::make_unique<Pattern>(text_);
    return static_cast<unsigned>(pattern_->of_bytes.distance(other, at_most));
  }
  return static_cast<unsigned>(rapidfuzz::osa_distance(letters(text_), letters(other), at_most));
}

unsigned slips_allowed(std::string_view a, std::string_view b) noexcept {
  const std::size_t shorter = std::min(length(a), length(b));
  if (shorter < 3) return 0;
  return shorter < 6 ? 1 : shorter < 10 ? 2 : 3;
}

unsigned slips(const Typed& a, std::string_view b) {
  const unsigned allowed = slips_allowed(a.text(), b);
  if (allowed == 0) return a.text() == b ? 0 : kNotClose;
  const unsigned errors = a.errors(b, allowed);
  return errors > allowed ? kNotClose : errors;
}

}  // namespace psabridge::similar
