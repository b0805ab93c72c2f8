#include "reason_text.h"

#include <algorithm>

namespace psabridge::similar {
namespace {

/// Without the letters of the words' classes.
std::string shown(Kind kind, std::string_view value) {
  if (!has_words(kind)) return std::string(value);
  std::string text;
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t end = std::min(value.find(' ', at), value.size());
    if (!text.empty()) text += ' ';
    text += value.substr(at + 1, end - at - 1);
    at = end + 1;
  }
  return text;
}

std::string_view said(Level level) noexcept {
  switch (level) {
    case Level::equal:
      return " are equal.";
    case Level::alike:
      return " are alike.";
    case Level::partly:
      return " agree in part.";
    default:
      return " differ.";
  }
}

}  // namespace

std::string reason_text(Kind kind, const Finding& finding) {
  return "\"" + shown(kind, finding.mine) + "\" and \"" + shown(kind, finding.theirs) + "\"" +
         std::string(said(finding.level));
}

}  // namespace psabridge::similar
