// The outbox in the store: order, turns, figures, the ledger of what was written.
#include "core/store/outbox.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/store/store_fixture.h"

using namespace psabridge;
using namespace psabridge::store;

namespace {

const SysMilliseconds kNoon = *parse_time("2026-10-03T12:00:00Z");

/// A store of its own; `at` moves nothing.
struct Desk {
  TestFolder folder;
  std::unique_ptr<Writer> writer = open_writer(folder.url(), system_clock());
  Outbox& outbox = writer->outbox();

  std::int64_t add(const std::string& ticket, const std::string& field, const std::string& wanted,
                   SysMilliseconds due = kNoon) {
    return outbox.add({.connection = "acme",
                       .entity = "ticket",
                       .source_id = ticket,
                       .field = field,
                       .wanted = wanted,
                       .expected = "before",
                       .origin = "person",
                       .by = "anna",
                       .created_at = format_time(kNoon),
                       .due_at = format_time(due)});
  }
  void move(std::int64_t id, OutboxState state) {
    OutboxChange change = *outbox.change(id);
    change.state = state;
    change.done_at = format_time(kNoon);
    outbox.update(change);
  }
  std::vector<std::int64_t> due(SysMilliseconds now = kNoon) const {
    std::vector<std::int64_t> ids;
    for (const OutboxChange& change : outbox.due("acme", now, 100)) ids.push_back(change.id);
    return ids;
  }
};

using Ids = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a change is kept as it was decided, and whether it had an expected value") {
  Desk desk;
  const auto id = desk.add("7", "team", "Network");
  OutboxChange change = *desk.outbox.change(id);
  CHECK(change.connection + change.entity + change.source_id + change.field == "acmeticket7team");
  CHECK(change.wanted + change.origin + change.by == "Networkpersonanna");
  CHECK(change.expected == "before");
  CHECK(change.state == OutboxState::waiting);
  change.expected.reset();
  change.state = OutboxState::conflict;
  change.code = "PB2303", change.reason = "why", change.shown = "theirs", change.tries = 3;
  desk.outbox.update(change);
  change = *desk.outbox.change(id);
  CHECK_FALSE(change.expected);
  CHECK(change.code + change.reason + change.shown == "PB2303whytheirs");
  CHECK(change.tries == 3);
  CHECK_FALSE(desk.outbox.change(99));
}

TEST_CASE("a change waits for its time and for the earlier ones of its ticket") {
  Desk desk;
  const auto first = desk.add("7", "team", "a", kNoon + std::chrono::minutes{5});
  const auto second = desk.add("7", "note", "b");
  const auto other = desk.add("8", "team", "c");
  CHECK(desk.due() == Ids{other});
  CHECK(desk.due(kNoon + std::chrono::minutes{5}) == Ids{first, second, other});
  desk.move(first, OutboxState::sent);
  CHECK(desk.due(kNoon + std::chrono::minutes{5}) == Ids{first, second, other});  // its end is not known
  for (const auto state : {OutboxState::confirmed, OutboxState::conflict, OutboxState::failed,
                           OutboxState::dropped, OutboxState::superseded}) {
    desk.move(first, state);
    CHECK(desk.due() == Ids{second, other});
  }
}

TEST_CASE("a newer change takes the place of what was not sent, and of nothing else") {
  Desk desk;
  const auto waiting = desk.add("7", "team", "a");
  const auto sent = desk.add("7", "team", "b");
  const auto agent = desk.add("7", "agent", "12");
  desk.move(sent, OutboxState::sent);
  const OutboxChange like = *desk.outbox.change(waiting);
  desk.outbox.supersede(like, "newer", kNoon);
  CHECK(desk.outbox.change(waiting)->state == OutboxState::superseded);
  CHECK(desk.outbox.change(waiting)->reason == "newer");
  CHECK(desk.outbox.change(sent)->state == OutboxState::sent);
  CHECK(desk.outbox.change(agent)->state == OutboxState::waiting);
  CHECK(desk.outbox.newest(like)->id == sent);
}

TEST_CASE("lists, figures and made notes") {
  Desk desk;
  const auto a = desk.add("7", "team", "a");
  const auto b = desk.add("7", "note", "b");
  const auto c = desk.add("8", "note", "c");
  OutboxChange made = *desk.outbox.change(b);
  made.made_id = "7/3";
  made.state = OutboxState::confirmed;
  made.done_at = format_time(kNoon);
  desk.outbox.update(made);
  CHECK(desk.outbox.made_in(made) == std::vector<std::string>{"7/3"});
  CHECK(desk.outbox.list({.source_id = "7"}).size() == 2);
  CHECK(desk.outbox.list({.states = {OutboxState::waiting}}).front().id == c);
  CHECK(desk.outbox.list({.field = "team"}).front().id == a);
  CHECK(desk.outbox.list({.limit = 1}).size() == 1);
  CHECK(desk.outbox.list({.connection = "other"}).empty());
  CHECK(desk.outbox.list({.entity = "ticket"}).size() == 3);
  CHECK(desk.outbox.list({.entity = "client"}).empty());
  const OutboxFigures figures = desk.outbox.figures("acme");
  CHECK(figures.by_state.at(OutboxState::waiting) == 2);
  CHECK(figures.oldest_open_at == format_time(kNoon));
  CHECK(desk.outbox.figures("other").by_state.empty());
}

TEST_CASE("the ledger knows what was written, until it is pruned; what waits is never pruned") {
  Desk desk;
  const auto id = desk.add("7", "team", "Network");
  const auto waiting = desk.add("8", "team", "Network");
  const OutboxChange change = *desk.outbox.change(id);
  CHECK_FALSE(desk.outbox.wrote(change, kNoon - std::chrono::hours{1}));
  desk.outbox.note_write(change, kNoon);
  CHECK(desk.outbox.wrote(change, kNoon - std::chrono::hours{1}));
  CHECK_FALSE(desk.outbox.wrote(change, kNoon + std::chrono::hours{1}));
  OutboxChange other = change;
  other.wanted = "Elsewhere";
  CHECK_FALSE(desk.outbox.wrote(other, kNoon - std::chrono::hours{1}));
  desk.move(id, OutboxState::confirmed);
  CHECK(desk.outbox.confirmed_since(change, kNoon - std::chrono::hours{1}) == 1);
  desk.outbox.prune(kNoon + std::chrono::hours{1});
  CHECK_FALSE(desk.outbox.change(id));
  CHECK_FALSE(desk.outbox.wrote(change, kNoon - std::chrono::hours{1}));
  CHECK(desk.outbox.change(waiting));
}

TEST_CASE("a merge that the source made is never forgotten, and the newest is known") {
  Desk desk;
  CHECK(desk.outbox.last_confirmed("acme", "merge") == 0);
  const auto made = desk.add("31", "merge", "12");
  const auto dropped = desk.add("44", "merge", "12");
  desk.move(made, OutboxState::confirmed);
  desk.move(dropped, OutboxState::dropped);
  CHECK(desk.outbox.last_confirmed("acme", "merge") == made);
  CHECK(desk.outbox.last_confirmed("other", "merge") == 0);
  desk.outbox.prune(kNoon + std::chrono::hours{1});
  CHECK(desk.outbox.change(made));
  CHECK_FALSE(desk.outbox.change(dropped));
}

TEST_CASE("what a field may show by our own doing: the value confirmed last, and those sent since") {
  Desk desk;
  const auto sent = [&](const std::string& wanted, OutboxState state) {
    OutboxChange change = *desk.outbox.change(desk.add("7", "team", wanted));
    change.state = state;
    change.tried_at = format_time(kNoon);
    desk.outbox.update(change);
    return change;
  };
  const OutboxChange like = sent("a", OutboxState::confirmed);
  CHECK(desk.outbox.sent_values(like) == std::vector<std::string>{"a"});
  sent("b", OutboxState::confirmed);
  sent("c", OutboxState::superseded);
  desk.add("7", "team", "d");  // never sent
  CHECK(desk.outbox.sent_values(like) == std::vector<std::string>{"b", "c"});
}
