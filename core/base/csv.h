// CSV as RFC 4180 has it: quoted cells, line breaks within quotes, CRLF or LF, with or without a byte order
// mark. Commas, semicolons or tabs separate, whichever the first line uses: spreadsheets write all three.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace psabridge {

struct Csv {
  struct Row {
    std::size_t line = 0;  ///< on which it begins, from 1
    std::vector<std::string> cells;
  };
  std::vector<std::string> columns;  ///< the first line
  std::vector<Row> rows;             ///< each as many cells as columns; empty lines are left out

  /// Throws Error PB1829, which names the line.
  static Csv read(std::string_view text);
};

/// One line with its end (CRLF), separated by commas; cells are quoted where they must be.
std::string csv_line(std::span<const std::string> cells);

}  // namespace psabridge
