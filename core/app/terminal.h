// What the terminal can do, and text laid out for people.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace psabridge::app {

enum class Stream { in, out, err };
/// True when a person sits at the stream.
bool is_terminal(Stream stream);
/// True when a person sits there and did not set NO_COLOR.
bool colours_on(Stream stream);

/// Columns that a text takes on a terminal: code points, those of East Asian scripts and emoji count twice,
/// combining marks not at all.
std::size_t display_width(std::string_view text);

/// Rows under a heading, columns aligned. Cells are cut at `kWidestCell` columns, control characters become
/// blanks.
class Table {
 public:
  static constexpr std::size_t kWidestCell = 60;
  explicit Table(std::vector<std::string> heading);
  /// As many cells as the heading has.
  void add(std::vector<std::string> cells);
  bool empty() const noexcept { return rows_.size() == 1; }
  /// The rows, each with a line end, after the heading; `nothing` and a line end when there are no rows.
  std::string text(std::string_view nothing = "none") const;

 private:
  std::vector<std::vector<std::string>> rows_;  ///< the heading is the first
};

/// "1,234,567"
std::string grouped(std::uint64_t number);
/// "3 min", "2 h", "5 d": the largest unit that gives at least one.
std::string rough_span(std::int64_t milliseconds);

}  // namespace psabridge::app
