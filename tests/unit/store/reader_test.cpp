// Questions to a store, and the invariants that verify looks after.
#include <sqlite3.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "tests/unit/store/store_fixture.h"

namespace psabridge::store {
namespace {

using Catch::Matchers::ContainsSubstring;

const EntitySchema kTicket = ticket_schema();
const EntitySchema kClient = client_schema();

std::vector<std::string> ids_of(const std::vector<StoredRecord>& records) {
  std::vector<std::string> ids;
  for (const StoredRecord& record : records)
    for (const FieldText& field : record.columns)
      if (field.name == "source_id") ids.push_back(field.text);
  return ids;
}

TEST_CASE("records are found by text and by columns, page by page") {
  TestFolder folder;
  OpenStore store(folder);
  store.commit(
      Page(kTicket)
          .add("1", "v1", {{"summary", text_value("Printer 100% broken")}, {"priority", integer_value(1)}})
          .add("2", "v1", {{"summary", text_value("printer offline")}, {"priority", integer_value(2)}})
          .add("3", "v1", {{"summary", text_value("a_b")}, {"priority", integer_value(2)}})
          .add("4", "v1", {{"summary", text_value("gone printer")}}));
  store.commit(Page(kTicket).only_id("4", Fate::deleted));
  using Ids = std::vector<std::string>;
  struct Case {
    const char* name;
    RecordQuery query;
    Ids ids;
  };
  const Case cases[] = {
      {"all", {.entity = "ticket"}, {"1", "2", "3"}},
      {"other connection", {.entity = "ticket", .connection = "other"}, {}},
      {"part of a text", {.entity = "ticket", .search = "PRINTER"}, {"1", "2"}},
      {"percent is plain", {.entity = "ticket", .search = "0%"}, {"1"}},
      {"underscore is plain", {.entity = "ticket", .search = "a_b"}, {"3"}},
      {"quotes are plain", {.entity = "ticket", .search = "' OR 1=1 --"}, {}},
      {"column", {.entity = "ticket", .equals = {{"priority", "2"}}}, {"2", "3"}},
      {"tombstones", {.entity = "ticket", .search = "printer", .deleted = true}, {"1", "2", "4"}},
      {"first page", {.entity = "ticket", .limit = 2}, {"1", "2"}},
      {"next page", {.entity = "ticket", .after_id = 2, .limit = 2}, {"3"}}};
  for (const Case& one : cases) {
    INFO(one.name);
    CHECK(ids_of(store->records(one.query)) == one.ids);
  }
}

TEST_CASE("unknown entities and columns are refused with a suggestion") {
  TestFolder folder;
  OpenStore store(folder);
  CHECK_THROWS_WITH(store->records({.entity = "tickets"}),
                    ContainsSubstring("PB1601") && ContainsSubstring("\"ticket\""));
  CHECK_THROWS_WITH(store->records({.entity = "ticket", .equals = {{"sumary", "x"}}}),
                    ContainsSubstring("PB1601") && ContainsSubstring("\"summary\""));
  CHECK_THROWS_WITH(store->count("client\" --", "", false), ContainsSubstring("PB1601"));
}

TEST_CASE("a record is found by source id first, then by our number") {
  TestFolder folder;
  OpenStore store(folder);
  store.commit(Page(kTicket).add("900", "v1", "first").add("1", "v1", "second"));
  CHECK(column(store.writer(), "ticket", "1", "summary") == "second");
  CHECK(column(store.writer(), "ticket", "2", "summary") == "second");
  CHECK_FALSE(store->record("ticket", "acme", "77"));
  CHECK_FALSE(store->record("ticket", "other", "900"));
}

TEST_CASE("states and names are kept") {
  TestFolder folder;
  OpenStore store(folder);
  CHECK(store->state_get("halo", "k").empty());
  store->state_put("halo", "k", "1");
  store->state_put("halo", "k", "2");
  CHECK(store->state_get("halo", "k") == "2");
  store.commit(Page(kClient).add("5", "", "Acme Ltd"));
  CHECK(store->names("client", "acme") ==
        std::vector<std::pair<std::string, std::string>>{{"Acme Ltd", "5"}});
  CHECK(store->names("ticket", "acme").empty());
  CHECK(store->entities() == std::vector<std::string>{"client", "note", "ticket"});
}

TEST_CASE("runs are listed, newest first") {
  TestFolder folder;
  OpenStore store(folder);
  store.commit(Page(kTicket).add("1", "v1", "a"));
  CHECK(store->run(store.run())->state == "running");
  CHECK(store->run_entities(store.run()).at(0).counts.created == 1);
  store->end_run(store.run(), "partial", {{"ticket", "failed", {}, 3, "PB1201", "no answer"}}, "PB1201",
                 "no answer");
  const RunId second = store.begin_run("full");
  store->end_run(second, "done", {}, {}, {});
  const auto runs = store->runs({.pipeline = "main"});
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].id == second);
  CHECK(runs[0].mode == "full");
  CHECK(runs[1].error_code == "PB1201");
  CHECK(runs[1].started_at == "2026-03-01T08:00:00.000Z");
  CHECK(store->run_entities(runs[1].id).at(0).state == "failed");
  CHECK(store->run_entities(runs[1].id).at(0).counts.created == 1);
  CHECK(store->runs({.pipeline = "other"}).empty());
  CHECK(store->runs({.limit = 1}).size() == 1);
  const auto others = store->runs({.without_mode = "full"});
  REQUIRE(others.size() == 1);
  CHECK(others[0].id == runs[1].id);
}

TEST_CASE("verify finds what is broken") {
  struct Case {
    const char* check;
    const char* sql;
  };
  const Case cases[] = {
      {"run_counts", "UPDATE psabridge_run_entity SET read = read + 1"},
      {"raw", "UPDATE ticket SET raw = x'00112233'"},
      {"custom", "UPDATE ticket SET custom = '{'"},
      {"content_hash", "UPDATE ticket SET content_hash = x'00'"},
      {"total", "DELETE FROM ticket WHERE source_id = '1'; DELETE FROM psabridge_audit WHERE record = 1"},
      {"audit", "DELETE FROM psabridge_audit"},
      {"position", "UPDATE psabridge_position SET swept_at = 'yesterday'"},
      {"debt", "INSERT INTO psabridge_debt (stream, parent) VALUES (99, '1')"},
      {"dangling", "UPDATE ticket SET client = '404' WHERE source_id = '2'"},
      {"integrity", "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'ticket_by_client'"},
  };
  for (const Case& one : cases) {
    INFO(one.check);
    TestFolder folder;
    {
      OpenStore store(folder);
      store.commit(Page(kClient).add("5", "", "Acme"));
      Page page(kTicket);
      page.add("1", "v1", {{"summary", text_value("a")}, {"client", text_value("5")}}).add("2", "v1", "b");
      Commit commit = store.page(page);
      commit.cursor = "c";
      store.commit(commit);
      CHECK(store->verify().empty());
    }
    sqlite3* handle = nullptr;
    REQUIRE(sqlite3_open(folder.file().c_str(), &handle) == SQLITE_OK);
    REQUIRE(sqlite3_exec(handle, one.sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(handle);
    const auto findings = open_reader(folder.url())->verify();
    CHECK(std::ranges::any_of(findings, [&](const Finding& finding) { return finding.check == one.check; }));
  }
}

}  // namespace
}  // namespace psabridge::store
