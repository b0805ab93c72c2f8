#include "core/pipeline/page_source.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "core/base/error.h"
#include "core/pipeline/cursor_stamp.h"
#include "tests/unit/pipeline/fakes.h"

using namespace psabridge;
using namespace psabridge::pipeline;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Bench {
  FakeConnector connector;
  FakeClock clock;
  bool stopping = false;
  plugin::Stop stop = [this] { return stopping; };

  SourceSpec spec() { return {&connector, "ticket", "{}", 0, &clock}; }
  void answers(std::vector<FakeRow> rows, std::string next, bool more) {
    connector.script.emplace_back([=] { return page_of(rows, next, more); });
  }
  void fails(std::string code, std::optional<Milliseconds> retry_after = {}) {
    connector.script.emplace_back([=]() -> plugin::PulledPage {
      Error error(code, "scripted");
      error.retry_after = retry_after;
      throw error;
    });
  }
};

}  // namespace

TEST_CASE("a walk hands on each page's cursor, stamped, and ends with the last page") {
  Bench bench;
  bench.answers({{"1", "{}"}}, "p2", true);
  bench.answers({{"2", "{}"}}, "t9", false);
  const auto source =
      changes_source(bench.spec(), {.cursor = "", .keep_cursor = true, .stamp = "s1", .mark_seen = true});
  const auto first = source->next(bench.stop);
  REQUIRE(first);
  CHECK(first->cursor == "s1 p2");
  CHECK(first->mark_seen);
  CHECK(source->next(bench.stop)->cursor == "s1 t9");
  CHECK_FALSE(source->next(bench.stop));
  CHECK(bench.connector.cursors == std::vector<std::string>{"", "p2"});
}

TEST_CASE("a full read that shows nothing is done again next time") {
  Bench bench;
  bench.answers({}, "t9", false);
  const auto source =
      changes_source(bench.spec(), {.cursor = "", .keep_cursor = true, .stamp = "s1", .mark_seen = true});
  const auto page = source->next(bench.stop);
  REQUIRE(page);
  CHECK(unstamped_cursor(*page->cursor, "s1").empty());

  Bench quiet;
  quiet.answers({}, "t9", false);
  const auto changes =
      changes_source(quiet.spec(), {.cursor = "t8", .keep_cursor = true, .stamp = "s1", .mark_seen = false});
  CHECK(changes->next(quiet.stop)->cursor == "s1 t9");
}

TEST_CASE("an open circuit is told by what opened it") {
  Bench bench;
  bench.fails("PB1230");
  for (int i = 0; i < 2; ++i) bench.fails("PB1217");
  CHECK_THROWS_WITH(ids_source(bench.spec())->next(bench.stop), ContainsSubstring("PB1230"));
  Bench open_from_the_start;
  for (int i = 0; i < 3; ++i) open_from_the_start.fails("PB1217");
  CHECK_THROWS_WITH(ids_source(open_from_the_start.spec())->next(open_from_the_start.stop),
                    ContainsSubstring("PB1217"));
}

TEST_CASE("transient trouble is tried again with the same cursor, then told") {
  Bench bench;
  bench.fails("PB1202");
  bench.fails("PB1206");
  bench.answers({}, "end", false);
  const auto source =
      changes_source(bench.spec(), {.cursor = "c", .keep_cursor = false, .stamp = "s", .mark_seen = false});
  const auto page = source->next(bench.stop);
  REQUIRE(page);
  CHECK_FALSE(page->cursor);
  CHECK(bench.connector.cursors == std::vector<std::string>{"c", "c", "c"});
  CHECK(bench.clock.slept.size() == 2);

  Bench broken;
  for (int i = 0; i < 3; ++i) broken.fails("PB1201");
  CHECK_THROWS_WITH(ids_source(broken.spec())->next(broken.stop), ContainsSubstring("PB1201"));
  CHECK(broken.connector.script.empty());
}

TEST_CASE("a rate limit is waited out as long as asked and costs no try") {
  Bench bench;
  for (int i = 0; i < 10; ++i) bench.fails("PB1205", Milliseconds{7'000});
  bench.answers({}, "", false);
  CHECK(ids_source(bench.spec())->next(bench.stop));
  CHECK(bench.clock.slept == std::vector<Milliseconds>(10, Milliseconds{7'000}));
}

TEST_CASE("what trying again cannot mend is told at once") {
  for (const char* code : {"PB1203", "PB1204", "PB1208"}) {
    Bench bench;
    bench.fails(code);
    CHECK_THROWS_WITH(ids_source(bench.spec())->next(bench.stop), ContainsSubstring(code));
    CHECK(bench.clock.slept.empty());
  }
}

TEST_CASE("a stop ends the walk before the next request") {
  Bench bench;
  bench.answers({}, "", false);
  bench.stopping = true;
  CHECK_THROWS_WITH(ids_source(bench.spec())->next(bench.stop), ContainsSubstring("PB1410"));
  CHECK(bench.connector.cursors.empty());
}

TEST_CASE("children come in whole families") {
  Bench bench;
  std::vector<std::string> parents;
  for (int i = 0; i < 25; ++i) parents.push_back(std::to_string(i));
  bench.answers({{"0/1", "{}"}}, "half", true);
  bench.answers({{"19/1", "{}"}}, "", false);
  bench.answers({}, "", false);
  const auto source = children_source(bench.spec(), parents);
  const auto first = source->next(bench.stop);
  REQUIRE(first);
  CHECK(first->page.slices.size() == 2);
  CHECK(first->page.requests == 2);
  CHECK(first->settled_parents == std::vector<std::string>(parents.begin(), parents.begin() + 20));
  CHECK(bench.connector.cursors == std::vector<std::string>{"", "half"});
  CHECK(source->next(bench.stop)->settled_parents.size() == 5);
  CHECK_FALSE(source->next(bench.stop));
}

TEST_CASE("single records are found, proven gone, or hidden") {
  Bench bench;
  const auto source = fetch_source(bench.spec(), {"7", "gone8", "hidden9"});
  const auto page = source->next(bench.stop);
  REQUIRE(page);
  REQUIRE(page->page.slices.size() == 2);
  CHECK_FALSE(page->page.slices[0].deleted);
  CHECK(page->page.slices[1].deleted);
  CHECK(page->page.slices[1].source_id == "gone8");
  CHECK(page->hidden == std::vector<std::string>{"hidden9"});
  CHECK(page->single);
  CHECK_FALSE(source->next(bench.stop));
}
