// The search for records that are gone from the source.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/unit/store/store_fixture.h"

namespace psabridge::store {
namespace {

const EntitySchema kTicket = ticket_schema();

std::vector<std::string> unseen_ids(OpenStore& store, const Scope& scope = {}) {
  auto ids = store->unseen("main", "acme", kTicket, scope, 100).ids;
  std::ranges::sort(ids);
  return ids;
}

Counts see(OpenStore& store, const Page& page, std::optional<std::string> cursor = {}) {
  Commit commit = store.page(page);
  commit.mark_seen = true;
  commit.cursor = std::move(cursor);
  return store.commit(commit);
}

void fill(OpenStore& store) {
  store.commit(Page(kTicket).add("1", "v1", "a").add("2", "v1", "b").add("3", "v1", "c").add("4", "v1", "d"));
}

TEST_CASE("what a sweep did not see is found, whatever became of what it saw") {
  TestFolder folder;
  OpenStore store(folder);
  fill(store);
  store->begin_sweep("main", "ticket", false);
  see(store, Page(kTicket).add("1", "v1", "a").add("2", "v2", "changed"));
  see(store, Page(kTicket).add("9", "v1", "came during the sweep").add("3", "v2", {}, Fate::filtered));
  CHECK(unseen_ids(store) == std::vector<std::string>{"4"});
  see(store, Page(kTicket).dead("4", "v2", "{}"));
  const auto unseen = store->unseen("main", "acme", kTicket, {}, 100);
  CHECK(unseen.total == 0);
  CHECK(unseen.known == 4);
}

TEST_CASE("an id sweep finds what is gone and what was missed") {
  TestFolder folder;
  OpenStore store(folder);
  fill(store);
  store.commit(Page(kTicket).dead("6", "v1", "{}").only_id("3", Fate::deleted));
  store->begin_sweep("main", "ticket", false);
  Page ids(kTicket);
  for (const char* id : {"1", "3", "5", "6"}) ids.only_id(id, Fate::seen);
  CHECK(see(store, ids) == Counts{});
  CHECK(unseen_ids(store) == std::vector<std::string>{"2", "4"});
  CHECK(store->unstored("main", "acme", "ticket", 10) == std::vector<std::string>{"3", "5"});
  CHECK(store->unstored("main", "acme", "ticket", 1).size() == 1);
  store->end_sweep("main", "ticket");
  CHECK(store->unstored("main", "acme", "ticket", 10).empty());
  CHECK(unseen_ids(store).empty());
}

TEST_CASE("only records in the scope of the filters are looked for") {
  TestFolder folder;
  OpenStore store(folder);
  store.commit(Page(kTicket)
                   .add("1", "v1",
                        {{"summary", text_value("Alpha")},
                         {"open", bool_value(true)},
                         {"priority", integer_value(1)},
                         {"opened_at", time_value("2026-01-01T00:00:00.000Z")}})
                   .add("2", "v1",
                        {{"summary", text_value("beta")},
                         {"open", bool_value(false)},
                         {"priority", integer_value(2)},
                         {"opened_at", time_value("2025-01-01T00:00:00.000Z")}})
                   .add("3", "v1", {{"summary", text_value("gamma")}}));
  store->begin_sweep("main", "ticket", false);

  const std::size_t summary = 0, priority = 1, open = 3, opened_at = 4;
  const auto test = [](FilterTest kind, std::size_t field) {
    ScopeTest made;
    made.test = kind;
    made.fields = {field};
    return made;
  };
  ScopeTest is_open = test(FilterTest::equals, open), is_closed = is_open,
            named = test(FilterTest::any_of, summary), urgent = test(FilterTest::any_of, priority),
            recent = test(FilterTest::since, opened_at), early = recent, recent_or_open;
  is_open.flag = true;
  named.values = {"alpha", "GAMMA' OR 1"};
  urgent.values = {"2"};
  recent.time = early.time = "2025-06-01T00:00:00.000Z";
  early.test = FilterTest::until;
  recent_or_open = recent;
  recent_or_open.unless = open;
  struct Case {
    const char* name;
    Scope scope;
    std::vector<std::string> ids;
  };
  const Case cases[] = {{"everything", {}, {"1", "2", "3"}},
                        {"open", {is_open}, {"1"}},
                        {"not open, null counts as false", {is_closed}, {"2", "3"}},
                        {"text without case", {named}, {"1"}},
                        {"integer as text", {urgent}, {"2"}},
                        {"since, null passes", {recent}, {"1", "3"}},
                        {"until, null passes", {early}, {"2", "3"}},
                        {"false passes since", {recent_or_open}, {"1", "2", "3"}},
                        {"both tests", {is_open, urgent}, {}}};
  for (const Case& one : cases) {
    INFO(one.name);
    CHECK(unseen_ids(store, one.scope) == one.ids);
  }
}

TEST_CASE("a full read goes on after a crash with what it had seen") {
  TestFolder folder;
  {
    OpenStore store(folder);
    fill(store);
    CHECK(store->position("main", "ticket").full_since.empty());
    store->begin_sweep("main", "ticket", false);
    see(store, Page(kTicket).add("1", "v1", "a").add("2", "v1", "b"), "page 2");
  }
  OpenStore store(folder);
  CHECK(store->position("main", "ticket").full_since == "2026-03-01T08:00:00.000Z");

  SECTION("resumed") {
    store->begin_sweep("main", "ticket", true);
    see(store, Page(kTicket).add("3", "v1", "c"), "delta");
    CHECK(unseen_ids(store) == std::vector<std::string>{"4"});
  }
  SECTION("begun anew") {
    store->begin_sweep("main", "ticket", false);
    see(store, Page(kTicket).add("3", "v1", "c"), "delta");
    CHECK(unseen_ids(store) == std::vector<std::string>{"1", "2", "4"});
  }
  store->end_sweep("main", "ticket");
  const Position position = store->position("main", "ticket");
  CHECK(position.full_since.empty());
  CHECK(position.cursor == "delta");
  CHECK(position.swept_at == "2026-03-01T08:00:00.000Z");
}

TEST_CASE("an id sweep that a crash ended leaves no trace that could be taken for a full read") {
  TestFolder folder;
  {
    OpenStore store(folder);
    Page page(kTicket);
    page.add("1", "v1", "a").add("2", "v1", "b");
    Commit commit = store.page(page);
    commit.cursor = "delta";
    store.commit(commit);
    store->begin_sweep("main", "ticket", false);
    see(store, Page(kTicket).only_id("1", Fate::seen));
    store.commit(Page(kTicket).add("3", "v1", "c"));
  }
  OpenStore store(folder);
  CHECK(store->position("main", "ticket").full_since.empty());
  CHECK(store->position("main", "ticket").cursor == "delta");
  CHECK(unseen_ids(store).empty());
}

TEST_CASE("held deletes wait for one decision") {
  TestFolder folder;
  OpenStore store(folder);
  Hold hold;
  hold.connection = "acme";
  hold.pipeline = "main";
  hold.entity = "ticket";
  hold.candidates = 7;
  hold.known = 10;
  hold.sample = {"1", "2"};
  const auto id = store->hold_deletes(hold);
  hold.candidates = 8;
  CHECK(store->hold_deletes(hold) == id);
  REQUIRE(store->holds("waiting").size() == 1);
  CHECK(store->holds("waiting")[0].candidates == 8);
  CHECK(store->holds("waiting")[0].sample == hold.sample);
  store->decide_hold(id, true);
  CHECK(store->holds("approved").size() == 1);
  CHECK_THROWS(store->decide_hold(id, false));
  store->settle_hold(id);
  CHECK(store->holds("applied").size() == 1);
  CHECK(store->hold_deletes(hold) != id);
}

}  // namespace
}  // namespace psabridge::store
