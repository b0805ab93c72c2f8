// The life of a dead letter.
#include <catch2/catch_test_macros.hpp>

#include "core/base/error.h"
#include "tests/unit/store/store_fixture.h"

namespace psabridge::store {
namespace {

const EntitySchema kTicket = ticket_schema();

DeadLetter only_letter(OpenStore& store) {
  const auto letters = store->dead_letters({.entity = "ticket"});
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].payload.empty());  // a list may be long, and payloads are large
  return store->dead_letter(letters[0].id).value();
}

TEST_CASE("a bad record is kept with its payload and reason") {
  TestFolder folder;
  OpenStore store(folder);
  CHECK(store.commit(Page(kTicket).dead("7", "v1", "{\"broken\": \xff}", "no summary")) ==
        Counts{.read = 1, .dead = 1});
  const DeadLetter letter = only_letter(store);
  CHECK(letter.source_id == "7");
  CHECK(letter.connection == "acme");
  CHECK(letter.pipeline == "main");
  CHECK(letter.code == "PB1402");
  CHECK(letter.reason == "no summary");
  CHECK(letter.payload == "{\"broken\": \xff}");
  CHECK(letter.state == "open");
  CHECK(letter.run == store.run());
  CHECK(store->dead_count("main") == 1);
  CHECK(store->dead_count("other") == 0);
}

TEST_CASE("what comes after a dead letter decides its state") {
  struct Case {
    const char* name;
    const char* set_to;  // by an admin, before the next page; null: nothing
    const char* version;
    const char* payload;  // of the next page, bad again; null: a good version
    const char* state;
    std::uint64_t times;
  };
  const Case cases[] = {
      {"the same again", nullptr, "v2", "bad", "open", 1},
      {"another bad version", nullptr, "v3", "worse", "open", 2},
      {"a good version", nullptr, "v3", nullptr, "resolved", 1},
      {"a good version that is older", nullptr, "v1", nullptr, "open", 1},
      {"tried again and bad", "retried", "v2", "bad", "open", 2},
      {"tried again and good", "retried", "v2", nullptr, "resolved", 1},
      {"discarded and the same", "discarded", "v2", "bad", "discarded", 1},
      {"discarded and another", "discarded", "v3", "worse", "open", 2},
      {"discarded and good", "discarded", "v3", nullptr, "discarded", 1},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    TestFolder folder;
    OpenStore store(folder);
    store.commit(Page(kTicket).dead("7", "v2", "bad"));
    if (one.set_to) store->set_dead_state(only_letter(store).id, one.set_to);
    Page next(kTicket);
    if (one.payload)
      next.dead("7", one.version, one.payload);
    else
      next.add("7", one.version, "good");
    store.commit(next);
    CHECK(only_letter(store).state == one.state);
    CHECK(only_letter(store).times == one.times);
  }
}

TEST_CASE("an unchanged good version and a deletion close a dead letter too") {
  TestFolder folder;
  OpenStore store(folder);
  store.commit(Page(kTicket).add("7", "v1", "good"));
  store.commit(Page(kTicket).dead("7", "v1", "bad"));
  CHECK(store.commit(Page(kTicket).add("7", "v1", "good")) == Counts{.read = 1, .unchanged = 1});
  CHECK(only_letter(store).state == "resolved");
  store.commit(Page(kTicket).dead("7", "v1", "bad"));
  CHECK(only_letter(store).state == "open");
  store.commit(Page(kTicket).only_id("7", Fate::deleted));
  CHECK(only_letter(store).state == "resolved");
}

TEST_CASE("records without an id are told apart by their payload") {
  TestFolder folder;
  OpenStore store(folder);
  store.commit(Page(kTicket).dead("", "", "one").dead("", "", "two").dead("", "", "one"));
  CHECK(store->dead_letters({.state = "open"}).size() == 2);
}

TEST_CASE("dead letters are found by what is known of them, newest first") {
  TestFolder folder;
  OpenStore store(folder);
  const EntitySchema client = client_schema();
  store.commit(Page(kTicket).dead("70", "v1", "{\"summary\":\"100% Broken\"}", "no summary"));
  store.clock.sleep(std::chrono::hours{1}, {});
  const SysMilliseconds later = store.clock.now();
  store.commit(Page(kTicket).dead("81", "v1", "{}", "no opened_at"));
  store.commit(Page(client).dead("9", "v1", "{}", "no name"));
  store->set_dead_state(3, "discarded");

  const auto found = [&](const DeadQuery& query) {
    std::string ids;
    for (const DeadLetter& letter : store->dead_letters(query)) ids += letter.source_id + " ";
    return ids;
  };
  CHECK(found({}) == "9 81 70 ");
  CHECK(found({.limit = 2}) == "9 81 ");
  CHECK(found({.entity = "ticket"}) == "81 70 ");
  CHECK(found({.state = "discarded"}) == "9 ");
  CHECK(found({.code = "PB1402"}) == "9 81 70 ");
  CHECK(found({.code = "PB1403"}).empty());
  CHECK(found({.search = "BROKEN"}) == "70 ");
  CHECK(found({.search = "100%"}) == "70 ");
  CHECK(found({.search = "1%0"}).empty());
  CHECK(found({.search = "opened"}) == "81 ");
  CHECK(found({.search = "81"}) == "81 ");
  CHECK(found({.since = later}) == "9 81 ");
  CHECK(found({.until = later}) == "70 ");
  CHECK(found({.ids = {1, 3, 99}}) == "9 70 ");
  CHECK(found({.entity = "ticket", .ids = {1, 3}}) == "70 ");

  // What failed again is new.
  store.clock.sleep(std::chrono::hours{1}, {});
  store.commit(Page(kTicket).dead("70", "v2", "{}", "still no summary"));
  CHECK(found({}) == "70 9 81 ");
}

TEST_CASE("a state that does not exist and a letter that does not exist are refused") {
  TestFolder folder;
  OpenStore store(folder);
  store.commit(Page(kTicket).dead("7", "v1", "bad"));
  CHECK_THROWS_AS(store->set_dead_state(1, "gone"), Error);
  CHECK_THROWS_AS(store->set_dead_state(99, "open"), Error);
}

}  // namespace
}  // namespace psabridge::store
