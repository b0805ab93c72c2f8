#include "core/app/terminal.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdlib>

namespace psabridge::app {
namespace {

struct CodePoint {
  char32_t value;
  std::size_t size;  ///< bytes
};

/// `text` is well-formed UTF-8 and not empty; a stray byte counts as one character.
CodePoint first_code_point(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (size > text.size()) return {lead, 1};
  char32_t value = size == 1 ? lead : lead & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) value = (value << 6) | (static_cast<unsigned char>(text[i]) & 0x3F);
  return {value, size};
}

struct Range {
  char32_t first, last;
};
constexpr auto kWide = std::to_array<Range>({{0x1100, 0x115F},
                                             {0x2E80, 0x303E},
                                             {0x3041, 0xA4CF},
                                             {0xAC00, 0xD7A3},
                                             {0xF900, 0xFAFF},
                                             {0xFE30, 0xFE6F},
                                             {0xFF00, 0xFF60},
                                             {0xFFE0, 0xFFE6},
                                             {0x1F300, 0x1F64F},
                                             {0x1F900, 0x1F9FF},
                                             {0x20000, 0x3FFFD}});
constexpr auto kCombining = std::to_array<Range>({{0x0300, 0x036F},
                                                  {0x1AB0, 0x1AFF},
                                                  {0x1DC0, 0x1DFF},
                                                  {0x200B, 0x200F},
                                                  {0x20D0, 0x20FF},
                                                  {0xFE00, 0xFE0F},
                                                  {0xFE20, 0xFE2F}});

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, char32_t value) {
  return std::ranges::any_of(ranges,
                             [&](const Range& range) { return value >= range.first && value <= range.last; });
}

std::size_t width_of(char32_t value) { return within(kCombining, value) ? 0 : within(kWide, value) ? 2 : 1; }

bool is_control(char32_t value) { return value < 0x20 || (value >= 0x7F && value < 0xA0); }

/// One line that fits a cell.
std::string fit(std::string_view text) {
  std::string cell;
  std::size_t width = 0;
  while (!text.empty()) {
    const auto point = first_code_point(text);
    const auto added = width_of(point.value);
    if (width + added >= Table::kWidestCell && display_width(text) > Table::kWidestCell - width)
      return cell + "…";
    cell += is_control(point.value) ? " " : text.substr(0, point.size);
    width += added;
    text.remove_prefix(point.size);
  }
  return cell;
}

std::vector<std::size_t> column_widths(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  return widths;
}

}  // namespace

bool is_terminal(Stream stream) { return ::isatty(static_cast<int>(stream)) == 1; }

bool colours_on(Stream stream) {
  const char* refused = std::getenv("NO_COLOR");
  return is_terminal(stream) && !(refused && *refused);
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto point = first_code_point(text);
    width += width_of(point.value);
    text.remove_prefix(point.size);
  }
  return width;
}

Table::Table(std::vector<std::string> heading) { rows_.push_back(std::move(heading)); }

void Table::add(std::vector<std::string> cells) {
  assert(cells.size() == rows_.front().size());
  std::ranges::transform(cells, cells.begin(), fit);
  rows_.push_back(std::move(cells));
}

std::string Table::text(std::string_view nothing) const {
  if (empty()) return std::string(nothing) + "\n";
  const auto widths = column_widths(rows_);
  std::string text;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i)
      text += row[i] + std::string(widths[i] - display_width(row[i]) + 2, ' ');
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

std::string rough_span(std::int64_t milliseconds) {
  struct Unit {
    std::int64_t size;
    const char* name;
  };
  for (const auto& [size, name] : {Unit{86'400'000, " d"}, Unit{3'600'000, " h"}, Unit{60'000, " min"}})
    if (milliseconds >= size) return std::to_string(milliseconds / size) + name;
  return std::to_string(std::max<std::int64_t>(milliseconds, 0) / 1000) + " s";
}

}  // namespace psabridge::app
