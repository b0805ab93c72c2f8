// The life of an event in the journal: decoding, order, outcomes, crashes, decisions of admins, groups of
// dead ones, gaps, and its end.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "core/base/error.h"
#include "tests/unit/store/journal_fixture.h"

namespace psabridge::store {
namespace {

using Catch::Matchers::ContainsSubstring;
using std::chrono::hours;
using std::chrono::minutes;
using Ids = std::vector<EventId>;

TEST_CASE("journal: states have names, and names states") {
  for (int number = 0; number <= static_cast<int>(EventState::discarded); ++number)
    CHECK(event_state_named(name_of(static_cast<EventState>(number))) == static_cast<EventState>(number));
  CHECK(name_of(EventState::waiting) == "waiting");
  CHECK_FALSE(event_state_named("asleep"));
}

TEST_CASE("journal: a delivery of one event becomes it") {
  const TestFolder folder;
  OpenJournal journal(folder);
  const EventId whole = journal.accept(delivery("d-1", "{\"id\":7}")).event;
  const EventId wrapped = journal.accept(delivery("d-2", "[{\"id\":8}]")).event;
  const std::vector<Decoding> decodings{{whole, {ticket_event("k7", "7", "{\"id\":7}")}},
                                        {wrapped, {ticket_event("", "8", "{\"id\":8}")}}};
  const std::vector<Event> events = journal->decoded(decodings);
  REQUIRE(ids_of(events) == Ids{whole, wrapped});
  CHECK(events[0].key == "k7");
  CHECK(events[1].key == "d-2");
  for (const Event& event : {events[1], journal.at(wrapped), journal->open_events(&events[0], 1).at(0)}) {
    CHECK(event.decoded);
    CHECK(event.state == EventState::ready);
    CHECK(event.kind == "updated");
    CHECK(event.entity == "ticket");
    CHECK(event.source_id == "8");
    CHECK(event.occurred_at == "2026-03-01T07:59:58.000Z");
    CHECK(event.actor == "agent 3");
    CHECK(event.body == "{\"id\":8}");
    CHECK(event.cause == 0);
  }
  // Decoding does not make the delivery unknown.
  CHECK(journal.accept(delivery("d-2", "[{\"id\":8}]")).event == wrapped);
  CHECK(journal.decode(whole, {ticket_event("k9", "9")}).empty());  // it has been decoded
  CHECK(journal.at(whole).source_id == "7");
  CHECK(journal.reader().verify().empty());
}

TEST_CASE("journal: a delivery without events is skipped") {
  const TestFolder folder;
  OpenJournal journal(folder);
  const EventId id = journal.event("ping");
  CHECK(journal.decode(id, {}, "A test of the source.").empty());
  CHECK(journal.state(id) == EventState::skipped);
  CHECK(journal.at(id).reason == "A test of the source.");
  CHECK(journal.at(id).finished_at == "2026-03-01T08:00:00.000Z");
  CHECK_FALSE(journal.at(id).decoded);
  CHECK(journal->open_events(nullptr, 10).empty());
  // A connector that has learned of it reads it when it is replayed.
  CHECK(journal->replay({.ids = {id}}, "new connector") == 1);
  CHECK(ids_of(journal.decode(id, {ticket_event("k", "1")})) == Ids{id});
  CHECK(journal.reader().verify().empty());
}

TEST_CASE("journal: parts stand in the place of their delivery") {
  const TestFolder folder;
  OpenJournal journal(folder);
  const EventId first = journal.event("1"), batch = journal.event("2"), last = journal.event("3");
  const std::vector<Event> parts = journal.decode(
      batch, {ticket_event("a", "1", "A"), ticket_event("b", "2", "B"), ticket_event("c", "3", "C")});
  REQUIRE(parts.size() == 3);
  const Ids order{first, parts[0].id, parts[1].id, parts[2].id, last};
  CHECK(parts[1].cause == batch);
  CHECK(parts[1].received_at == journal.at(batch).received_at);
  CHECK(parts[1].peer == "192.0.2.7");
  CHECK(parts[1].body == "B");
  CHECK(journal.state(batch) == EventState::done);
  CHECK(journal.at(batch).effect == "3 events");
  CHECK(journal.at(batch).body == "2");
  CHECK(ids_of(journal->open_events(nullptr, 10)) == order);
  journal.reopen();
  Ids paged;
  std::optional<Event> after;
  for (;;) {
    const std::vector<Event> page = journal->open_events(after ? &*after : nullptr, 2);
    if (page.empty()) break;
    for (const Event& event : page) paged.push_back(event.id);
    after = page.back();
  }
  CHECK(paged == order);
  CHECK(journal.reader().verify().empty());
}

TEST_CASE("journal: an event whose key was there is skipped as a repetition") {
  const TestFolder folder;
  OpenJournal journal(folder);
  const EventId first = journal.ticket("k1", "1");
  journal.settle({.id = first});
  const EventId again = journal.event("k1 in other words");
  CHECK(journal.decode(again, {ticket_event("k1", "1")}).empty());
  CHECK(journal.state(again) == EventState::skipped);
  CHECK(journal.at(again).cause == first);
  CHECK_THAT(journal.at(again).reason, ContainsSubstring("event " + std::to_string(first)));
  const EventId batch = journal.event("several");
  const auto fresh = journal.decode(batch, {ticket_event("k1", "1"), ticket_event("k2", "1"),
                                            ticket_event("k2", "1"), ticket_event("", "1")});
  REQUIRE(fresh.size() == 2);
  CHECK(fresh[0].key == "k2");
  CHECK(fresh[1].key.empty());
  CHECK(journal.reader().count({.states = {EventState::skipped}}) == 3);
  const EventId elsewhere = journal.accept(delivery("", "x", "globex")).event;
  CHECK(journal.decode(elsewhere, {ticket_event("k1", "1")}).size() == 1);
  CHECK(journal.reader().verify().empty());
}

TEST_CASE("journal: outcomes are kept, and what was out of the ordinary stands in the history") {
  const TestFolder folder;
  OpenJournal journal(folder);
  const EventId id = journal.ticket("k", "1");
  journal.start(id);
  journal.settle({.id = id,
                  .state = EventState::waiting,
                  .code = "PB1105",
                  .reason = "slow",
                  .due = *parse_time("2026-03-01T08:05:00Z"),
                  .costs_try = true});
  CHECK(journal.at(id).due_at == "2026-03-01T08:05:00.000Z");
  CHECK(journal.at(id).tries == 1);
  CHECK(journal.at(id).code == "PB1105");
  CHECK(journal->open_events(nullptr, 10).size() == 1);
  journal.settle({.id = id, .state = EventState::waiting, .code = "PB1106", .reason = "limit"});
  CHECK(journal.at(id).tries == 1);
  journal.pass(minutes(5));
  journal.settle({.id = id, .effect = "updated", .cause = 0, .run = 12});
  const Event done = journal.at(id);
  CHECK(done.state == EventState::done);
  CHECK(done.effect == "updated");
  CHECK(done.run == 12);
  CHECK(done.code.empty());
  CHECK(done.due_at.empty());
  CHECK(done.finished_at == "2026-03-01T08:05:00.000Z");
  CHECK(done.tries == 1);
  CHECK(journal.history(id) == "waiting PB1105 slow | waiting PB1106 limit");
  const EventId quiet = journal.ticket("k2", "2");
  journal.settle({.id = quiet, .state = EventState::skipped, .reason = "superseded", .cause = id});
  CHECK(journal.at(quiet).cause == id);
  CHECK(journal.history(quiet).empty());
}

TEST_CASE("journal: what was being processed when the process ended counts a crash") {
  const TestFolder folder;
  OpenJournal journal(folder);
  const EventId started = journal.ticket("a", "1"), settled = journal.ticket("b", "2"),
                untouched = journal.ticket("c", "3"), held = journal.ticket("d", "4"),
                skipped = journal.ticket("e", "5");
  const Ids all{started, settled, held, skipped};
  journal->start(all);
  journal.settle({.id = settled, .state = EventState::waiting, .code = "PB1105"});
  journal->hold({.ids = {held}}, "looks bad");
  journal->skip({.ids = {skipped}}, "looks bad");
  journal.reopen();
  CHECK(journal.at(started).crashes == 1);
  CHECK(journal.at(started).tries == 0);
  CHECK(journal.state(started) == EventState::ready);
  CHECK_THAT(journal.history(started), ContainsSubstring("process ended"));
  CHECK(journal.at(settled).crashes == 0);
  CHECK(journal.state(settled) == EventState::waiting);
  CHECK(journal.at(untouched).crashes == 0);
  CHECK(journal.at(held).crashes == 1);
  CHECK(journal.state(held) == EventState::held);
  CHECK(journal.at(skipped).crashes == 0);
  journal.reopen();
  CHECK(journal.at(started).crashes == 1);
  journal.start(started);
  journal.reopen();
  CHECK(journal.at(started).crashes == 2);
  journal.die(started, "PB2104", "ended twice");
  journal.reopen();
  CHECK(journal.at(started).crashes == 2);
  CHECK(journal->replay({.code = "PB2104"}, "mended") == 1);
  CHECK(journal.at(started).crashes == 0);
  CHECK(journal.reader().verify().empty());
}

TEST_CASE("journal: admins hold, release, skip, replay and discard") {
  const TestFolder folder;
  OpenJournal journal(folder);
  const EventId id = journal.ticket("a", "1"), other = journal.ticket("b", "2");
  CHECK(journal->release({}, "no") == 0);
  CHECK(journal->discard({}, "no") == 0);
  CHECK(journal->replay({}, "no") == 0);
  CHECK(journal->hold({.source_id = "1"}, "wait for Ann") == 1);
  CHECK(journal.state(id) == EventState::held);
  CHECK(ids_of(journal->open_events(nullptr, 10)) == Ids{other});
  CHECK(journal->hold({}, "all") == 1);
  CHECK(journal->release({}, "go") == 2);
  CHECK(journal->open_events(nullptr, 10).size() == 2);
  CHECK(journal->skip({.source_id = "2"}, "by hand") == 1);
  CHECK(journal.at(other).reason == "by hand");
  CHECK_FALSE(journal.at(other).finished_at.empty());
  journal.die(id, "PB1402", "no summary");
  CHECK(journal->skip({}, "no") == 0);
  CHECK(journal->discard({}, "hopeless") == 1);
  CHECK(journal.state(id) == EventState::discarded);
  CHECK(journal.at(id).reason == "no summary");
  CHECK(journal->replay({}, "after all") == 2);
  const Event again = journal.at(id);
  CHECK(again.state == EventState::ready);
  CHECK(again.replays == 1);
  CHECK(again.code.empty());
  CHECK(again.reason.empty());
  CHECK(again.finished_at.empty());
  CHECK(again.decoded);
  CHECK(journal.history(id) ==
        "held  wait for Ann | ready  go | dead PB1402 no summary | discarded  hopeless | ready  after all");
  journal.settle({.id = id, .effect = "updated"});
  CHECK(journal->replay({.ids = {id}}, "once more") == 1);
  CHECK_THAT(journal.history(id), ContainsSubstring("done  updated | ready  once more"));
  CHECK(journal.at(id).replays == 2);
  CHECK(journal.reader().verify().empty());
}

TEST_CASE("journal: decisions reach every event that fits, whatever the limit") {
  const TestFolder folder;
  OpenJournal journal(folder);
  std::atomic<int> answered{0};
  for (int i = 0; i < 1200; ++i)
    journal->accept(delivery("", std::to_string(i)),
                    [&](const Acceptance&, const std::exception_ptr&) { ++answered; });
  journal->prune({});
  REQUIRE(answered == 1200);
  CHECK(journal->hold({.limit = 1}, "all") == 1200);
  CHECK(journal->open_events(nullptr, 10).empty());
  CHECK(journal->release({.limit = 1}, "all") == 1200);
}

TEST_CASE("journal: what an admin decided meanwhile stands, unless the event has been applied") {
  const TestFolder folder;
  OpenJournal journal(folder);
  const EventId failed = journal.ticket("a", "1"), applied = journal.ticket("b", "2");
  journal->start(Ids{failed, applied});
  CHECK(journal->hold({}, "stop") == 2);
  journal.settle({.id = failed, .state = EventState::waiting, .code = "PB1105", .costs_try = true});
  journal.settle({.id = applied, .effect = "updated"});
  CHECK(journal.state(failed) == EventState::held);
  CHECK(journal.state(applied) == EventState::done);
  const EventId raw = journal.event("raw");
  CHECK(journal->hold({.ids = {raw}}, "stop") == 1);
  CHECK(journal.decode(raw, {ticket_event("c", "3")}).empty());
  CHECK_FALSE(journal.at(raw).decoded);
  journal.reopen();
  CHECK(journal.at(failed).crashes == 0);
  CHECK(journal.reader().verify().empty());
}

TEST_CASE("journal: a delivery in parts is replayed through its parts") {
  const TestFolder folder;
  OpenJournal journal(folder);
  const EventId batch = journal.event("batch");
  const auto parts = journal.decode(batch, {ticket_event("a", "1"), ticket_event("b", "2")});
  journal.settle({.id = parts[0].id, .effect = "updated"});
  CHECK(journal->replay({.ids = {batch}}, "again") == 1);
  CHECK(journal.state(batch) == EventState::done);
  CHECK(journal.state(parts[0].id) == EventState::ready);
  CHECK(journal.at(parts[0].id).decoded);
  CHECK(journal.at(parts[1].id).replays == 0);
  CHECK(journal.at(parts[0].id).cause == batch);
  journal.settle({.id = parts[0].id, .state = EventState::skipped, .cause = parts[1].id});
  journal.settle({.id = parts[1].id, .effect = "updated"});
  CHECK(journal->replay({}, "all") == 2);  // each once, though the delivery fits, too
  CHECK(ids_of(journal->open_events(nullptr, 10)) == ids_of(parts));
  CHECK(journal.at(parts[0].id).cause == batch);
}

TEST_CASE("journal: queries") {
  const TestFolder folder;
  OpenJournal journal(folder);
  const EventId one = journal.ticket("a", "1");
  journal.pass(hours(1));
  const EventId two = journal.accept(delivery("50%_off\\", "Ticket about a printer", "globex")).event;
  journal.pass(hours(1));
  const EventId three = journal.ticket("c", "3");
  journal.die(three, "PB1402", "no summary");
  JournalReader& reader = journal.reader();
  const auto found = [&](const EventQuery& query) {
    const auto ids = ids_of(reader.list(query));
    CHECK(reader.count(query) == ids.size());
    return ids;
  };
  CHECK(found({}) == Ids{three, two, one});
  CHECK(reader.list({}).front().body.empty());
  CHECK(reader.list({.ids = {one, two}}).front().body == "Ticket about a printer");
  CHECK(found({.ids = {one, 4711}}) == Ids{one});
  CHECK(found({.connection = "globex"}) == Ids{two});
  CHECK(found({.kind = "updated"}) == Ids{three, one});
  CHECK(found({.entity = "ticket", .source_id = "3"}) == Ids{three});
  CHECK(found({.code = "PB1402"}) == Ids{three});
  CHECK(found({.states = {EventState::ready}}) == Ids{two, one});
  CHECK(found({.states = {EventState::dead, EventState::ready}}) == Ids{three, two, one});
  CHECK(found({.states = {EventState::discarded}}).empty());
  CHECK(found({.since = *parse_time("2026-03-01T09:00:00Z")}) == Ids{three, two});
  CHECK(found({.until = *parse_time("2026-03-01T09:00:00Z")}) == Ids{one});
  CHECK(found({.before = three}) == Ids{two, one});
  CHECK(found({.after = one}) == Ids{three, two});
  CHECK(found({.search = "PRINTER"}) == Ids{two});
  CHECK(found({.search = "50%_OFF\\"}) == Ids{two});
  CHECK(found({.search = "o%t"}).empty());
  CHECK(found({.search = "_"}) == Ids{two});
  CHECK(found({.search = "summary"}) == Ids{three});
  CHECK(found({.search = "' OR 1 --"}).empty());
  CHECK(ids_of(reader.list({.limit = 1})) == Ids{three});
  CHECK(reader.count({.limit = 1}) == 3);
}

TEST_CASE("journal: dead ones with the same kind of reason are a group") {
  const TestFolder folder;
  OpenJournal journal(folder);
  const auto dead = [&](const std::string& key, const std::string& code, const std::string& reason) {
    const EventId id = journal.ticket(key, key);
    journal.die(id, code, reason);
    journal.pass(minutes(1));
    return id;
  };
  dead("1", "PB1402", "field 17 of ticket 4711 is empty");
  dead("2", "PB1402", "field 3 of ticket 9 is empty");
  const EventId newest = dead("3", "PB1402", "field 250 of ticket 1 is empty");
  dead("4", "PB1402", "field x is empty");
  dead("5", "PB1401", "field 17 of ticket 4711 is empty");
  dead("6", "PB1401", "field 18 of ticket 4711 is empty");
  const auto groups = journal.reader().groups({});
  REQUIRE(groups.size() == 3);
  CHECK(groups[0].count == 3);
  CHECK(groups[0].code == "PB1402");
  CHECK(groups[0].connection == "acme");
  CHECK(groups[0].entity == "ticket");
  CHECK(groups[0].kind == "updated");
  CHECK(groups[0].reason == "field 250 of ticket 1 is empty");
  CHECK(groups[0].first_at == "2026-03-01T08:00:00.000Z");
  CHECK(groups[0].last_at == "2026-03-01T08:02:00.000Z");
  CHECK(groups[0].newest == newest);
  CHECK(groups[1].count == 2);
  CHECK(groups[2].count == 1);
  CHECK(journal.reader().groups({.code = "PB1401"}).size() == 1);
  CHECK(journal.reader().groups({.limit = 2}).size() == 2);
  CHECK(journal->replay({.fingerprint = groups[0].fingerprint}, "mended") == 3);
  CHECK(journal.reader().groups({}).size() == 2);
}

TEST_CASE("journal: figures") {
  const TestFolder folder;
  OpenJournal journal(folder);
  const EventId first = journal.ticket("a", "1");
  journal.pass(minutes(1));
  const EventId second = journal.ticket("b", "2"), third = journal.ticket("c", "3");
  journal.accept(delivery("", "x", "globex"));
  journal.settle({.id = first});
  journal.settle({.id = second, .state = EventState::waiting});
  journal->hold({.ids = {third}}, "wait");
  JournalFigures figures = journal.reader().figures();
  CHECK(figures.by_state ==
        std::map<EventState, std::uint64_t>{
            {EventState::ready, 1}, {EventState::waiting, 1}, {EventState::held, 1}, {EventState::done, 1}});
  CHECK(figures.open == 2);
  CHECK(figures.oldest_open_at == "2026-03-01T08:01:00.000Z");
  figures = journal.reader().figures("globex");
  CHECK(figures.by_state == std::map<EventState, std::uint64_t>{{EventState::ready, 1}});
  CHECK(journal.reader().figures("nobody").oldest_open_at.empty());
}

Gap gap(const std::string& id, const std::string& changed_at) {
  return {"acme", "main", "ticket", id, changed_at, "2026-03-01T08:00:00.000Z"};
}

TEST_CASE("journal: gaps are judged by the events that came for the object") {
  const TestFolder folder;
  OpenJournal journal(folder);
  const std::string changed = "2026-03-01T07:59:00.000Z";
  journal->note_gaps(std::vector{gap("1", changed), gap("2", changed), gap("3", changed), gap("1", changed)});
  CHECK(journal.reader().gaps("acme", "open", 10).size() == 3);
  CHECK(journal->judge_gaps(*parse_time("2026-03-01T08:00:00Z"), minutes(1)).empty());  // too early
  journal.pass(minutes(2));
  journal.ticket("late", "1");
  const EventId before = journal.accept(delivery("", "elsewhere", "globex")).event;
  journal.decode(before, {ticket_event("k", "2")});
  const auto missed = journal->judge_gaps(journal.clock.now(), minutes(1));
  REQUIRE(missed.size() == 2);
  CHECK(missed[0].source_id == "2");
  CHECK(missed[0].verdict == "missed");
  CHECK(missed[0].changed_at == changed);
  CHECK(missed[0].seen_at == "2026-03-01T08:00:00.000Z");
  CHECK(journal->judge_gaps(journal.clock.now(), minutes(1)).empty());
  REQUIRE(journal.reader().gaps("acme", "late", 10).size() == 1);
  CHECK(journal.reader().gaps("acme", "late", 10)[0].source_id == "1");
  CHECK(journal.reader().gaps("", "", 2).size() == 2);
  CHECK(journal.reader().gaps("globex", "", 10).empty());
  // An event from before the change says nothing about it, but for the tolerance.
  const auto at = [&](Milliseconds after_event) { return format_time(journal.clock.now() + after_event); };
  journal->note_gaps(std::vector{gap("1", at(Milliseconds(60'000))), gap("1", at(Milliseconds(60'001)))});
  const auto second = journal->judge_gaps(journal.clock.now(), minutes(1));
  REQUIRE(second.size() == 1);
  CHECK(second[0].changed_at == at(Milliseconds(60'001)));
  const GapFigures figures = journal.reader().gap_figures("acme", journal.clock.now());
  CHECK(figures.missed == 3);
  CHECK(figures.late == 2);
  CHECK(figures.announced == 1);
  CHECK(journal.reader().gap_figures("acme", journal.clock.now() + Milliseconds(1)).missed == 0);
}

void prune_all(OpenJournal& journal, const Retention& retention) {
  while (journal->prune(retention)) {
  }
}

TEST_CASE("journal: finished ones go when their time is over, dead ones later, open ones never") {
  const TestFolder folder;
  OpenJournal journal(folder);
  const EventId open = journal.ticket("open", "1"), done = journal.ticket("done", "2"),
                skipped = journal.ticket("skipped", "3"), dead = journal.ticket("dead", "4"),
                batch = journal.event("batch");
  const auto parts = journal.decode(batch, {ticket_event("p1", "5"), ticket_event("p2", "6")});
  journal.settle({.id = done});
  journal.settle({.id = skipped, .state = EventState::skipped});
  journal.die(dead, "PB1402", "no summary");
  journal.settle({.id = parts[0].id});
  journal.die(parts[1].id, "PB1402", "no summary");
  journal->note_gaps(std::vector{gap("9", "2026-03-01T07:59:00.000Z")});
  CHECK(journal->judge_gaps(journal.clock.now() + minutes(1), minutes(1)).size() == 1);
  journal.pass(hours(24 * 30));
  prune_all(journal, {});
  CHECK(journal.reader().count({}) == 7);
  journal.pass(minutes(1));
  prune_all(journal, {});
  CHECK_FALSE(journal.reader().event(done));
  CHECK_FALSE(journal.reader().event(skipped));
  CHECK_FALSE(journal.reader().event(parts[0].id));
  CHECK(journal.state(dead) == EventState::dead);
  CHECK(journal.state(open) == EventState::ready);
  CHECK(journal.state(batch) == EventState::done);  // as long as a part of it
  CHECK(journal.reader().gaps("", "", 10).empty());
  CHECK(journal.reader().verify().empty());
  // What is gone is not known any more.
  CHECK_FALSE(journal.accept(delivery("done", "about done")).duplicate);
  CHECK(journal.accept(delivery("dead", "about dead")).duplicate);
  journal.pass(hours(24 * 150));
  prune_all(journal, {});
  CHECK(journal.reader().count({.states = {EventState::dead}}) == 0);
  CHECK_FALSE(journal.reader().event(batch));
  CHECK(journal.state(open) == EventState::ready);
  CHECK(journal.reader().verify().empty());
}

TEST_CASE("journal: at most so many finished ones are kept, and no number is given twice") {
  const TestFolder folder;
  OpenJournal journal(folder);
  Ids all;
  for (int i = 0; i < 30; ++i) {
    all.push_back(journal.ticket(std::to_string(i), std::to_string(i)));
    journal.settle({.id = all.back()});
    journal.pass(Milliseconds(1));
  }
  prune_all(journal, {.events = 10});
  CHECK(ids_of(journal.reader().list({})) == Ids(all.rbegin(), all.rbegin() + 10));
  prune_all(journal, {.events = 0});
  CHECK(journal.reader().count({}) == 1);
  journal.reopen();
  CHECK(journal.event("next") == all.back() + 1);
  CHECK(journal.reader().verify().empty());
}

TEST_CASE("journal: verify says what does not add up") {
  const TestFolder folder;
  OpenJournal journal(folder);
  const EventId id = journal.event("1"), batch = journal.event("2");
  journal.decode(batch, {ticket_event("a", "1"), ticket_event("b", "2")});
  CHECK(journal.reader().verify().empty());
  journal.close();
  const auto complaint = [&](const char* sql) {
    change_file(journal_file(folder), sql);
    std::string all;
    for (const std::string& line : journal.reader().verify()) all += line + "\n";
    return all;
  };
  CHECK_THAT(complaint("UPDATE event SET state = 3 WHERE id = 1"),
             ContainsSubstring("Event " + std::to_string(id) + " is in two states"));
  CHECK_THAT(complaint("DELETE FROM body WHERE id = 1"), ContainsSubstring("has no body"));
  CHECK_THAT(complaint("INSERT INTO step VALUES (1, 99, 0, 0, '', '')"), ContainsSubstring("history"));
  CHECK_THAT(complaint("DELETE FROM event WHERE id = 2"), ContainsSubstring("part without a delivery"));
}

}  // namespace
}  // namespace psabridge::store
