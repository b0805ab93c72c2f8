#include "core/routing/test.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/base/text.h"

namespace psabridge::routing {
namespace {

/// Memory that a compiled expression may take: far above what people write, far below what a bomb wants.
constexpr std::int64_t kRegexMemory = 2 << 20;

double milliseconds_of(SysMilliseconds time) { return static_cast<double>(time.time_since_epoch().count()); }

/// Folds `text` while it compares; `key` is folded.
bool folded_less(std::string_view key, std::string_view text) {
  return std::ranges::lexicographical_compare(
      key, text, [](unsigned char a, unsigned char b) { return a < b; }, {}, ascii_lower);
}

/// "prefix" is folded.
bool starts_folded(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::ranges::equal(prefix, text.substr(0, prefix.size()), {}, {}, ascii_lower);
}

bool contains_folded(std::string_view text, std::string_view part) {
  const auto same = [](char in_text, char in_part) { return ascii_lower(in_text) == in_part; };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

/// Bytes of the character at the front of a text that is not empty; a byte that begins none counts alone.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t size = 1;
  while (byte(0) >= 0xC0 && size < std::min<std::size_t>(4, text.size()) && (byte(size) & 0xC0) == 0x80)
    ++size;
  return size;
}

/// Goes back to the last star only, so it takes no more than text times pattern.
bool like(std::string_view text, std::string_view pattern) {
  std::size_t at = 0, in_pattern = 0, star = pattern.npos, retry = 0;
  while (at < text.size()) {
    const char wanted = in_pattern < pattern.size() ? pattern[in_pattern] : '\0';
    if (in_pattern < pattern.size() && wanted == '*') {
      star = in_pattern++;
      retry = at;
    } else if (in_pattern < pattern.size() && (wanted == '?' || wanted == ascii_lower(text[at]))) {
      at += wanted == '?' ? character_size(text.substr(at)) : 1;
      ++in_pattern;
    } else if (star != pattern.npos) {
      in_pattern = star + 1;
      at = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == pattern.npos;
}

/// A time as milliseconds, a number as it is; nothing when the value is neither what the range is about.
std::optional<double> measure(const Value& value, bool as_time) {
  if (as_time) {
    const auto time = has_text(value) ? parse_time(psabridge::text_of(value)) : std::nullopt;
    return time ? std::optional(milliseconds_of(*time)) : std::nullopt;
  }
  if (value.type == PSABRIDGE_TYPE_INTEGER) return static_cast<double>(value.as.integer);
  if (value.type == PSABRIDGE_TYPE_REAL) return value.as.real;
  if (value.type != PSABRIDGE_TYPE_TEXT) return std::nullopt;
  const std::string_view text = psabridge::text_of(value);  // a custom field may hold "12"
  double number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = status == std::errc{} && end == text.data() + text.size() && std::isfinite(number);
  return whole ? std::optional(number) : std::nullopt;
}

struct Passes {
  const Value& value;
  SysMilliseconds now;
  TextBuffer buffer{};

  std::string_view text() { return text_of(value, buffer); }
  template <class Texts, class Predicate>
  bool any(const Texts& wanted, const Predicate& holds_for) {
    const std::string_view found = text();
    return std::ranges::any_of(wanted, [&](const auto& one) { return holds_for(found, one); });
  }
  double place_of(const Bound& bound) const {
    return bound.from_now ? milliseconds_of(now) + bound.at : bound.at;
  }

  bool operator()(const OneOf& one_of) {
    const std::string_view found = text();
    if (found.size() > one_of.longest) return false;
    const auto at = std::lower_bound(one_of.keys.begin(), one_of.keys.end(), found, folded_less);
    return at != one_of.keys.end() && equals_ignoring_case(*at, found);
  }
  bool operator()(const Between& between) const {
    const auto found = measure(value, between.times);
    if (!found) return false;
    if (between.lower) {
      const double bound = place_of(*between.lower);
      if (!(*found > bound || (between.lower->inclusive && *found == bound))) return false;
    }
    if (!between.upper) return true;
    const double bound = place_of(*between.upper);
    return *found < bound || (between.upper->inclusive && *found == bound);
  }
  bool operator()(const Fragment& fragment) {
    switch (fragment.place) {
      case Fragment::Place::start:
        return any(fragment.texts, starts_folded);
      case Fragment::Place::end:
        return any(fragment.texts, [](std::string_view found, std::string_view end) {
          return found.size() >= end.size() && starts_folded(found.substr(found.size() - end.size()), end);
        });
      case Fragment::Place::anywhere:
        return any(fragment.texts, contains_folded);
    }
    return false;
  }
  bool operator()(const Glob& glob) { return any(glob.patterns, like); }
  bool operator()(const Regex& regex) {
    return any(regex.patterns, [](std::string_view found, const auto& pattern) {
      return re2::RE2::PartialMatch(re2::StringPiece(found.data(), found.size()), *pattern);
    });
  }
  bool operator()(const Exists& exists) const { return exists.wanted; }
  bool operator()(const During& during) const {
    const auto time = has_text(value) ? parse_time(psabridge::text_of(value)) : std::nullopt;
    return time && during.hours.contains(*time);
  }
};

template <class Texts, class TextOf>
std::string listed(std::string_view one, std::string_view several, const Texts& texts,
                   const TextOf& text_of_one) {
  constexpr std::size_t kMost = 12;
  std::string list(texts.size() == 1 ? one : several);
  for (std::size_t i = 0; i < std::min(texts.size(), kMost); ++i)
    list.append(i == 0 ? " " : ", ").append(text_of_one(texts[i]));
  if (texts.size() > kMost) list += " and " + std::to_string(texts.size() - kMost) + " more";
  return list;
}

std::string itself(const std::string& text) { return text; }

struct Words {
  std::string operator()(const OneOf& one_of) const {
    return listed("is", "is one of", one_of.written, [](const OneOf::Written& one) { return one.text; });
  }
  std::string operator()(const Between& between) const {
    std::string text = "is";
    if (between.lower) {
      const bool inclusive = between.lower->inclusive;
      text +=
          between.times ? (inclusive ? " not before " : " after ") : (inclusive ? " at least " : " above ");
      text += between.lower->written;
    }
    if (between.lower && between.upper) text += " and";
    if (between.upper) {
      const bool inclusive = between.upper->inclusive;
      text +=
          between.times ? (inclusive ? " not after " : " before ") : (inclusive ? " at most " : " below ");
      text += between.upper->written;
    }
    return text;
  }
  std::string operator()(const Fragment& fragment) const {
    switch (fragment.place) {
      case Fragment::Place::start:
        return listed("starts with", "starts with one of", fragment.texts, itself);
      case Fragment::Place::end:
        return listed("ends with", "ends with one of", fragment.texts, itself);
      case Fragment::Place::anywhere:
        return listed("contains", "contains one of", fragment.texts, itself);
    }
    return {};
  }
  std::string operator()(const Glob& glob) const {
    return listed("is like", "is like one of", glob.patterns, itself);
  }
  std::string operator()(const Regex& regex) const {
    return listed("matches", "matches one of", regex.patterns,
                  [](const auto& one) { return one->pattern(); });
  }
  std::string operator()(const Exists& exists) const { return exists.wanted ? "exists" : "does not exist"; }
  std::string operator()(const During& during) const { return "is during " + during.hours.text(); }
};

}  // namespace

std::string_view text_of(const Value& value, TextBuffer& buffer) {
  const auto written = [&](auto number) {
    const auto [end, status] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
    return std::string_view(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  };
  constexpr double kExact = 9007199254740992;  // whole numbers below it are the same as integers
  switch (value.type) {
    case PSABRIDGE_TYPE_NULL:
      return {};
    case PSABRIDGE_TYPE_BOOL:
      return value.as.integer ? "true" : "false";
    case PSABRIDGE_TYPE_INTEGER:
      return written(value.as.integer);
    case PSABRIDGE_TYPE_REAL:
      if (std::trunc(value.as.real) == value.as.real && std::abs(value.as.real) < kExact)
        return written(static_cast<std::int64_t>(value.as.real));
      return written(value.as.real);
    default:
      return psabridge::text_of(value);
  }
}

bool holds(const Test& test, const Facts& facts, std::size_t ticket) {
  if (const auto* exists = std::get_if<Exists>(&test.what))
    return facts.exists(ticket, test.field) == exists->wanted;
  return std::ranges::any_of(facts.values(ticket, test.field),
                             [&](const Value& value) { return passes(test, value, facts.now()); });
}

bool passes(const Test& test, const Value& value, SysMilliseconds now) {
  return std::visit(Passes{value, now}, test.what);
}

std::string words(const Test& test) { return std::visit(Words{}, test.what); }

re2::RE2::Options regex_options() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemory);
  return options;
}

}  // namespace psabridge::routing
