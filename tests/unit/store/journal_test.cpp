// The journal takes deliveries in: what is kept, what counts as a repetition, many producers at once, a full
// waiting room, and trouble with the file.
#include "core/store/journal.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fstream>
#include <future>
#include <map>
#include <set>
#include <thread>

#include "core/base/error.h"
#include "tests/unit/store/journal_fixture.h"

namespace psabridge::store {
namespace {

using Catch::Matchers::ContainsSubstring;
using std::chrono::hours;
using std::chrono::minutes;

/// The error of opening; "" when it works.
std::string refusal(const std::string& url) {
  StandingClock clock;
  try {
    const Journal journal(url, clock);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

/// The error of looking.
std::string reader_refusal(const TestFolder& folder) {
  try {
    JournalReader(folder.url()).figures();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("journal: what was accepted is there, byte for byte") {
  const TestFolder folder;
  OpenJournal journal(folder);
  const std::string bytes("{\"id\":1}\0\xff\x01 no text", 20);
  const Acceptance accepted = journal.accept({"acme", "d-1", bytes, "192.0.2.7"});
  CHECK_FALSE(accepted.duplicate);
  CHECK_FALSE(accepted.key_reuse);
  for (int opened = 0; opened < 2; ++opened) {
    const Event event = journal.at(accepted.event);
    CHECK(event.connection == "acme");
    CHECK(event.key == "d-1");
    CHECK(event.peer == "192.0.2.7");
    CHECK(event.body == bytes);
    CHECK(event.revision == 1);
    CHECK(event.received_at == "2026-03-01T08:00:00.000Z");
    CHECK(event.due_at.empty());
    CHECK(event.finished_at.empty());
    CHECK(event.state == EventState::ready);
    CHECK_FALSE(event.decoded);
    CHECK(event.cause == 0);
    REQUIRE(journal->open_events(nullptr, 10).size() == 1);
    CHECK(journal->open_events(nullptr, 10).front().body == bytes);
    journal.reopen();
  }
  CHECK(journal.accept(delivery("d-2", "")).event > accepted.event);
  CHECK(journal.reader().verify().empty());
}

TEST_CASE("journal: the file is closed to other users, whatever the umask says") {
  const TestFolder folder;
  const mode_t before = umask(0);
  CHECK(refusal(folder.url()).empty());
  umask(before);
  struct stat status {};
  REQUIRE(stat(journal_file(folder).c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("journal: equal bytes without a key are a repetition for a day") {
  const TestFolder folder;
  OpenJournal journal(folder);
  const EventId first = journal.event("same");
  CHECK(journal.event("other") != first);
  journal.pass(hours(24) - Milliseconds(1));
  const Acceptance again = journal.accept(delivery("", "same"));
  CHECK(again.duplicate);
  CHECK(again.event == first);
  // A repetition does not prolong the day.
  journal.pass(Milliseconds(1));
  const Acceptance later = journal.accept(delivery("", "same"));
  CHECK_FALSE(later.duplicate);
  CHECK_FALSE(later.key_reuse);
  CHECK(later.event != first);
  CHECK(journal.at(later.event).revision == 2);
  CHECK(journal.accept(delivery("", "same")).event == later.event);
  CHECK_FALSE(journal.accept(delivery("", "same", "globex")).duplicate);
}

TEST_CASE("journal: a key with the same bytes is a repetition, with others a revision") {
  const TestFolder folder;
  OpenJournal journal(folder);
  const EventId first = journal.accept(delivery("k", "a")).event;
  journal.pass(hours(24 * 20));
  const auto check_all = [&](EventId second) {
    for (const auto& [body, event] : std::map<std::string, EventId>{{"a", first}, {"b", second}}) {
      const Acceptance again = journal.accept(delivery("k", body));
      CHECK(again.duplicate);
      CHECK_FALSE(again.key_reuse);
      CHECK(again.event == event);
    }
  };
  const Acceptance second = journal.accept(delivery("k", "b"));
  CHECK_FALSE(second.duplicate);
  CHECK(second.key_reuse);
  CHECK(journal.at(second.event).revision == 2);
  check_all(second.event);
  journal.reopen();
  check_all(second.event);
  const Acceptance third = journal.accept(delivery("k", "c"));
  CHECK(third.key_reuse);
  CHECK(journal.at(third.event).revision == 3);
  // Another key, none, or the same key of another connection: nothing to do with it.
  CHECK_FALSE(journal.accept(delivery("k2", "a")).duplicate);
  CHECK_FALSE(journal.accept(delivery("", "a")).duplicate);
  CHECK_FALSE(journal.accept(delivery("k", "a", "globex")).duplicate);
  CHECK_FALSE(journal.accept(delivery("ka", "")).duplicate);
  CHECK(journal.reader().verify().empty());
}

TEST_CASE("journal: producers at once lose nothing and double nothing") {
  constexpr int kThreads = 8, kEach = 150;
  const TestFolder folder;
  OpenJournal journal(folder, {.commit_rows = 16, .commit_bytes = 1 << 10});
  std::mutex mutex;
  std::map<std::string, std::multiset<EventId>> kept, repeated;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        // Two threads send each key, at about the same time.
        const std::string key = std::to_string(thread / 2) + "." + std::to_string(i);
        const Acceptance acceptance = journal.accept(delivery(key, "body of " + key));
        const std::lock_guard lock(mutex);
        (acceptance.duplicate ? repeated : kept)[key].insert(acceptance.event);
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(kept == repeated);
  CHECK(kept.size() == kThreads / 2 * kEach);
  journal.reopen();
  std::map<std::string, std::multiset<EventId>> found;
  for (const Event& event : journal->open_events(nullptr, 10'000)) {
    found[event.key].insert(event.id);
    CHECK(event.body == "body of " + event.key);
  }
  CHECK(found == kept);
  CHECK(journal.reader().verify().empty());
}

TEST_CASE("journal: a full waiting room takes nothing more, until there is room") {
  const TestFolder folder;
  OpenJournal journal(folder, {.waiting_room = 3});
  std::promise<void> reached, gate;
  std::shared_future<void> opened = gate.get_future().share();
  // The journal's thread stands in this answer until the gate opens.
  REQUIRE(journal->accept(delivery("", "first"), [&](const Acceptance&, const std::exception_ptr&) {
    reached.set_value();
    opened.wait();
  }));
  reached.get_future().wait();
  std::atomic<int> answered{0};
  const auto answer = [&](const Acceptance&, const std::exception_ptr& error) {
    answered += error ? 100 : 1;
  };
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(journal->full());
    CHECK(journal->accept(delivery("", std::to_string(i)), answer));
  }
  CHECK(journal->full());
  CHECK(journal->waiting() == 3);
  CHECK_FALSE(journal->accept(delivery("", "too much"), answer));
  CHECK(journal->waiting() == 3);
  gate.set_value();
  journal->start({});
  while (journal->full()) std::this_thread::yield();
  CHECK(journal.event("again") > 0);
  CHECK(answered == 3);
  CHECK(journal->waiting() == 0);
  CHECK(journal.reader().count({}) == 5);
}

TEST_CASE("journal: what was taken is written before the journal ends") {
  const TestFolder folder;
  std::atomic<int> answered{0};
  {
    OpenJournal journal(folder);
    for (int i = 0; i < 500; ++i)
      REQUIRE(journal->accept(delivery("", std::to_string(i)),
                              [&](const Acceptance&, const std::exception_ptr& error) {
                                if (!error) ++answered;
                              }));
  }
  CHECK(answered == 500);
  CHECK(JournalReader(folder.url()).count({}) == 500);
}

TEST_CASE("journal: it tells when events became ready") {
  const TestFolder folder;
  OpenJournal journal(folder);
  std::atomic<int> told{0};
  const EventId before = journal.event("before");
  journal->prune({});  // a transaction later: whatever there was to tell was told
  journal->on_ready([&] { ++told; });
  const auto told_by = [&](auto act) {
    const int count = told;
    act();
    journal->prune({});
    return told - count;
  };
  CHECK(told_by([&] { journal.event("new"); }) == 1);
  CHECK(told_by([&] { journal.event("new"); }) == 0);
  CHECK(told_by([&] { journal.start(before); }) == 0);
  CHECK(told_by([&] { journal->hold({.ids = {before}}, "wait"); }) == 0);
  CHECK(told_by([&] { journal->release({.ids = {before}}, "go on"); }) == 1);
  CHECK(told_by([&] { journal.settle({.id = before}); }) == 0);
  CHECK(told_by([&] { journal->replay({.ids = {before}}, "once more"); }) == 1);
}

TEST_CASE("journal: whoever is not to be told any more is not being told when that was said") {
  const TestFolder folder;
  OpenJournal journal(folder);
  std::promise<void> begun, go_on;
  std::atomic<bool> over = false;
  journal->on_ready([&] {
    begun.set_value();
    go_on.get_future().wait();
    over = true;
  });
  std::thread sender([&] { journal.event("new"); });
  begun.get_future().wait();
  bool over_by_then = false;
  std::thread owner([&] {
    journal->on_ready({});
    over_by_then = over;
  });
  go_on.set_value();
  owner.join();
  sender.join();
  CHECK(over_by_then);
}

TEST_CASE("journal: one process has it") {
  const TestFolder folder;
  OpenJournal journal(folder);
  CHECK_THAT(refusal(folder.url()),
             ContainsSubstring("PB1302") && ContainsSubstring("process " + std::to_string(getpid())));
  journal.close();
  CHECK(refusal(folder.url()).empty());
}

TEST_CASE("journal: files that are no journal of this version are refused") {
  const TestFolder folder;
  const auto file = journal_file(folder);
  SECTION("no database") {
    std::ofstream(file) << std::string(5000, 'x');
    CHECK_THAT(refusal(folder.url()), ContainsSubstring("PB1303"));
    CHECK_THAT(reader_refusal(folder), ContainsSubstring("PB1303"));
  }
  SECTION("of another program") {
    change_file(file, "CREATE TABLE theirs (x)");
    CHECK_THAT(refusal(folder.url()), ContainsSubstring("PB1301") && ContainsSubstring("another program"));
    CHECK_THAT(reader_refusal(folder), ContainsSubstring("PB1301"));
  }
  SECTION("a store") {
    { OpenStore store(folder); }
    std::filesystem::copy_file(folder.file(), file);
    CHECK_THAT(refusal(folder.url()), ContainsSubstring("PB1301"));
  }
  SECTION("newer") {
    CHECK(refusal(folder.url()).empty());
    change_file(file, "PRAGMA user_version = 99");
    CHECK_THAT(refusal(folder.url()), ContainsSubstring("PB1305") && ContainsSubstring("99"));
    CHECK_THAT(reader_refusal(folder), ContainsSubstring("PB1305"));
  }
  SECTION("in a folder that is not there") {
    CHECK_THAT(refusal("sqlite:" + (folder.path() / "no" / "such.db").string()), ContainsSubstring("PB1301"));
  }
  SECTION("no file at all") { CHECK_THAT(refusal("postgresql://u@h/db"), ContainsSubstring("PB1309")); }
}

/// Deliveries that find no room after `tighten`, and again after `loosen`, to the same journal. 0: all was as
/// it should be.
template <class Tighten, class Loosen>
int lose_and_regain_room(const TestFolder& folder, std::string_view code, Tighten tighten, Loosen loosen) {
  OpenJournal journal(folder);
  const EventId fits = journal.accept(delivery("k", "fits")).event;
  tighten();
  const std::string large(900'000, 'x');
  std::string met;
  std::set<std::string> lost, kept{"fits"};
  for (int i = 0; i < 4; ++i) {
    const std::string body = std::to_string(i) + large;
    try {
      journal.accept(delivery("k", body));
      kept.insert(body);
    } catch (const Error& error) {
      met = error.code();
      lost.insert(body);
    }
  }
  if (met != code || lost.empty()) return 1;
  if (journal->trouble().find(code) == std::string::npos) return 2;
  if (journal->open_events(nullptr, 10).size() != kept.size()) return 3;
  loosen();
  journal.settle({.id = fits, .effect = "updated"});  // the state, too, can be written at once
  if (!journal->trouble().empty()) return 4;
  // Nothing of them was kept, not even the memory of them.
  for (const std::string& body : lost) {
    const Acceptance again = journal.accept(delivery("k", body));
    if (again.duplicate || !again.key_reuse) return 5;
  }
  if (journal.reader().count({}) != 5 || journal.state(fits) != EventState::done) return 6;
  return journal.reader().verify().empty() ? 0 : 7;
}

TEST_CASE("journal: a full disk refuses deliveries, and takes them as soon as there is room") {
  constexpr int kNotAllowed = 77;
  const TestFolder folder;
  const int status = in_child([&] {
    SmallDisk disk(folder.path());
    if (!disk.is_mounted()) return kNotAllowed;
    return lose_and_regain_room(
        folder, "PB1304", [] {}, [&] { disk.grow(); });
  });
  if (status == kNotAllowed) SKIP("a process may not mount a file system here");
  CHECK(status == 0);
}

TEST_CASE("journal: a write error refuses deliveries, and they are taken when it is mended") {
  const TestFolder folder;
  const int status = in_child([&] {
    signal(SIGXFSZ, SIG_IGN);  // a file beyond the limit then gives an error
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{1'500'000, before.rlim_max};
    return lose_and_regain_room(
        folder, "PB1306", [&] { setrlimit(RLIMIT_FSIZE, &small); },
        [&] { setrlimit(RLIMIT_FSIZE, &before); });
  });
  CHECK(status == 0);
}

TEST_CASE("journal: readers look on while deliveries are taken") {
  const TestFolder folder;
  JournalReader early(folder.url());
  CHECK(early.list({}).empty());
  CHECK(early.count({}) == 0);
  CHECK_FALSE(early.event(1));
  CHECK(early.history(1).empty());
  CHECK(early.groups({}).empty());
  CHECK(early.figures().by_state.empty());
  CHECK(early.gaps("", "", 10).empty());
  CHECK(early.gap_figures("acme", {}).announced == 0);
  CHECK(early.verify().empty());
  CHECK_FALSE(std::filesystem::exists(journal_file(folder)));

  OpenJournal journal(folder);
  std::atomic<bool> ended{false};
  std::thread producer([&] {
    for (int i = 0; i < 300; ++i) journal.event(std::to_string(i));
    ended = true;
  });
  std::uint64_t seen = 0;
  bool shrank = false;
  while (!ended) {
    const std::uint64_t now = early.count({});
    shrank = shrank || now < seen;
    seen = now;
  }
  producer.join();
  CHECK_FALSE(shrank);
  CHECK(early.count({}) == 300);
}

}  // namespace
}  // namespace psabridge::store
