#include "slicer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "timestamp.h"

namespace psabridge::halo {
namespace {

constexpr std::size_t kMaxIdKeys = 2, kMaxVersionKeys = 4;
constexpr std::size_t kLongestId = 100;
constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr Milliseconds kNoTimeUntil = 315'532'800'000;  // 1980-01-01: Halo's null dates lie before

enum Kind : std::uint8_t { kPlain = 0, kSpace = 1, kMark = 2 };

/// What each byte means between values: a blank, a mark of the structure, or part of a number or word.
constexpr std::array<Kind, 256> kKinds = [] {
  std::array<Kind, 256> kinds{};
  for (const char c : kBlank) kinds[static_cast<unsigned char>(c)] = kSpace;
  for (const char c : std::string_view(",]}:\"{[")) kinds[static_cast<unsigned char>(c)] = kMark;
  return kinds;
}();
Kind kind_of(char c) { return kKinds[static_cast<unsigned char>(c)]; }

/// Walks over JSON by its structure. Every function returns false when the text ends too early or does not
/// fit.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  /// The next character that is not blank, or NUL at the end.
  char peek() {
    while (at_ != end_ && kind_of(*at_) == kSpace) ++at_;
    return at_ == end_ ? '\0' : *at_;
  }
  bool at_end() { return peek() == '\0' && at_ == end_; }
  bool take(char wanted) {
    if (peek() != wanted || at_ == end_) return false;
    ++at_;
    return true;
  }
  /// Skips one value of any kind and gives its text.
  bool value(std::string_view& text) {
    const char first = peek();
    const char* const begin = at_;
    const bool whole = first == '"' ? quoted() : first == '{' || first == '[' ? container() : scalar();
    text = {begin, static_cast<std::size_t>(at_ - begin)};
    return whole;
  }
  /// Calls `on_member(key)` at each value of an object; it consumes the value.
  template <class OnMember>
  bool members(OnMember&& on_member) {
    if (!take('{')) return false;
    if (take('}')) return true;
    do {
      std::string_view key;
      if (peek() != '"' || !value(key) || !take(':') || !on_member(key.substr(1, key.size() - 2)))
        return false;
    } while (take(','));
    return take('}');
  }
  /// Calls `on_element()` at each element of an array; it consumes the element.
  template <class OnElement>
  bool elements(OnElement&& on_element) {
    if (!take('[')) return false;
    if (take(']')) return true;
    do {
      if (!on_element()) return false;
    } while (take(','));
    return take(']');
  }
  const char* position() const { return at_; }

 private:
  bool quoted() {
    for (const char* at = at_ + 1; at != end_; ++at) {
      if (*at == '"') return at_ = at + 1, true;
      if (*at == '\\' && ++at == end_) break;
    }
    at_ = end_;
    return false;
  }
  bool container() {
    std::size_t depth = 0;
    while (at_ != end_) {
      switch (*at_) {
        case '"':
          if (!quoted()) return false;
          continue;
        case '{':
        case '[':
          ++depth;
          break;
        case '}':
        case ']':
          if (--depth == 0) return ++at_, true;
          break;
        default:
          break;
      }
      ++at_;
    }
    return false;
  }
  bool scalar() {
    const char* const begin = at_;
    while (at_ != end_ && kind_of(*at_) == kPlain) ++at_;
    return at_ != begin;
  }

  const char* at_;
  const char* end_;
};

std::string_view unquoted(std::string_view value) {
  return value.size() >= 2 && value.front() == '"' ? value.substr(1, value.size() - 2) : value;
}

std::optional<double> number(std::string_view text) {
  double result = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  const bool whole = error == std::errc() && rest == text.data() + text.size();
  return whole && std::isfinite(result) ? std::optional(result) : std::nullopt;
}

std::string version_text(std::string_view value) {
  const std::optional<Milliseconds> time = parse_time(unquoted(value));
  return time && *time > kNoTimeUntil ? format_time(*time) : std::string();
}

std::optional<std::int64_t> count_of(std::string_view value) {
  constexpr double kMost = 1.0e12;
  const std::optional<double> parsed = number(unquoted(value));
  return parsed && *parsed >= 0 && *parsed < kMost ? std::optional(static_cast<std::int64_t>(*parsed))
                                                   : std::nullopt;
}

/// Raw values of the members that make the id and the version.
struct Marks {
  std::array<std::string_view, kMaxIdKeys> id;
  std::array<std::string_view, kMaxVersionKeys> version;
  bool deleted = false;

  void note(std::string_view key, std::string_view value, const RowForm& form) {
    for (std::size_t i = 0; i < form.id_keys.size(); ++i)
      if (key == form.id_keys[i]) id[i] = value;
    for (std::size_t i = 0; i < form.version_keys.size(); ++i)
      if (key == form.version_keys[i]) version[i] = value;
    if (!form.deleted_key.empty() && key == form.deleted_key) deleted = value == "true";
  }
  std::string id_in(const RowForm& form) const {
    std::string joined;
    for (std::size_t i = 0; i < form.id_keys.size(); ++i) {
      const std::string part = id[i].empty() ? std::string() : id_of(id[i]);
      if (part.empty()) return {};
      joined += (i == 0 ? "" : "/") + part;
    }
    return joined;
  }
  std::string best_version() const {
    for (const std::string_view value : version) {
      std::string text = version_text(value);
      if (!text.empty()) return text;
    }
    return {};
  }
};

bool slice_object(Scanner& in, const RowForm& form, Row& row) {
  Marks marks;
  const char* const begin = in.position();
  const bool whole = in.members([&](std::string_view key) {
    std::string_view value;
    if (!in.value(value)) return false;
    marks.note(key, value, form);
    return true;
  });
  row.text = {begin, static_cast<std::size_t>(in.position() - begin)};
  row.id = marks.id_in(form);
  row.version = marks.best_version();
  row.deleted = marks.deleted;
  return whole;
}

bool slice_element(Scanner& in, const RowForm& form, Row& row) {
  const char first = in.peek();
  if (first == '{') return slice_object(in, form, row);
  if (!in.value(row.text)) return false;
  if (first != '[')
    row.id =
        row.text == "null" || row.text == "true" || row.text == "false" ? std::string() : id_of(row.text);
  return true;
}

bool slice_array(Scanner& in, const RowForm& form, std::vector<Row>& rows) {
  return in.elements([&] {
    rows.emplace_back();
    return slice_element(in, form, rows.back());
  });
}

/// What an envelope held beside its known list.
struct Envelope {
  bool listed = false;        // the known list was there (or null)
  std::string_view fallback;  // the first other array
};

bool slice_envelope(Scanner& in, const RowForm& form, Slicing& result, Envelope& envelope) {
  return in.members([&](std::string_view key) {
    const bool array = in.peek() == '[';
    if (key == form.list_key && array) {
      envelope.listed = true;
      return slice_array(in, form, result.rows);
    }
    std::string_view value;
    if (!in.value(value)) return false;
    if (key == "record_count") result.record_count = count_of(value);
    if (key == form.list_key && value == "null") envelope.listed = true;
    if (array && key != "columns" && envelope.fallback.empty()) envelope.fallback = value;
    return true;
  });
}

BodyKind slice_any(Scanner& in, const RowForm& form, Slicing& result) {
  const char first = in.peek();
  if (first == '[')
    return slice_array(in, form, result.rows) && in.at_end() ? BodyKind::rows : BodyKind::broken;
  if (first != '{') {
    std::string_view value;
    return first != '\0' && in.value(value) && in.at_end() ? BodyKind::no_list : BodyKind::broken;
  }
  Envelope envelope;
  if (!slice_envelope(in, form, result, envelope) || !in.at_end()) return BodyKind::broken;
  if (!envelope.listed && !envelope.fallback.empty()) {
    Scanner again(envelope.fallback);
    return slice_array(again, form, result.rows) ? BodyKind::rows : BodyKind::broken;
  }
  return envelope.listed || result.record_count == 0 ? BodyKind::rows : BodyKind::no_list;
}

std::string_view without_mark(std::string_view body) {
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  return body;
}

}  // namespace

std::string id_of(std::string_view value) {
  constexpr double kExact = 9.0e15;
  const std::string_view text = unquoted(value);
  const bool plain = text.size() <= 18 && !text.empty() && text[0] != '0' &&
                     std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (plain) return std::string(text);
  if (const std::optional<double> parsed = number(text)) {
    const bool integral = std::abs(*parsed) < kExact && std::floor(*parsed) == *parsed;
    return integral ? std::to_string(static_cast<std::int64_t>(*parsed)) : std::string();
  }
  const bool printable = text.size() <= kLongestId && std::all_of(text.begin(), text.end(), [](char c) {
                           return c >= ' ' && c <= '~' && c != '\\';
                         });
  return printable && value.front() == '"' ? std::string(text) : std::string();
}

std::string_view member_text(std::string_view object, std::string_view name) {
  std::string_view found;
  Scanner in(object);
  const bool whole = in.members([&](std::string_view key) {
    std::string_view value;
    if (!in.value(value)) return false;
    if (key == name) found = value;
    return true;
  });
  return whole ? found : std::string_view();
}

bool is_html(std::string_view body) noexcept {
  body = body.starts_with(kByteOrderMark) ? body.substr(kByteOrderMark.size()) : body;
  const std::size_t start = body.find_first_not_of(kBlank);
  return start != std::string_view::npos && body[start] == '<';
}

Slicing slice_list(std::string_view body, const RowForm& form) {
  Slicing result;
  Scanner in(without_mark(body));
  result.kind = is_html(body) ? BodyKind::html : slice_any(in, form, result);
  if (result.kind != BodyKind::rows) result.rows.clear();
  return result;
}

Slicing slice_record(std::string_view body, const RowForm& form) {
  Slicing result;
  if (is_html(body)) return result.kind = BodyKind::html, result;
  Scanner in(without_mark(body));
  bool whole = false;
  if (in.peek() == '[') {
    whole = slice_array(in, form, result.rows);
  } else if (in.peek() == '{') {
    whole = slice_object(in, form, result.rows.emplace_back());
  }
  result.kind = !whole || !in.at_end()    ? BodyKind::broken
                : result.rows.size() == 1 ? BodyKind::rows
                                          : BodyKind::no_list;
  if (result.kind != BodyKind::rows) result.rows.clear();
  return result;
}

}  // namespace psabridge::halo
