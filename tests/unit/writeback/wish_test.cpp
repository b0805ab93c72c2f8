// Which decisions become changes.
#include "core/writeback/wish.h"

#include <catch2/catch_test_macros.hpp>

#include "core/store/outbox.h"
#include "tests/unit/store/store_fixture.h"

using namespace psabridge;
using namespace psabridge::writeback;
using store::OutboxChange;
using store::OutboxState;

namespace {

const SysMilliseconds kNoon = *parse_time("2026-10-03T12:00:00Z");

struct Desk {
  store::TestFolder folder;
  std::unique_ptr<store::Writer> writer = store::open_writer(folder.url(), system_clock());
  store::Outbox& outbox = writer->outbox();
  config::Pipeline pipeline;

  Desk() {
    pipeline.name = "main";
    pipeline.connection = "acme";
    pipeline.write_back.fields = {"team", "agent", "notes"};
    pipeline.write_back.teams = {{"noc", "Network Operations"}};
  }
  std::optional<std::int64_t> route(std::string_view wanted, std::string_view present) {
    return enqueue(outbox, pipeline,
                   {.source_id = "7",
                    .field = "team",
                    .wanted = wanted,
                    .present = present,
                    .origin = "route",
                    .by = "links"},
                   kNoon);
  }
  std::optional<std::int64_t> person(std::string_view wanted, std::string_view present) {
    return enqueue(outbox, pipeline,
                   {.source_id = "7",
                    .field = "team",
                    .wanted = wanted,
                    .present = present,
                    .origin = "person",
                    .by = "anna"},
                   kNoon);
  }
  void move(std::int64_t id, OutboxState state) {
    OutboxChange change = *outbox.change(id);
    change.state = state;
    change.done_at = format_time(kNoon);
    outbox.update(change);
  }
};

}  // namespace

TEST_CASE("nothing is written back unless the pipeline names it") {
  Desk desk;
  desk.pipeline.write_back.fields = {"agent"};
  CHECK_FALSE(desk.route("noc", "Service Desk"));
  desk.pipeline.write_back.fields.clear();
  CHECK_FALSE(desk.person("noc", "Service Desk"));
  CHECK(desk.outbox.list({}).empty());
}

TEST_CASE("a managed team is written by the source's name of it") {
  Desk desk;
  const auto id = desk.route("noc", "Service Desk");
  REQUIRE(id);
  CHECK(desk.outbox.change(*id)->wanted == "Network Operations");
  CHECK(desk.outbox.change(*id)->expected == "Service Desk");
  CHECK_FALSE(desk.route("noc", "Network Operations"));  // the source shows it
}

TEST_CASE("the same decision, made again and again, is one change, whatever became of it") {
  Desk desk;
  const auto id = desk.route("noc", "Service Desk");
  REQUIRE(id);
  for (const auto state : {OutboxState::waiting, OutboxState::sent, OutboxState::confirmed,
                           OutboxState::conflict, OutboxState::failed, OutboxState::dropped}) {
    desk.move(*id, state);
    INFO(store::name_of(state));
    CHECK_FALSE(desk.route("noc", "Service Desk"));
  }
  CHECK(desk.outbox.list({}).size() == 1);
}

TEST_CASE("a newer decision takes the place of one that was not sent") {
  Desk desk;
  const auto first = desk.route("noc", "Service Desk");
  const auto second = desk.route("field", "Service Desk");
  REQUIRE((first && second));
  CHECK(desk.outbox.change(*first)->state == OutboxState::superseded);
  CHECK(desk.outbox.change(*second)->wanted == "field");
}

TEST_CASE(
    "a decision for what the source shows withdraws one that waits, and follows one that is under way") {
  Desk desk;
  const auto first = desk.route("noc", "Service Desk");
  CHECK_FALSE(desk.route("Service Desk", "Service Desk"));
  CHECK(desk.outbox.change(*first)->state == OutboxState::superseded);
  for (const auto state : {OutboxState::sent, OutboxState::confirmed}) {
    Desk other;
    other.move(*other.route("noc", "Service Desk"), state);
    // The store still shows what was before; the source does not, or not for long.
    CHECK(other.route("Service Desk", "Service Desk"));
  }
}

TEST_CASE("a decision that was withdrawn counts again; so does a refused one when the source moved on") {
  Desk desk;
  desk.route("noc", "Service Desk");
  CHECK_FALSE(desk.route("Service Desk", "Service Desk"));
  const auto second = desk.route("noc", "Service Desk");
  REQUIRE(second);
  desk.move(*second, OutboxState::failed);
  CHECK(desk.route("noc", "Field"));
  CHECK(desk.outbox.change(*second)->state == OutboxState::superseded);
}

TEST_CASE("a person who says it again after a conflict or a refusal is heard") {
  Desk desk;
  const auto first = desk.person("noc", "Service Desk");
  desk.move(*first, OutboxState::conflict);
  const auto second = desk.person("noc", "Field");
  REQUIRE(second);
  CHECK(desk.outbox.change(*first)->state == OutboxState::superseded);
  CHECK(desk.outbox.change(*second)->expected == "Field");
}

TEST_CASE("notes are never taken for the same") {
  Desk desk;
  const Wish wish{.source_id = "7",
                  .field = "note",
                  .wanted = "Called back",
                  .present = {},
                  .origin = "person",
                  .by = "anna"};
  CHECK(enqueue(desk.outbox, desk.pipeline, wish, kNoon));
  CHECK(enqueue(desk.outbox, desk.pipeline, wish, kNoon));
  CHECK(desk.outbox.list({}).size() == 2);
}

TEST_CASE("a merge that was made is not asked for again; one that was refused is") {
  Desk desk;
  desk.pipeline.write_back.fields = {"merges"};
  const Wish wish{.source_id = "31",
                  .field = "merge",
                  .wanted = "12",
                  .present = {},
                  .origin = "person",
                  .by = "anna",
                  .entity = "client"};
  const auto first = enqueue(desk.outbox, desk.pipeline, wish, kNoon);
  REQUIRE(first);
  CHECK(desk.outbox.change(*first)->entity == "client");
  CHECK_FALSE(enqueue(desk.outbox, desk.pipeline, wish, kNoon));
  desk.move(*first, OutboxState::failed);
  const auto second = enqueue(desk.outbox, desk.pipeline, wish, kNoon);
  REQUIRE(second);
  desk.move(*second, OutboxState::confirmed);
  CHECK_FALSE(enqueue(desk.outbox, desk.pipeline, wish, kNoon));
}

TEST_CASE("a field that is written again and again is held") {
  Desk desk;
  for (int i = 0; i < 5; ++i) {
    const auto id = desk.route(i % 2 == 0 ? "noc" : "field", "theirs " + std::to_string(i));
    REQUIRE(id);
    desk.move(*id, OutboxState::confirmed);
  }
  const auto held = desk.route("field", "theirs again");
  REQUIRE(held);
  CHECK(desk.outbox.change(*held)->state == OutboxState::conflict);
  CHECK(desk.outbox.change(*held)->code == "PB2306");
}

TEST_CASE("a value that comes back is known as our own") {
  Desk desk;
  const auto id = desk.route("noc", "Service Desk");
  CHECK_FALSE(is_echo(desk.outbox, "acme", "7", "team", "Network Operations", kNoon));
  desk.outbox.note_write(*desk.outbox.change(*id), kNoon);
  CHECK(is_echo(desk.outbox, "acme", "7", "team", "Network Operations", kNoon));
  CHECK_FALSE(is_echo(desk.outbox, "acme", "7", "team", "Field", kNoon));
  CHECK_FALSE(is_echo(desk.outbox, "acme", "8", "team", "Network Operations", kNoon));
  CHECK_FALSE(
      is_echo(desk.outbox, "acme", "7", "team", "Network Operations", kNoon + std::chrono::hours{24 * 8}));
}
