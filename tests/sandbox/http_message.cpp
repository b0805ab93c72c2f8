#include "tests/sandbox/http_message.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace sandbox {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string_view trimmed(std::string_view text, std::string_view marks) {
  const auto begin = text.find_first_not_of(marks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(marks) - begin + 1);
}

}  // namespace

std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte < 0x80 && std::isalnum(byte) != 0) ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

Query::Query(std::string_view encoded) {
  while (!encoded.empty()) {
    const std::string_view pair = encoded.substr(0, encoded.find('&'));
    encoded.remove_prefix(std::min(pair.size() + 1, encoded.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    if (equals == 0) continue;
    const std::string_view value = equals < pair.size() ? pair.substr(equals + 1) : std::string_view();
    values_[lower_case(percent_decoded(pair.substr(0, equals)))] = percent_decoded(value);
  }
}

std::string_view Query::get(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string_view() : std::string_view(found->second);
}

bool Query::flag(std::string_view name) const {
  const std::string value = lower_case(get(name));
  return value == "true" || value == "1";
}

std::optional<std::int64_t> Query::integer(std::string_view name) const {
  const std::string_view text = get(name);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = !text.empty() && error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(value) : std::nullopt;
}

std::vector<std::string> Query::words(std::string_view name) const {
  std::vector<std::string> words;
  std::string_view text = trimmed(get(name), "[] ");
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    words.emplace_back(trimmed(word, " \"'"));
  }
  return words;
}

std::set<std::int32_t> Query::integers(std::string_view name) const {
  std::set<std::int32_t> numbers;
  for (const std::string& word : words(name)) {
    std::int32_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error == std::errc() && end == word.data() + word.size()) numbers.insert(number);
  }
  return numbers;
}

void Response::clear() {
  status = 200;
  content_type.clear();
  headers.clear();
  body.clear();
  rows = 0;
  delivery = Delivery::whole;
  piece_delay_ms = start_delay_ms = 0;
  close_after = false;
}

void Response::json(int code, std::string_view text) {
  status = code;
  content_type = "application/json; charset=utf-8";
  body.clear();
  body.append(text);
}

void Response::empty(int code) {
  status = code;
  content_type.clear();
  body.clear();
}

}  // namespace sandbox
