#include "core/serve/alarms.h"

#include <psabridge/abi.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/serve/stepped_clock.h"

namespace psabridge::serve {
namespace {

using namespace std::chrono_literals;
using Titles = std::vector<std::string>;

struct Rig {
  static plugin::Alert alert(std::string title) {
    return {PSABRIDGE_WARNING, "PB2108", "acme", std::move(title), "Nothing came for two hours.", 1};
  }
  void raise(const std::string& key) { alarms.raise(key, alert(key)); }
  /// Delivers, and gives the titles of what was sent by that.
  Titles delivered() {
    sent.clear();
    alarms.deliver();
    Titles titles;
    for (const auto& one : sent) titles.push_back(one.title);
    return titles;
  }

  SteppedClock clock;
  bool reachable = true;
  std::vector<plugin::Alert> sent;
  std::function<void()> while_sending = [] {};
  Alarms alarms{clock, [this](const plugin::Alert& one) {
                  sent.push_back(one);
                  while_sending();
                  return reachable;
                }};
};

}  // namespace

TEST_CASE("A condition is told once, however often it is seen, and its end once") {
  Rig rig;
  for (int i = 0; i < 3; ++i) {
    rig.raise("silent");
    CHECK(rig.delivered() == (i == 0 ? Titles{"silent"} : Titles{}));
  }
  CHECK(rig.delivered().empty());
  rig.alarms.clear("silent");
  CHECK(rig.delivered() == Titles{"Over: silent"});
  rig.alarms.clear("silent");
  CHECK(rig.delivered().empty());
  rig.raise("silent");
  CHECK(rig.delivered() == Titles{"silent"});
}

TEST_CASE("What is told carries what the alert said, when it began and when it was over") {
  Rig rig;
  rig.raise("silent");
  rig.delivered();
  CHECK(rig.sent.at(0).level == PSABRIDGE_WARNING);
  CHECK(rig.sent.at(0).text == "Nothing came for two hours.");
  CHECK(rig.sent.at(0).at_ms == 1);
  rig.clock.advance(24h);
  rig.delivered();
  CHECK(rig.sent.at(0).level == PSABRIDGE_WARNING);
  CHECK(rig.sent.at(0).text == "Since 2026-03-01T00:00:00.000Z: Nothing came for two hours.");
  CHECK(rig.sent.at(0).at_ms == rig.clock.now().time_since_epoch().count());
  rig.alarms.clear("silent");
  rig.delivered();
  CHECK(rig.sent.at(0).level == PSABRIDGE_INFO);
  CHECK(rig.sent.at(0).code == "PB2108");
  CHECK(rig.sent.at(0).pipeline == "acme");
  CHECK(rig.sent.at(0).text ==
        "This is well again; it began at 2026-03-01T00:00:00.000Z. It was: Nothing came for two hours.");
}

TEST_CASE("A condition that lasts is told again a day later, with its newest words") {
  Rig rig;
  rig.raise("silent");
  rig.delivered();
  rig.clock.advance(24h - 1ms);
  rig.alarms.raise("silent", Rig::alert("silent for long"));
  CHECK(rig.delivered().empty());
  rig.clock.advance(1ms);
  CHECK(rig.delivered() == Titles{"Still: silent for long"});
  CHECK(rig.delivered().empty());
  rig.clock.advance(24h);
  CHECK(rig.delivered() == Titles{"Still: silent for long"});
}

TEST_CASE("A jump of the wall clock reminds nobody") {
  Rig rig;
  rig.raise("silent");
  rig.delivered();
  rig.clock.set_forward(48h);
  CHECK(rig.delivered().empty());
}

TEST_CASE("Conditions do not know of each other") {
  Rig rig;
  rig.raise("b");
  rig.raise("a");
  CHECK(rig.delivered() == Titles{"a", "b"});
  rig.alarms.clear("a");
  rig.raise("b");
  CHECK(rig.delivered() == Titles{"Over: a"});
}

TEST_CASE("What could not be told is told later, as long as it is true") {
  Rig rig;
  rig.reachable = false;
  rig.raise("stays");
  rig.raise("passes");
  CHECK(rig.delivered() == Titles{"passes", "stays"});
  CHECK(rig.delivered() == Titles{"passes", "stays"});
  rig.alarms.clear("passes");
  rig.reachable = true;
  CHECK(rig.delivered() == Titles{"stays"});
  rig.reachable = false;
  rig.alarms.clear("stays");
  CHECK(rig.delivered() == Titles{"Over: stays"});
  rig.reachable = true;
  CHECK(rig.delivered() == Titles{"Over: stays"});
  CHECK(rig.delivered().empty());
}

TEST_CASE("What comes and goes between two deliveries is not told") {
  Rig rig;
  rig.raise("brief");
  rig.alarms.clear("brief");
  CHECK(rig.delivered().empty());
  rig.raise("lasting");
  rig.delivered();
  rig.alarms.clear("lasting");
  rig.raise("lasting");
  CHECK(rig.delivered().empty());
}

TEST_CASE("What changes while it is told is told next") {
  Rig rig;
  rig.raise("silent");
  rig.while_sending = [&] { rig.alarms.clear("silent"); };
  CHECK(rig.delivered() == Titles{"silent"});
  rig.while_sending = [&] { rig.raise("silent"); };
  CHECK(rig.delivered() == Titles{"Over: silent"});
  rig.while_sending = [] {};
  CHECK(rig.delivered() == Titles{"silent"});
}

TEST_CASE("Conditions are raised from many threads while they are delivered") {
  Rig rig;
  std::atomic<int> raising = 4;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&, key = "key " + std::to_string(i)] {
        for (int round = 0; round < 200; ++round) {
          rig.raise(key);
          rig.alarms.clear(key);
        }
        rig.raise(key);
        --raising;
      });
    while (raising > 0) rig.alarms.deliver();
  }
  rig.alarms.deliver();
  std::map<std::string, int> known;
  for (const auto& one : rig.sent)
    known[one.title.substr(one.title.find("key"))] += one.title.starts_with("Over") ? -1 : 1;
  CHECK(known == std::map<std::string, int>{{"key 0", 1}, {"key 1", 1}, {"key 2", 1}, {"key 3", 1}});
}

}  // namespace psabridge::serve
