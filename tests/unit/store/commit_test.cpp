// What a commit does to records, positions and counters.
#include <sqlite3.h>

#include <catch2/catch_test_macros.hpp>

#include "core/base/error.h"
#include "tests/unit/store/store_fixture.h"

namespace psabridge::store {
namespace {

const EntitySchema kTicket = ticket_schema();
const EntitySchema kNote = note_schema();

/// Pages in the log of the file: whatever is written makes it grow.
std::uintmax_t log_size(const TestFolder& folder) {
  return std::filesystem::file_size(folder.file().string() + "-wal");
}

TEST_CASE("a new record is created with all its fields and its history") {
  TestFolder folder;
  OpenStore store(folder);
  const auto counts = store.commit(Page(kTicket).add("7", "v1",
                                                     {{"summary", text_value("Printer \"hot\"")},
                                                      {"priority", integer_value(2)},
                                                      {"hours", real_value(1.5)},
                                                      {"open", bool_value(true)},
                                                      {"opened_at", time_value("2026-01-02T03:04:05.000Z")},
                                                      {"client", text_value("12")}}));

  CHECK(counts == Counts{.read = 1, .created = 1});
  CHECK(column(store.writer(), "ticket", "7", "summary") == "Printer \"hot\"");
  CHECK(column(store.writer(), "ticket", "7", "priority") == "2");
  CHECK(column(store.writer(), "ticket", "7", "hours") == "1.5");
  CHECK(column(store.writer(), "ticket", "7", "open") == "1");
  CHECK(column(store.writer(), "ticket", "7", "assets") == "(null)");
  CHECK(column(store.writer(), "ticket", "7", "first_seen_at") == "2026-03-01T08:00:00.000Z");
  CHECK(column(store.writer(), "ticket", "7", "raw").starts_with("{\"id\":\"7\""));
  CHECK(actions(store.writer(), "ticket", "7") == "created");
}

TEST_CASE("what a later version does depends on version, content and tombstone") {
  struct Case {
    const char* name;
    const char* version;
    const char* summary;  // null: the source deleted it
    Counts counts;
    const char* left;
    const char* history;
  };
  const Case cases[] = {
      {"same content", "v2", "old", {.read = 1, .unchanged = 1}, "old", "created"},
      {"newer content", "v3", "new", {.read = 1, .updated = 1}, "new", "created updated"},
      {"other content of the same version", "v2", "new", {.read = 1, .updated = 1}, "new", "created updated"},
      {"content without a version", "", "new", {.read = 1, .updated = 1}, "new", "created updated"},
      {"older version", "v1", "new", {.read = 1, .unchanged = 1}, "old", "created"},
      {"deleted", "v3", nullptr, {.deleted = 1}, "old", "created deleted"},
      {"deleted in an older version", "v1", nullptr, {}, "old", "created"},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    TestFolder folder;
    OpenStore store(folder);
    store.commit(Page(kTicket).add("7", "v2", "old"));
    Page page(kTicket);
    if (one.summary)
      page.add("7", one.version, one.summary);
    else
      page.only_id("7", Fate::deleted, one.version);

    CHECK(store.commit(page) == one.counts);
    CHECK(column(store.writer(), "ticket", "7", "summary") == one.left);
    CHECK(actions(store.writer(), "ticket", "7") == one.history);
    CHECK(store->verify().empty());
  }
}

TEST_CASE("a deleted record keeps its row, and comes back to life with its id") {
  TestFolder folder;
  OpenStore store(folder);
  store.commit(Page(kTicket).add("7", "v1", "here"));
  const std::string id = column(store.writer(), "ticket", "7", "id");
  store.commit(Page(kTicket).only_id("7", Fate::deleted));
  CHECK(column(store.writer(), "ticket", "7", "deleted_at") == "2026-03-01T08:00:00.000Z");
  CHECK(store->count("ticket", "acme", false) == 0);
  CHECK(store->count("ticket", "acme", true) == 1);
  CHECK(store.commit(Page(kTicket).only_id("7", Fate::deleted)) == Counts{});

  CHECK(store.commit(Page(kTicket).add("7", "v1", "here")) == Counts{.read = 1, .updated = 1});
  CHECK(column(store.writer(), "ticket", "7", "id") == id);
  CHECK(column(store.writer(), "ticket", "7", "deleted_at") == "(null)");
  CHECK(actions(store.writer(), "ticket", "7") == "created deleted restored");
  CHECK(store->count("ticket", "", false) == 1);
}

TEST_CASE("an update notes every changed field with its old and new value") {
  TestFolder folder;
  OpenStore store(folder);
  store.commit(Page(kTicket).add("7", "v1",
                                 {{"summary", text_value("a")},
                                  {"priority", integer_value(1)},
                                  {"hours", real_value(2)},
                                  {"assets", json_value("[\"1\"]")}}));
  Page next(kTicket);
  next.add("7", "v2",
           {{"summary", text_value("a")},
            {"priority", integer_value(3)},
            {"hours", integer_value(2)},
            {"assets", json_value("[\"1\",\"2\"]")},
            {"client", text_value("say \"hi\"")}});
  next.last_verdict().route = {"noc", "client_team", "linked"};
  store.commit(next);

  const auto history = store->history("ticket", "acme", "7");
  REQUIRE(history.size() == 2);
  CHECK(
      history[1].changes ==
      R"({"priority":[1,3],"client":[null,"say \"hi\""],"assets":[["1"],["1","2"]],"managed_team":[null,"noc"],)"
      R"("routed_by":[null,"client_team"],"routed_reason":[null,"linked"]})");
  CHECK(history[1].run == store.run());
}

TEST_CASE("ids belong to a connection, and a page may hold an id twice") {
  TestFolder folder;
  OpenStore store(folder);
  CHECK(store.commit(Page(kTicket).add("7", "v1", "a").add("7", "v2", "b").add("7", "v2", "b")) ==
        Counts{.read = 3, .created = 1, .updated = 1, .unchanged = 1});
  CHECK(store.commit(Page(kTicket, "other").add("7", "v1", "c")) == Counts{.read = 1, .created = 1});
  CHECK(store->count("ticket", "acme", false) == 1);
  CHECK(store->count("ticket", "", false) == 2);
  CHECK(store->verify().empty());
}

TEST_CASE("filtered records are counted and not stored") {
  TestFolder folder;
  OpenStore store(folder);
  CHECK(store.commit(Page(kTicket).add("7", "v1", {}, Fate::filtered)) == Counts{.read = 1, .filtered = 1});
  CHECK(store->count("ticket", "", true) == 0);
}

TEST_CASE("a page without news writes nothing, and its counts arrive with the end of the run") {
  TestFolder folder;
  OpenStore store(folder);
  Page page(kTicket);
  page.add("1", "v1", "a").add("2", "v1", "b").dead("3", "v1", "{}");
  Commit commit = store.page(page);
  commit.cursor = "c1";
  store.commit(commit);
  store->end_run(store.run(), "done", {{"ticket", "done", {}, 0, {}, {}}}, {}, {});
  const RunId quiet = store.begin_run();
  const auto before = log_size(folder);

  store->begin_sweep("main", "ticket", false);
  commit.run = quiet;
  commit.mark_seen = true;
  commit.requests = 1;
  CHECK(store.commit(commit) == Counts{.read = 3, .unchanged = 2, .dead = 1});
  CHECK(store->unseen("main", "acme", kTicket, {}, 10).total == 0);
  store->end_sweep("main", "ticket");
  CHECK(log_size(folder) == before);
  CHECK_FALSE(store->run(quiet));

  store->end_run(quiet, "done", {{"ticket", "done", {}, 1, {}, {}}}, {}, {});
  REQUIRE(store->run(quiet));
  CHECK(store->run(quiet)->state == "done");
  CHECK(store->run_entities(quiet).at(0).counts == Counts{.read = 3, .unchanged = 2, .dead = 1});
  CHECK(store->run_entities(quiet).at(0).requests == 1);
  CHECK(store->position("main", "ticket").swept_at == "2026-03-01T08:00:00.000Z");
}

TEST_CASE("records and cursor are there after a restart, and a run that was left is interrupted") {
  TestFolder folder;
  RunId left = 0;
  {
    OpenStore store(folder);
    left = store.run();
    Page page(kTicket);
    page.add("1", "v1", "a");
    Commit commit = store.page(page);
    commit.cursor = "page 2";
    store.commit(commit);
  }
  OpenStore store(folder);
  CHECK(store->position("main", "ticket").cursor == "page 2");
  CHECK(store->count("ticket", "acme", false) == 1);
  CHECK(store->run(left)->state == "interrupted");
  CHECK(store.run() > left);
  store->reset_position("main", "ticket");
  CHECK(open_reader(folder.url())->position("main", "ticket").cursor.empty());
}

TEST_CASE("several pages are one transaction: all of it or nothing") {
  TestFolder folder;
  OpenStore store(folder);
  const Page good = std::move(Page(kTicket).add("1", "v1", "a")),
             other = std::move(Page(kTicket).add("2", "v1", "b"));
  const std::vector<Commit> pages{store.page(good), store.page(other)};
  const auto fails_on_two = [](const Change& change) {
    if (change.source_id == "2") throw Error("PB1499", "the watcher is unhappy");
  };
  CHECK_THROWS_AS(store->commit(pages, fails_on_two), Error);
  CHECK(store->count("ticket", "", true) == 0);
  CHECK(store->commit(pages, {}).size() == 2);
  CHECK(store->count("ticket", "", true) == 2);
  CHECK(store->verify().empty());
}

TEST_CASE("the watcher hears of applied changes only") {
  TestFolder folder;
  OpenStore store(folder);
  std::string heard;
  const auto listen = [&](const Change& change) {
    heard += std::string(name_of(change.action)) + " " + std::string(change.source_id) + ";";
  };
  store.commit(Page(kTicket).add("1", "v1", "a").add("2", "v1", "b").add("1", "v1", "a").add("1", "v2", "c"),
               listen);
  store.commit(Page(kTicket).only_id("2", Fate::deleted).add("2", "v2", "d"), listen);
  CHECK(heard == "created 1;created 2;updated 1;deleted 2;restored 2;");
}

TEST_CASE("changed parents owe a read of their children until it is paid") {
  TestFolder folder;
  OpenStore store(folder);
  Page tickets(kTicket);
  tickets.add("1", "v1", "a").add("2", "v1", "b");
  Commit owing = store.page(tickets);
  owing.child_entity = "note";
  store.commit(owing);
  CHECK(store->owed("main", "note", 10) == std::vector<std::string>{"1", "2"});

  const std::vector<std::string> paid{"1"};
  const auto read_notes = [&](std::initializer_list<const char*> ids) {
    Page notes(kNote);
    for (const char* id : ids) notes.add(id, "", {{"ticket", text_value("1")}, {"text", text_value(id)}});
    Commit paying = store.page(notes);
    paying.settled_parents = paid;
    return store.commit(paying);
  };
  CHECK(read_notes({"n1", "n2"}) == Counts{.read = 2, .created = 2});
  CHECK(store->owed("main", "note", 10) == std::vector<std::string>{"2"});

  SECTION("children that the parent no longer has are deleted") {
    CHECK(read_notes({"n2"}) == Counts{.read = 1, .unchanged = 1, .deleted = 1});
    CHECK(actions(store.writer(), "note", "n1") == "created deleted");
  }
  SECTION("a deleted parent owes a read, which takes its children along") {
    Page gone(kTicket);
    gone.only_id("1", Fate::deleted);
    Commit burying = store.page(gone);
    burying.child_entity = "note";
    store.commit(burying);
    CHECK(store->owed("main", "note", 10) == std::vector<std::string>{"2", "1"});
    CHECK(read_notes({}) == Counts{.deleted = 2});
    CHECK(actions(store.writer(), "note", "n1") == "created deleted");
  }
  SECTION("a parent that changed after it was asked for owes again") {
    Page again(kTicket);
    again.add("1", "v2", "changed");
    Commit more = store.page(again);
    more.child_entity = "note";
    store.commit(more);
    read_notes({"n1", "n2"});
    CHECK(store->owed_children("main", "note") == 2);
    CHECK(store->owed("main", "note", 10) == std::vector<std::string>{"2", "1"});
  }
}

TEST_CASE("a trial shows everything and leaves nothing, or all of it") {
  TestFolder folder;
  OpenStore store(folder);
  store.commit(Page(kTicket).add("1", "v1", "a"));
  store->begin_trial();
  Page page(kTicket);
  page.add("1", "v2", "b").add("2", "v1", "c");
  Commit commit = store.page(page);
  commit.cursor = "later";
  store.commit(commit);
  CHECK(store->count("ticket", "acme", false) == 2);
  CHECK(open_reader(folder.url())->count("ticket", "acme", false) == 1);

  SECTION("rolled back") {
    store->end_trial(false);
    CHECK(store->count("ticket", "acme", false) == 1);
    CHECK(column(store.writer(), "ticket", "1", "summary") == "a");
    CHECK(store->position("main", "ticket").cursor.empty());
    store->prepare(std::vector<EntitySchema>{kTicket});
    CHECK(store.commit(commit) == Counts{.read = 2, .created = 1, .updated = 1});
  }
  SECTION("kept") {
    store->end_trial(true);
    CHECK(open_reader(folder.url())->count("ticket", "acme", false) == 2);
    CHECK(open_reader(folder.url())->position("main", "ticket").cursor == "later");
  }
  CHECK(store->verify().empty());
}

}  // namespace
}  // namespace psabridge::store
