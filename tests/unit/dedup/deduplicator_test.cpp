// What is decided about records, on its way to the store and back.
#include "core/dedup/deduplicator.h"

#include <barrier>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include "tests/unit/dedup/kept_clients.h"

namespace psabridge::dedup {
namespace {

using test::Client;
using test::KeptClients;

/// The client of that number: unlike all others.
Client client(std::size_t number, std::string id) {
  std::mt19937_64 random(number + 1);
  std::string word;
  while (word.size() < 10) {
    word += "bcdfghklmnprstvw"[random() % 16];
    word += "aeiou"[random() % 5];
  }
  return {std::move(id), word + " Engineering Ltd", "+44 20 7" + std::to_string(100'000 + random() % 900'000),
          word + ".example.com"};
}

/// The same client as another program has it.
Client again(std::size_t number, std::string id) {
  Client same = client(number, std::move(id));
  same.name.resize(same.name.rfind(' '));
  return same;
}

/// Of each step what each of the writers writes. In every third step the writers write the same client two
/// by two.
constexpr std::size_t kWriters = 8, kSteps = 45;
bool is_twice(std::size_t step) { return step % 3 == 0; }
std::size_t number_of(std::size_t step, std::size_t writer) {
  return step * kWriters + (is_twice(step) ? writer / 2 * 2 : writer);
}
Client written(std::size_t step, std::size_t writer) {
  const std::size_t number = number_of(step, writer), record = step * kWriters + writer;
  return number == record ? client(number, std::to_string(record)) : again(number, std::to_string(record));
}

TEST_CASE("writers at once make no entity twice that a look beforehand would have found") {
  KeptClients kept;
  std::barrier together(kWriters);
  {
    std::vector<Matcher> matchers;
    for (std::size_t writer = 0; writer < kWriters; ++writer) matchers.push_back(kept.matcher());
    std::vector<std::jthread> writers;
    for (std::size_t writer = 0; writer < kWriters; ++writer)
      writers.emplace_back([&, writer] {
        for (std::size_t step = 0; step < kSteps; ++step) {
          together.arrive_and_wait();
          kept.commit({written(step, writer)}, matchers[writer]);
          kept.catch_up();
        }
      });
  }

  std::set<RecordId> entities;
  std::set<std::size_t> clients;
  std::size_t apart = 0, overlooked = 0;
  for (std::size_t step = 0; step < kSteps; ++step)
    for (std::size_t writer = 0; writer < kWriters; ++writer) {
      const Client record = written(step, writer);
      const RecordId entity = kept.entity(record.id);
      entities.insert(entity);
      clients.insert(number_of(step, writer));
      if (entity != kept.entity(std::to_string(number_of(step, writer)))) ++apart;
      Client unknown = record;
      unknown.id = "unknown";
      const Answer answer = kept.deduplicator().check("client", test::batch_of({unknown}), {}).front();
      if (answer.is != Answer::Is::exists || answer.likenesses.front().entity != entity) ++overlooked;
    }
  CHECK(apart == 0);
  CHECK(overlooked == 0);
  CHECK(entities.size() == clients.size());
  CHECK(clients.size() == kSteps / 3 * kWriters / 2 + kSteps / 3 * 2 * kWriters);

  KeptClients alone;
  Matcher matcher = alone.matcher();
  for (std::size_t step = 0; step < kSteps; ++step)
    for (std::size_t writer = 0; writer < kWriters; ++writer) {
      alone.commit({written(step, writer)}, matcher);
      alone.catch_up();
    }
  CHECK(kept.deduplicator().engine("client").fingerprint() ==
        alone.deduplicator().engine("client").fingerprint());
}

TEST_CASE("what is written change by change is what is in memory") {
  KeptClients kept;
  Matcher matcher = kept.matcher();
  std::mt19937_64 random(7);
  for (int step = 0; step < 60; ++step) {
    std::vector<Client> some;
    for (std::uint64_t i = 0; i <= random() % 3; ++i) {
      const std::size_t record = random() % 40, number = record / 2 + (random() % 5 == 0 ? 1 : 0);
      some.push_back(record % 2 == 0 ? client(number, std::to_string(record))
                                     : again(number, std::to_string(record)));
      if (some.front().id == some.back().id) some.resize(1);
    }
    kept.commit(some, matcher, random() % 6 == 0 ? Fate::deleted : Fate::write);
    kept.catch_up();
    CHECK(kept.stored() == kept.held());
    if (step % 10 == 4) kept.restart();
  }
  CHECK_FALSE(kept.stored().empty());
}

TEST_CASE("a new record that is like no other is looked at once, and once more when the process ends") {
  KeptClients kept;
  Matcher matcher = kept.matcher();
  kept.commit({client(1, "1"), client(2, "2")}, matcher);
  CHECK(kept.catch_up().records == 2);
  kept.commit({client(3, "3")}, matcher);
  CHECK(kept.deduplicator().waiting("client") == 1);
  CHECK(kept.catch_up().records == 1);
  CHECK(kept.deduplicator().waiting("client") == 0);
  CHECK(kept.catch_up().records == 0);
  kept.restart();
  CHECK(kept.deduplicator().waiting("client") == 1);
  CHECK(kept.catch_up().records == 1);

  kept.commit({again(3, "4")}, matcher);
  CHECK(kept.catch_up().joined == 1);
  kept.restart();
  CHECK(kept.deduplicator().waiting("client") == 0);
  CHECK(kept.entity("3") == kept.entity("4"));
}

TEST_CASE("other code of a strategy makes the forms anew, whatever version it calls itself") {
  KeptClients kept;
  Matcher matcher = kept.matcher();
  kept.commit({client(1, "1"), again(1, "2"), client(3, "3")}, matcher);
  CHECK(kept.catch_up().records == 3);
  const store::TestFolder folder;
  for (const char* plugin : {"dedup_similar.so", "dedup_strong_id.so"})
    std::filesystem::copy(std::filesystem::path(PSABRIDGE_PLUGIN_DIR) / plugin, folder.path() / plugin);
  kept.restart(folder.path());
  CHECK(kept.catch_up().records == 0);
  std::ofstream(folder.path() / "dedup_similar.so", std::ios::app) << "another build";
  kept.restart(folder.path());
  CHECK(kept.catch_up().records == 3);
  CHECK(kept.entity("1") == kept.entity("2"));
}

TEST_CASE("a record that changes or goes waits, also before it was ever looked at") {
  KeptClients kept;
  Matcher matcher = kept.matcher();
  kept.commit({client(1, "1"), again(1, "2"), client(3, "3")}, matcher);
  kept.commit({client(4, "3")}, matcher);
  kept.commit({client(3, "3")}, matcher, Fate::deleted);
  CHECK(kept.catch_up().records == 2);
  CHECK(kept.entity("1") == kept.entity("2"));

  kept.commit({client(5, "2")}, matcher);
  CHECK(kept.catch_up().records == 1);
  CHECK(kept.entity("1") != kept.entity("2"));
  CHECK(kept.stored().empty());

  kept.commit({again(1, "2")}, matcher);
  kept.catch_up();
  CHECK(kept.entity("1") == kept.entity("2"));
  kept.commit({again(1, "2")}, matcher, Fate::deleted);
  CHECK(kept.catch_up().records == 1);
  CHECK(kept.stored().empty());
}

TEST_CASE("records that were there before anybody looked for duplicates are found by new ones") {
  KeptClients kept;
  kept.commit_plainly({client(1, "1"), client(2, "2")});
  kept.restart();
  kept.deduplicator().begin("client");
  CHECK(kept.catch_up().records == 0);  // begin() of the empty store said that all forms are there
  kept.deduplicator().rebuild("client", {});
  CHECK(kept.catch_up().records == 2);
  Matcher matcher = kept.matcher();
  kept.commit({again(2, "3")}, matcher);
  CHECK(kept.catch_up().joined == 1);
  CHECK(kept.entity("3") == kept.entity("2"));
}

TEST_CASE("a step is undone after many others, and all is as before") {
  KeptClients kept;
  Matcher matcher = kept.matcher();
  std::vector<Client> clients;
  for (std::size_t number = 0; number < 60; ++number)
    clients.push_back(client(number, std::to_string(number)));
  kept.commit(clients, matcher);
  kept.catch_up();
  const Deduplicator::Person person{"ann", ""};
  const std::string before = kept.stored();
  std::vector<std::int64_t> steps;
  for (std::size_t number = 0; number + 1 < clients.size(); number += 2) {
    const std::vector<RecordId> records[] = {
        {kept.record(std::to_string(number)), kept.record(std::to_string(number + 1))}};
    steps.push_back(kept.deduplicator().merge("client", records, person));
  }
  CHECK(kept.deduplicator().groups("client").size() == 30);
  const auto undo = kept.deduplicator().undo(steps.front(), person);
  CHECK(kept.deduplicator().groups("client").size() == 29);
  CHECK_FALSE(kept.deduplicator().undo(steps.front(), person));
  kept.restart();
  CHECK(kept.deduplicator().groups("client").size() == 29);
  kept.deduplicator().undo(*undo, person);
  CHECK(kept.deduplicator().groups("client").size() == 30);
  for (const std::int64_t step : steps) kept.deduplicator().undo(step, person);
  CHECK(kept.stored() == before);
}

}  // namespace
}  // namespace psabridge::dedup
