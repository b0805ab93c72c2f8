#include "core/app/terminal.h"

#include <catch2/catch_test_macros.hpp>

#include "core/base/text.h"

namespace psabridge::app {

TEST_CASE("The width of a text is what a terminal shows, not its bytes") {
  struct Case {
    const char* text;
    std::size_t width;
  };
  for (const auto& [text, width] : {Case{"", 0}, Case{"abc", 3}, Case{"Müller", 6}, Case{"e\xCC\x81", 1},
                                    Case{"東京", 4}, Case{"😀", 2}}) {
    INFO(text);
    CHECK(display_width(text) == width);
  }
}

TEST_CASE("Columns are aligned whatever script the cells are in") {
  Table table({"id", "name", "team"});
  table.add({"1", "Müller", "noc"});
  table.add({"23", "東京", "triage"});
  CHECK(table.text() ==
        "id  name    team\n"
        "1   Müller  noc\n"
        "23  東京    triage\n");
}

TEST_CASE("A cell is one line, cut between characters when it is long") {
  Table table({"text", "x"});
  table.add({"two\nlines\tand a tab", "1"});
  std::string umlauts;
  for (int i = 0; i < 100; ++i) umlauts += "ü";
  table.add({umlauts, "2"});
  const auto text = table.text();
  CHECK(text.find("two lines and a tab") != std::string::npos);
  CHECK(text.find("ü…  2") != std::string::npos);
  CHECK(is_utf8(text));
  const auto longest = text.substr(text.rfind('\n', text.size() - 2) + 1);
  CHECK(display_width(longest) == Table::kWidestCell + std::string_view("  2\n").size());
}

TEST_CASE("A cell that just fits is not cut") {
  Table table({"text"});
  const std::string fitting(Table::kWidestCell, 'x');
  table.add({fitting});
  CHECK(table.text() == "text\n" + fitting + "\n");
}

TEST_CASE("A table without rows says so") { CHECK(Table({"id"}).text("No run yet.") == "No run yet.\n"); }

TEST_CASE("Numbers and spans are written for people") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1'000) == "1,000");
  CHECK(grouped(1'234'567) == "1,234,567");
  CHECK(rough_span(-5) == "0 s");
  CHECK(rough_span(59'999) == "59 s");
  CHECK(rough_span(60'000) == "1 min");
  CHECK(rough_span(7'200'000) == "2 h");
  CHECK(rough_span(400'000'000) == "4 d");
}

}  // namespace psabridge::app
