// The tests that a condition makes on one field. A field may have several values; a test holds when it holds
// for one of them.
#pragma once
#include <re2/re2.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/config/config.h"
#include "core/routing/facts.h"
#include "core/routing/working_hours.h"

namespace psabridge::routing {

/// Room for the text of a value that is none.
using TextBuffer = std::array<char, 32>;

/// A value as the text that it equals: 3 and 3.0 are "3", true is "true". Views into the value or the buffer.
std::string_view text_of(const Value& value, TextBuffer& buffer);

/// The field is one of these. ASCII case is ignored.
struct OneOf {
  struct Written {
    std::string text;
    config::Location at;
  };
  std::vector<std::string> keys;  ///< texts that count, ASCII lower case, ascending, each once
  std::vector<Written> written;   ///< as the admin wrote them
  std::size_t longest = 0;        ///< bytes of the longest key
};

/// One end of a range.
struct Bound {
  double at = 0;             ///< a number, or milliseconds: since 1970, or when `from_now` after the decision
  bool from_now = false;     ///< only in ranges of times
  bool inclusive = false;    ///< the bound itself is inside
  std::string written = {};  ///< "5", "2h ago"
};

/// The field lies in a range of numbers or of times. At least one bound is set.
struct Between {
  bool times = false;
  std::optional<Bound> lower, upper;
};

/// The text of the field has one of these at a place. ASCII case is ignored.
struct Fragment {
  enum class Place : std::uint8_t { start, end, anywhere };
  Place place = Place::anywhere;
  std::vector<std::string> texts;  ///< ASCII lower case, not empty
};

/// The whole text is like one of these: * is any run of characters, ? one character. ASCII case is ignored.
struct Glob {
  std::vector<std::string> patterns;  ///< ASCII lower case
};

/// One of these regular expressions is found in the text.
struct Regex {
  std::vector<std::shared_ptr<const re2::RE2>> patterns;
};

struct Exists {
  bool wanted = true;
};

/// The time lies in these hours.
struct During {
  WorkingHours hours;
};

struct Test {
  FieldId field = 0;
  std::variant<OneOf, Between, Fragment, Glob, Regex, Exists, During> what;
};

bool holds(const Test& test, const Facts& facts, std::size_t ticket);

/// Whether a value passes; not for Exists, which is not about a value. `now` is for bounds from now.
bool passes(const Test& test, const Value& value, SysMilliseconds now);

/// In words: "is one of P1, P2", "is at least 2 and below 5".
std::string words(const Test& test);

/// Options of every regular expression: linear time, bounded memory, UTF-8.
re2::RE2::Options regex_options();

}  // namespace psabridge::routing
