#include "tests/bench/scoreboard.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <cstdio>

namespace psabridge::bench {
namespace {

using Row = std::array<std::string, 6>;

/// "12,345" for large numbers, "3.14" for small ones.
std::string number_text(double number) {
  char text[64];
  const bool whole = number >= 100 || number == std::floor(number);
  std::snprintf(text, sizeof text, "%.*f", whole ? 0 : 2, number);
  std::string digits = text;
  const auto point = std::min(digits.find('.'), digits.size());
  for (auto at = static_cast<std::ptrdiff_t>(point) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

Row row_of(const Figure& figure) {
  return {figure.what,         number_text(figure.measured) + " " + figure.unit,
          figure.yardstick_is, number_text(figure.yardstick) + " " + figure.unit,
          figure.goal,         figure.met ? "met" : "MISSED"};
}

}  // namespace

std::string table_of(const std::vector<Figure>& figures) {
  std::vector<Row> rows{{"what", "measured", "yardstick", "its value", "goal", ""}};
  for (const Figure& figure : figures) rows.push_back(row_of(figure));
  std::array<std::size_t, 6> widths{};
  for (const Row& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string json_of(const std::vector<Figure>& figures) {
  boost::json::array all;
  for (const Figure& figure : figures) {
    all.push_back({{"what", figure.what},
                   {"measured", figure.measured},
                   {"unit", figure.unit},
                   {"yardstick", figure.yardstick},
                   {"yardstick_is", figure.yardstick_is},
                   {"goal", figure.goal},
                   {"met", figure.met}});
  }
  return boost::json::serialize(all);
}

bool all_met(const std::vector<Figure>& figures) { return std::ranges::all_of(figures, &Figure::met); }

}  // namespace psabridge::bench
