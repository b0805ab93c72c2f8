// A process that takes deliveries in, decodes and settles them is killed (SIGKILL) at a moment that a seed
// chooses: what it acknowledged is there, once. PSABRIDGE_CRASH_CYCLES says how many kills a run makes.
#include <signal.h>
#include <sys/wait.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>

#include "core/base/descriptor.h"
#include "tests/unit/store/journal_fixture.h"

namespace psabridge::store {
namespace {

constexpr long kUsualCycles = 500;
constexpr long kCyclesOfOneFile = 50;
constexpr int kProducers = 4;

long cycles() {
  const char* wanted = std::getenv("PSABRIDGE_CRASH_CYCLES");
  return std::max(1L, wanted != nullptr ? std::atol(wanted) : kUsualCycles);
}

/// What the child says through the pipe, whole ones: a write of so little is not torn.
struct Word {
  enum Kind : std::uint32_t { accepted, settled } kind;
  std::uint32_t producer, number;
  EventId event;
};

std::string body_of(long cycle, std::uint32_t producer, std::uint32_t number) {
  return std::to_string(cycle) + "/" + std::to_string(producer) + "/" + std::to_string(number) +
         std::string(number % 7 * 300, 'x');
}

void say(int pipe, const Word& word) {
  if (write(pipe, &word, sizeof word) != sizeof word) _exit(1);
}

void produce(Journal& journal, int pipe, long cycle, std::uint32_t producer) {
  for (std::uint32_t number = 0;; ++number) {
    const std::string key = number % 2 == 0 ? std::string() : body_of(cycle, producer, number).substr(0, 12);
    const Acceptance acceptance = accept(journal, delivery(key, body_of(cycle, producer, number)));
    if (acceptance.duplicate) _exit(2);
    say(pipe, {Word::accepted, producer, number, acceptance.event});
  }
}

/// Every third delivery has two parts.
std::vector<Decoding> decodings_of(const std::vector<Event>& events) {
  std::vector<Decoding> decodings;
  for (const Event& event : events) {
    if (event.decoded) continue;
    const std::string key = std::to_string(event.id);
    decodings.push_back({event.id, {ticket_event(key, key, event.body)}});
    if (event.id % 3 == 0) decodings.back().events.push_back(ticket_event(key + "b", key, "second"));
  }
  return decodings;
}

void process(Journal& journal, int pipe) {
  for (;;) {
    journal.decoded(decodings_of(journal.open_events(nullptr, 8)));
    const std::vector<Event> events = journal.open_events(nullptr, 8);
    journal.start(ids_of(events));
    std::vector<Settlement> settlements;
    for (const Event& event : events)
      if (event.decoded) settlements.push_back({.id = event.id, .effect = "updated"});
    journal.settle(settlements);
    for (const Settlement& settlement : settlements) say(pipe, {Word::settled, 0, 0, settlement.id});
  }
}

/// Never returns.
[[noreturn]] void live(const TestFolder& folder, int pipe, long cycle) {
  StandingClock clock;
  Journal journal(folder.url(), clock);
  std::vector<std::thread> threads;
  for (std::uint32_t producer = 0; producer < kProducers; ++producer)
    threads.emplace_back([&, producer] { produce(journal, pipe, cycle, producer); });
  process(journal, pipe);
  std::abort();
}

/// What a child said before it was killed, once it had said `enough` words.
std::vector<Word> killed_after(const TestFolder& folder, long cycle, std::size_t enough) {
  int ends[2] = {};
  REQUIRE(pipe(ends) == 0);
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  const pid_t child = fork();
  if (child == 0) live(folder, writing.get(), cycle);
  writing = Descriptor();
  std::vector<Word> words;
  Word word{};
  const auto hear = [&] { return read(reading.get(), &word, sizeof word) == sizeof word; };
  while (words.size() < enough && hear()) words.push_back(word);
  kill(child, SIGKILL);
  while (hear()) words.push_back(word);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
  return words;
}

/// Everything that was acknowledged over the life of one file.
class Ledger {
 public:
  void add(long cycle, const std::vector<Word>& words) {
    for (const Word& word : words) {
      if (word.kind == Word::settled)
        settled_.push_back(word.event);
      else
        bodies_[body_of(cycle, word.producer, word.number)] = word.event;
    }
  }

  void check(JournalReader& reader) const {
    std::map<std::string, Ids> found;
    for (const Event& event : reader.list({.ids = deliveries(reader), .limit = 10'000'000}))
      found[event.body].push_back(event.id);
    std::size_t missing = 0, doubled = 0, undone = 0;
    for (const auto& [body, event] : bodies_) {
      const auto kept = found.find(body);
      if (kept == found.end() || kept->second.front() != event) ++missing;
    }
    for (const auto& [body, ids] : found) doubled += ids.size() > 1 ? 1 : 0;
    for (const EventId id : settled_) undone += reader.event(id)->state != EventState::done ? 1 : 0;
    CHECK(missing == 0);
    CHECK(doubled == 0);
    CHECK(undone == 0);
    CHECK(reader.verify().empty());
  }

 private:
  using Ids = std::vector<EventId>;

  /// All but the parts.
  static Ids deliveries(JournalReader& reader) {
    Ids ids;
    for (const Event& event : reader.list({.limit = 10'000'000}))
      if (event.cause == 0) ids.push_back(event.id);
    return ids;
  }

  std::map<std::string, EventId> bodies_;
  std::vector<EventId> settled_;
};

TEST_CASE("journal: nothing that was acknowledged is lost or doubled by kill -9") {
  std::mt19937 random(20'260'301);
  for (long left = cycles(); left > 0; left -= kCyclesOfOneFile) {
    const TestFolder folder;
    Ledger ledger;
    JournalReader reader(folder.url());
    for (long cycle = 0; cycle < std::min(left, kCyclesOfOneFile); ++cycle) {
      // Now and then at once: while the file is made or opened.
      const std::size_t enough = random() % 10 == 0 ? 0 : random() % 60;
      ledger.add(cycle, killed_after(folder, cycle, enough));
      StandingClock clock;
      { const Journal reopened(folder.url(), clock); }
      ledger.check(reader);
    }
  }
}

}  // namespace
}  // namespace psabridge::store
