#include "dates.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "normal_text.h"

namespace psabridge::similar {
namespace {

constexpr std::string_view kMonths[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};

struct Date {
  unsigned year = 0, month = 0, day = 0;
};

std::string written(Date date) {
  const unsigned number = date.year % 10000 * 10000 + date.month % 100 * 100 + date.day % 100;
  std::string digits = std::to_string(number);
  return number == 0 ? std::string() : std::string(8 - digits.size(), '0') + digits;
}

unsigned number_of(std::string_view digits) noexcept {
  unsigned number = 0;
  std::from_chars(digits.data(), digits.data() + std::min<std::size_t>(digits.size(), 8), number);
  return number;
}

unsigned month_named(std::string_view word) noexcept {
  if (word.size() < 3) return 0;
  const auto found = std::find(std::begin(kMonths), std::end(kMonths), word.substr(0, 3));
  return found == std::end(kMonths) ? 0 : static_cast<unsigned>(found - std::begin(kMonths)) + 1;
}

/// Two digits are a year of the last or this century.
unsigned whole_year(unsigned year, std::size_t digits) noexcept {
  if (digits > 2) return year;
  return year < 30 ? year + 2000 : year + 1900;
}

/// "24th" and "24" alike; nothing for other words.
bool is_number(std::string_view word) noexcept { return !word.empty() && is_digit(word[0]); }

Date from_three(const std::vector<std::string>& numbers) {
  const unsigned a = number_of(numbers[0]), b = number_of(numbers[1]), c = number_of(numbers[2]);
  if (numbers[0].size() > 2) return {a, b, c};
  const unsigned year = whole_year(c, numbers[2].size());
  return b > 12 && a <= 12 ? Date{year, a, b} : Date{year, b, a};
}

Date from_compact(std::string_view digits) {
  if (digits.size() != 8) return {digits.size() == 4 ? number_of(digits) : 0, 0, 0};
  const unsigned head = number_of(digits.substr(0, 4)), tail = number_of(digits.substr(4));
  if (head < 1300 && tail > 1300 && tail < 2200)  // day and month first
    return {tail, number_of(digits.substr(2, 2)), number_of(digits.substr(0, 2))};
  return {head, number_of(digits.substr(4, 2)), number_of(digits.substr(6, 2))};
}

struct Parts {
  std::string_view year, month, day;
};
Parts parts_of(std::string_view date) noexcept {
  return {date.substr(0, 4), date.substr(4, 2), date.substr(6, 2)};
}

int differing_digits(std::string_view a, std::string_view b) noexcept {
  int count = 0;
  for (std::size_t i = 0; i < a.size(); ++i) count += a[i] != b[i];
  return count;
}

/// Two neighbouring digits exchanged, nothing else.
bool is_swap(std::string_view a, std::string_view b) noexcept {
  const auto [left, right] = std::mismatch(a.begin(), a.end(), b.begin());
  const auto at = static_cast<std::size_t>(left - a.begin());
  return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] &&
         a.substr(at + 2) == b.substr(at + 2);
}

bool unknown(std::string_view part) noexcept { return part.find_first_not_of('0') == std::string_view::npos; }

}  // namespace

std::string normal_date(std::string_view raw) {
  std::string text = fold(raw, 64);
  if (const std::size_t time = text.find(':'); time != std::string::npos)
    text.resize(std::min<std::size_t>(time, 10));
  Date date;
  std::vector<std::string> numbers;
  for (const std::string& word : words(text, 8)) {
    if (const unsigned month = month_named(word))
      date.month = month;
    else if (is_number(word))
      numbers.push_back(digits_of(word));
  }
  if (date.month == 0) {
    if (numbers.size() >= 3) return written(from_three(numbers));
    if (numbers.size() == 2 && numbers[0].size() == 4)
      return written({number_of(numbers[0]), number_of(numbers[1]), 0});
    return numbers.size() == 1 ? written(from_compact(numbers[0])) : std::string();
  }
  for (const std::string& number : numbers) {
    if (number.size() > 2 || date.day != 0)
      date.year = whole_year(number_of(number), number.size());
    else
      date.day = number_of(number);
  }
  return date.year == 0 ? std::string() : written(date);
}

DateRelation relate_dates(std::string_view a, std::string_view b) noexcept {
  if (a == b) return DateRelation::equal;
  const Parts left = parts_of(a), right = parts_of(b);
  const bool year = left.year == right.year, month = left.month == right.month, day = left.day == right.day;
  const bool part_unknown =
      unknown(left.month) || unknown(right.month) || unknown(left.day) || unknown(right.day);
  if (part_unknown) return year ? DateRelation::year : DateRelation::differ;
  if (year && left.month == right.day && left.day == right.month) return DateRelation::slip;
  if (differing_digits(a, b) == 1 || is_swap(a, b)) return DateRelation::slip;
  if (year + month + day == 2) return DateRelation::two_parts;
  if (differing_digits(a, b) == 2) return DateRelation::two_digits;
  return year ? DateRelation::year : DateRelation::differ;
}

}  // namespace psabridge::similar
