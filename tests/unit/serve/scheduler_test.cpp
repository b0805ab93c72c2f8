#include "core/serve/scheduler.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <semaphore>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include "core/base/error.h"
#include "tests/unit/serve/stepped_clock.h"

namespace psabridge::serve {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Words = std::vector<std::string>;

/// What happened, in its order. Thread-safe.
class Story {
 public:
  void add(std::string word) {
    const std::lock_guard lock(mutex_);
    words_.push_back(std::move(word));
    changed_.notify_all();
  }
  /// Waits until that many words are there; gives all.
  Words of_length(std::size_t length) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return words_.size() >= length; });
    return words_;
  }
  Words all() { return of_length(0); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Words words_;
};

using Work = std::function<void(const plugin::Stop&)>;

struct Rig {
  /// A job that writes "+name due", does `work` and writes "-name".
  Job job(
      const std::string& name, const std::string& group, Work work = [](const plugin::Stop&) {}) {
    return {name, group, [this] { return interval.load(); },
            [this, name, work = std::move(work)](Reason reason, const plugin::Stop& stop) {
              story.add("+" + name + (reason == Reason::due ? " due" : " ordered"));
              work(stop);
              story.add("-" + name);
            }};
  }
  void start(std::vector<Job> jobs, std::uint64_t seed = 1) {
    scheduler.emplace(std::move(jobs), clock, seed, [this](const std::string& name, const RunEnd& end) {
      failures.add(name + ": " + end.code + " " + end.reason);
    });
  }
  /// Lets a lone job's next wait be over and gives the wait that follows its run.
  Milliseconds next_wait() {
    clock.advance(clock.sleep_number(sleeps));
    return clock.sleep_number(++sleeps);
  }

  SteppedClock clock;
  std::atomic<Milliseconds> interval{Milliseconds{10min}};
  std::size_t sleeps = 1;
  Story story, failures;
  std::optional<Scheduler> scheduler;
};

void until(const plugin::Stop& stop) {
  while (!stop()) std::this_thread::yield();
}

}  // namespace

TEST_CASE("Jobs begin soon after the start, not all at once") {
  for (const auto& [interval, longest] : {std::pair<Milliseconds, Milliseconds>{10s, 1s}, {1h, 5s}}) {
    Rig rig;
    rig.interval = interval;
    std::vector<Job> jobs;
    for (int i = 0; i < 8; ++i) jobs.push_back(rig.job("job " + std::to_string(i), std::to_string(i)));
    rig.start(std::move(jobs));
    std::set<Milliseconds> waits;
    for (std::size_t i = 1; i <= 8; ++i) waits.insert(rig.clock.sleep_number(i));
    CHECK(*waits.rbegin() <= longest);
    CHECK(*waits.rbegin() - *waits.begin() > longest / 4);
  }
}

TEST_CASE("A job runs an interval after its last run, give or take a tenth") {
  Rig rig;
  rig.start({rig.job("acme", "a")});
  Milliseconds shortest = 1h, longest = 0ms;
  for (int i = 0; i < 60; ++i) {
    const auto wait = rig.next_wait();
    shortest = std::min(shortest, wait);
    longest = std::max(longest, wait);
  }
  CHECK(shortest >= 9min);
  CHECK(shortest < 9min + 30s);
  CHECK(longest <= 11min);
  CHECK(longest > 10min + 30s);
  const auto story = rig.story.all();
  CHECK(story.size() == 120);
  CHECK(std::count(story.begin(), story.end(), "+acme due") == 60);
}

TEST_CASE("The interval is asked for before each wait") {
  Rig rig;
  rig.start({rig.job("acme", "a")});
  for (const Milliseconds interval : {Milliseconds{1min}, Milliseconds{1h}}) {
    rig.interval = interval;
    const auto wait = rig.next_wait();
    CHECK(wait >= interval * 9 / 10);
    CHECK(wait <= interval * 11 / 10);
  }
}

TEST_CASE("The same seed gives the same waits") {
  std::vector<std::vector<Milliseconds>> waits;
  for (const std::uint64_t seed : {7U, 7U, 8U}) {
    Rig rig;
    rig.start({rig.job("acme", "a")}, seed);
    waits.push_back({rig.clock.sleep_number(1), rig.next_wait(), rig.next_wait()});
  }
  CHECK(waits[0] == waits[1]);
  CHECK(waits[0] != waits[2]);
}

TEST_CASE("Slots that were missed are not made up for") {
  Rig rig;
  rig.start({rig.job("acme", "a", [&](const plugin::Stop&) { rig.clock.set_forward(48h); })});
  rig.clock.sleep_number(1);
  rig.clock.advance(24h);
  const auto wait = rig.clock.sleep_number(2);
  CHECK(wait >= 9min);
  CHECK(wait <= 11min);
  CHECK(rig.story.all() == Words{"+acme due", "-acme"});
}

TEST_CASE("An order runs the job at once") {
  Rig rig;
  rig.start({rig.job("acme", "a"), rig.job("other", "b")});
  CHECK(rig.scheduler->order("acme").get().well);
  CHECK(rig.story.all() == Words{"+acme ordered", "-acme"});
}

TEST_CASE("Orders are answered by one run that began after them") {
  Rig rig;
  std::counting_semaphore<> gate(0);
  rig.start({rig.job("acme", "a", [&](const plugin::Stop&) { gate.acquire(); })});
  auto first = rig.scheduler->order("acme");
  rig.story.of_length(1);
  std::vector<std::future<RunEnd>> later;
  for (int i = 0; i < 3; ++i) later.push_back(rig.scheduler->order("acme"));
  gate.release();
  CHECK(first.get().well);
  rig.story.of_length(3);
  for (const auto& order : later) CHECK(order.wait_for(0s) == std::future_status::timeout);
  gate.release();
  for (auto& order : later) CHECK(order.get().well);
  rig.clock.sleep_number(3);
  CHECK(rig.story.all() == Words{"+acme ordered", "-acme", "+acme ordered", "-acme"});
}

TEST_CASE("A job that is not there cannot be ordered or looked at") {
  Rig rig;
  rig.start({rig.job("acme", "a")});
  for (const auto& ask : {std::function<void()>([&] { rig.scheduler->order("acm"); }),
                          std::function<void()>([&] { rig.scheduler->standing("acm"); })}) {
    try {
      ask();
      FAIL("nothing was thrown");
    } catch (const Error& error) {
      CHECK(error.code() == "PB1602");
      CHECK_THAT(error.message(),
                 ContainsSubstring("\"acm\"") && ContainsSubstring("Did you mean \"acme\"?"));
    }
  }
}

TEST_CASE("A run that throws is told and waits longer from failure to failure, until one ends well") {
  Rig rig;
  rig.interval = 1min;
  std::atomic<bool> broken = true;
  rig.start({rig.job("acme", "a", [&](const plugin::Stop&) {
    if (broken) throw std::runtime_error("the disk is full");
  })});
  const auto check_wait = [&](Milliseconds about) {
    const auto wait = rig.next_wait();
    CHECK(wait >= about * 9 / 10);
    CHECK(wait <= about * 11 / 10);
  };
  for (const Milliseconds about : {2min, 4min, 8min, 15min, 15min}) check_wait(about);
  CHECK(rig.failures.all() == Words(5, "acme:  the disk is full"));
  CHECK(rig.scheduler->standing("acme").failures == 5);
  rig.interval = 1h;
  check_wait(1h);
  rig.interval = 1min;
  broken = false;
  check_wait(1min);
  CHECK(rig.scheduler->standing("acme").failures == 0);
  broken = true;
  check_wait(2min);
}

TEST_CASE("An order learns how its run ended, whatever it threw") {
  Rig rig;
  std::atomic<int> runs = 0;
  rig.start({rig.job("acme", "a", [&](const plugin::Stop&) {
    switch (++runs) {
      case 1:
        throw Error("PB1201", "The server is away.");
      case 2:
        throw std::runtime_error("the disk is full");
      case 3:
        throw 42;
      default:
        return;
    }
  })});
  RunEnd end = rig.scheduler->order("acme").get();
  CHECK(end.code == "PB1201");
  CHECK(end.reason == "The server is away.");
  CHECK_FALSE(end.well);
  end = rig.scheduler->order("acme").get();
  CHECK(end.code.empty());
  CHECK(end.reason == "the disk is full");
  CHECK_FALSE(rig.scheduler->order("acme").get().well);
  CHECK(rig.failures.all().size() == 3);
  CHECK(rig.scheduler->order("acme").get().well);
  CHECK(rig.failures.all().size() == 3);
}

TEST_CASE("Jobs of one group take turns, others run at the same time") {
  Rig rig;
  std::counting_semaphore<> gate(0);
  const auto wait_at_gate = [&](const plugin::Stop&) { gate.acquire(); };
  rig.start(
      {rig.job("a1", "a", wait_at_gate), rig.job("a2", "a", wait_at_gate), rig.job("b", "b", wait_at_gate)});
  std::vector<std::future<RunEnd>> orders;
  for (const char* name : {"a1", "a2", "b"}) orders.push_back(rig.scheduler->order(name));
  auto begun = rig.story.of_length(2);
  std::sort(begun.begin(), begun.end());
  CHECK((begun == Words{"+a1 ordered", "+b ordered"} || begun == Words{"+a2 ordered", "+b ordered"}));
  gate.release(3);
  for (auto& order : orders) order.get();
  auto of_a = rig.story.all();
  std::erase_if(of_a, [](const std::string& word) { return word.find('a') == std::string::npos; });
  std::erase_if(of_a, [](const std::string& word) { return word.find('b') != std::string::npos; });
  CHECK((of_a == Words{"+a1 ordered", "-a1", "+a2 ordered", "-a2"} ||
         of_a == Words{"+a2 ordered", "-a2", "+a1 ordered", "-a1"}));
}

TEST_CASE("A pause stops the run, keeps everything from beginning, and afterwards what was left is done") {
  Rig rig;
  std::atomic<bool> long_work = true;
  rig.start({rig.job("acme", "a",
                     [&](const plugin::Stop& stop) {
                       if (!long_work) return;
                       until(stop);
                       throw Error("PB1410", "Stopped.");
                     }),
             rig.job("other", "b")});
  auto interrupted = rig.scheduler->order("acme");
  rig.story.of_length(1);
  std::future<RunEnd> ordered;
  {
    const Scheduler::Pause pause(*rig.scheduler);
    const Scheduler::Pause another(*rig.scheduler);
    long_work = false;
    ordered = rig.scheduler->order("other");
    rig.clock.advance(48h);
    CHECK_FALSE(rig.scheduler->standing("acme").running);
    CHECK(interrupted.wait_for(0s) == std::future_status::timeout);
    CHECK(rig.story.all() == Words{"+acme ordered"});
  }
  CHECK(interrupted.get().well);
  CHECK(ordered.get().well);
  auto rest = rig.story.all();
  rest.erase(rest.begin());
  std::sort(rest.begin(), rest.end());
  CHECK(rest == Words{"+acme ordered", "+other ordered", "-acme", "-other"});
  CHECK(rig.failures.all().empty());
}

TEST_CASE("A run that fails on its own account during a pause has failed") {
  Rig rig;
  rig.start({rig.job("acme", "a", [](const plugin::Stop& stop) {
    until(stop);
    throw Error("PB1301", "The store is gone.");
  })});
  auto order = rig.scheduler->order("acme");
  rig.story.of_length(1);
  const Scheduler::Pause pause(*rig.scheduler);
  CHECK(order.get().code == "PB1301");
  CHECK(rig.failures.all().size() == 1);
  CHECK(rig.scheduler->standing("acme").failures == 1);
}

TEST_CASE("Stopping asks runs to stop, and no order is left without an answer") {
  Rig rig;
  rig.start({rig.job("acme", "a", until), rig.job("waits", "a"), rig.job("sleeps", "b")});
  auto running = rig.scheduler->order("acme");
  rig.story.of_length(1);
  auto waiting = rig.scheduler->order("waits");
  rig.scheduler->stop();
  CHECK(running.get().code == "PB1410");
  CHECK(waiting.get().code == "PB1410");
  CHECK(rig.scheduler->order("sleeps").get().code == "PB1410");
  CHECK(rig.story.all() == Words{"+acme ordered", "-acme"});
  CHECK(rig.failures.all().empty());
}

TEST_CASE("A job's standing says what it does, when it runs next and how long the last run took") {
  Rig rig;
  std::counting_semaphore<> gate(0);
  rig.start({rig.job("acme", "a", [&](const plugin::Stop&) {
    rig.clock.advance(42s);
    gate.acquire();
  })});
  const auto first = rig.clock.now() + rig.clock.sleep_number(1);
  auto standing = rig.scheduler->standing("acme");
  CHECK_FALSE(standing.running);
  CHECK(standing.next_at == first);
  CHECK_FALSE(standing.last_duration);

  rig.clock.set_forward(1h);
  CHECK(rig.scheduler->standing("acme").next_at == first + 1h);

  auto order = rig.scheduler->order("acme");
  rig.story.of_length(1);
  standing = rig.scheduler->standing("acme");
  CHECK(standing.running);
  CHECK_FALSE(standing.next_at);
  gate.release();
  order.get();
  const auto wait = rig.clock.sleep_number(2);
  standing = rig.scheduler->standing("acme");
  CHECK_FALSE(standing.running);
  CHECK(standing.last_duration == 42s);
  CHECK(standing.next_at == rig.clock.now() + wait);
}

TEST_CASE("Orders and pauses from many threads: every order is answered, no group runs twice at once") {
  Rig rig;
  std::atomic<int> at_once[2] = {0, 0};
  std::atomic<bool> exclusive = false, broken = false;
  const auto work_of = [&](std::size_t group) {
    return [&, group](const plugin::Stop&) {
      if (++at_once[group] != 1 || exclusive) broken = true;
      --at_once[group];
    };
  };
  rig.start({rig.job("0", "a", work_of(0)), rig.job("1", "a", work_of(0)), rig.job("2", "b", work_of(1)),
             rig.job("3", "b", work_of(1))});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&, i] {
        for (int round = 0; round < 25; ++round) rig.scheduler->order(std::to_string((i + round) % 4)).get();
      });
    for (int i = 0; i < 50; ++i) {
      const Scheduler::Pause pause(*rig.scheduler);
      exclusive = true;
      std::this_thread::yield();
      exclusive = false;
    }
  }
  CHECK_FALSE(broken);
  CHECK(rig.failures.all().empty());
}

}  // namespace psabridge::serve
