#include "core/base/csv.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/text.h"

namespace psabridge {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

[[noreturn]] void refuse(std::size_t line, const std::string& why) {
  throw Error("PB1829", "Line " + std::to_string(line) + " of the CSV text: " + why + ".");
}

char separator_of(std::string_view text) {
  const std::size_t found = text.substr(0, text.find('\n')).find_first_of(",;\t");
  return found == std::string_view::npos ? ',' : text[found];
}

class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text), separator_(separator_of(text)) {}

  bool at_end() const { return at_ >= text_.size(); }

  Csv::Row row() {
    Csv::Row row{line_, {}};
    do row.cells.push_back(cell());
    while (take(separator_));
    take('\r');
    if (!at_end() && !take('\n'))
      refuse(line_, "behind a quoted cell only a separator or the end of the line may follow");
    ++line_;
    return row;
  }

 private:
  bool take(char wanted) {
    if (at_end() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  std::string cell() {
    if (take('"')) return quoted();
    const char ends[] = {separator_, '\r', '\n'};
    const std::size_t end = std::min(text_.find_first_of({ends, 3}, at_), text_.size());
    const std::string_view plain = text_.substr(at_, end - at_);
    if (plain.find('"') != std::string_view::npos)
      refuse(line_,
             "a quote within a cell that does not begin with one: put the cell into quotes and double "
             "those within");
    at_ = end;
    return std::string(plain);
  }

  std::string quoted() {
    const std::size_t begin = line_;
    std::string cell;
    for (;; ++at_) {
      if (at_end()) refuse(begin, "a quoted cell begins here that has no end");
      if (text_[at_] == '"') {
        ++at_;
        if (at_end() || text_[at_] != '"') return cell;
      }
      if (text_[at_] == '\n') ++line_;
      cell += text_[at_];
    }
  }

  std::string_view text_;
  char separator_;
  std::size_t at_ = 0, line_ = 1;
};

void check_encoding(std::string_view text) {
  if (text.find('\0') == std::string_view::npos && is_utf8(text)) return;
  std::size_t line = 1;
  for (; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view one = text.substr(0, end);
    if (one.find('\0') != std::string_view::npos || !is_utf8(one)) break;
    text.remove_prefix(end);
  }
  refuse(line, "it is not UTF-8; save the table as \"CSV UTF-8\"");
}

}  // namespace

Csv Csv::read(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  check_encoding(text);
  CsvReader reader(text);
  Csv csv;
  if (reader.at_end()) refuse(1, "it is empty; the first line names the columns");
  csv.columns = reader.row().cells;
  while (!reader.at_end()) {
    Row row = reader.row();
    if (row.cells.size() == 1 && row.cells.front().empty()) continue;
    if (row.cells.size() != csv.columns.size())
      refuse(row.line, "it has " + std::to_string(row.cells.size()) + " cells, and the first line has " +
                           std::to_string(csv.columns.size()));
    csv.rows.push_back(std::move(row));
  }
  return csv;
}

std::string csv_line(std::span<const std::string> cells) {
  std::string line;
  for (const std::string& cell : cells) {
    if (&cell != cells.data()) line += ',';
    // Tab and semicolon, too: a first line with a single column must not be taken for several.
    if (cell.find_first_of(",;\t\"\r\n") == std::string::npos) {
      line += cell;
      continue;
    }
    line += '"';
    for (const char c : cell) line += c == '"' ? std::string("\"\"") : std::string(1, c);
    line += '"';
  }
  return line + "\r\n";
}

}  // namespace psabridge
