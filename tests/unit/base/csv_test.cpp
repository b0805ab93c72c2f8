// CSV: what spreadsheets write, and what is refused with its line.
#include "core/base/csv.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "core/base/error.h"

namespace psabridge {
namespace {

using Catch::Matchers::ContainsSubstring;
using Cells = std::vector<std::string>;

TEST_CASE("CSV is read whoever wrote it") {
  struct Case {
    const char *name, *text;
    Cells first;
  };
  for (const Case& one :
       {Case{"plain", "a,b\n1,2\n", {"1", "2"}}, Case{"CRLF", "a,b\r\n1,2\r\n", {"1", "2"}},
        Case{"no end of the last line", "a,b\n1,2", {"1", "2"}},
        Case{"byte order mark",
             "\xEF\xBB\xBF"
             "a,b\n1,2\n",
             {"1", "2"}},
        Case{"semicolons", "a;b\n1,5;2\n", {"1,5", "2"}}, Case{"tabs", "a\tb\n1\t2\n", {"1", "2"}},
        Case{"quotes", "a,b\n\"x, \"\"y\"\"\",2\n", {"x, \"y\"", "2"}},
        Case{"line break in quotes", "a,b\n\"x\r\ny\",2\n", {"x\r\ny", "2"}},
        Case{"empty cells", "a,b\n,\n", {"", ""}}, Case{"empty lines", "a,b\n\n\n1,2\n\n", {"1", "2"}},
        Case{"other scripts", "a,b\nZürich,株式会社\n", {"Zürich", "株式会社"}}}) {
    INFO(one.name);
    const Csv csv = Csv::read(one.text);
    CHECK(csv.columns == Cells{"a", "b"});
    REQUIRE(csv.rows.size() == 1);
    CHECK(csv.rows.front().cells == one.first);
  }
}

TEST_CASE("rows know the line that they begin on") {
  const Csv csv = Csv::read("a\n\"x\ny\"\n\nz\n");
  REQUIRE(csv.rows.size() == 2);
  CHECK(csv.rows[0].line == 2);
  CHECK(csv.rows[1].line == 5);
}

TEST_CASE("what is no CSV is refused with its line") {
  struct Case {
    const char* name;
    std::string text;
    const char *line, *why;
  };
  for (const Case& one :
       {Case{"empty", "", "Line 1 ", "empty"}, Case{"too few", "a,b\n1\n", "Line 2 ", "1 cells"},
        Case{"too many", "a,b\n1,2\n1,2,3\n", "Line 3 ", "3 cells"},
        Case{"no end of a quote", "a,b\n1,2\n\"x,2\n", "Line 3 ", "no end"},
        Case{"text behind a quote", "a,b\n\"x\"y,2\n", "Line 2 ", "separator"},
        Case{"quote within", "a,b\nx\"y\",2\n", "Line 2 ", "does not begin"},
        Case{"Latin-1", "a,b\n1,2\nZ\xFCrich,2\n", "Line 3 ", "UTF-8"},
        Case{"UTF-16", std::string("a\0,\0b\0\n\0", 8), "Line 1 ", "UTF-8"},
        Case{"a lone CR", "a,b\n1\r2,3\n", "Line 2 ", "end of the line"}}) {
    INFO(one.name);
    CHECK_THROWS_WITH(Csv::read(one.text), ContainsSubstring("PB1829") && ContainsSubstring(one.line) &&
                                               ContainsSubstring(one.why));
  }
}

TEST_CASE("what is written is read as it was") {
  const Cells cells{"plain", "", "a,b", "say \"hi\"", "two\nlines", "a;b", "\t"};
  const Csv csv = Csv::read(csv_line(cells) + csv_line(cells));
  CHECK(csv.columns == cells);
  CHECK(csv.rows.at(0).cells == cells);
  CHECK(csv_line(cells) == "plain,,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\"a;b\",\"\t\"\r\n");
}

}  // namespace
}  // namespace psabridge
