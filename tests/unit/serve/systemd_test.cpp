#include "core/serve/systemd.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "tests/integration/process.h"
#include "tests/unit/serve/stepped_clock.h"

namespace psabridge::serve {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

/// The end of the notification socket that systemd has.
class Listener {
 public:
  /// `address` as NOTIFY_SOCKET has it.
  explicit Listener(const std::string& address) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un self{};
    self.sun_family = AF_UNIX;
    REQUIRE(address.size() < sizeof self.sun_path);
    std::memcpy(self.sun_path, address.data(), address.size());
    if (address[0] == '@') self.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&self), length) == 0);
  }
  /// Waits for the next datagram.
  std::string next() const {
    char bytes[512];
    const auto size = ::recv(socket_.get(), bytes, sizeof bytes, 0);
    REQUIRE(size >= 0);
    return {bytes, static_cast<std::size_t>(size)};
  }
  /// True when nothing is there.
  bool is_empty() const {
    char byte = 0;
    return ::recv(socket_.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
  }

 private:
  const Descriptor socket_;
};

class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~Environment() { ::unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* const name_;
};

void say_everything(Systemd& systemd) {
  systemd.ready();
  systemd.status("Syncs 2 pipelines.\nREADY=0");
  systemd.reloading();
  systemd.watchdog();
  systemd.stopping();
}

void check_everything(const Listener& listener) {
  for (const char* state :
       {"READY=1", "STATUS=Syncs 2 pipelines. READY=0", "RELOADING=1", "WATCHDOG=1", "STOPPING=1"})
    CHECK(listener.next() == state);
  CHECK(listener.is_empty());
}

struct Rig {
  Systemd::Failed failed() {
    return [this](const std::string& why) { failures.push_back(why); };
  }
  integration::Folder folder;
  const std::string address = (folder / "notify").string();
  std::vector<std::string> failures;
};

}  // namespace

TEST_CASE("systemd hears every state in a datagram of its own") {
  Rig rig;
  const Listener listener(rig.address);
  Systemd systemd(rig.address, rig.failed());
  say_everything(systemd);
  check_everything(listener);
  CHECK(rig.failures.empty());
}

TEST_CASE("An abstract address is understood") {
  Rig rig;
  const std::string address = "@psabridge-test-" + std::to_string(::getpid());
  const Listener listener(address);
  Systemd systemd(address, rig.failed());
  say_everything(systemd);
  check_everything(listener);
  CHECK(rig.failures.empty());
}

TEST_CASE("Outside of a service nothing is said and nothing fails") {
  Rig rig;
  Systemd systemd({}, rig.failed());
  say_everything(systemd);
  CHECK(rig.failures.empty());
}

TEST_CASE("A systemd that cannot be reached is told of once, with the reason") {
  Rig rig;
  Systemd absent(rig.address, rig.failed());
  say_everything(absent);
  REQUIRE(rig.failures.size() == 1);
  CHECK_THAT(rig.failures[0], ContainsSubstring("READY=1") && ContainsSubstring(rig.address) &&
                                  ContainsSubstring("No such file or directory"));
  Systemd too_long("/" + std::string(200, 'x'), rig.failed());
  too_long.ready();
  REQUIRE(rig.failures.size() == 2);
  CHECK_THAT(rig.failures[1], ContainsSubstring("File name too long"));
}

TEST_CASE("The environment says where systemd listens and how often it wants to hear") {
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  CHECK(systemd_address().empty());
  CHECK_FALSE(systemd_watchdog_period());
  const Environment socket("NOTIFY_SOCKET", "/run/systemd/notify");
  CHECK(systemd_address() == "/run/systemd/notify");
  const Environment period("WATCHDOG_USEC", "60000000");
  CHECK(systemd_watchdog_period() == 60s);
  {
    const Environment own("WATCHDOG_PID", std::to_string(::getpid()));
    CHECK(systemd_watchdog_period() == 60s);
  }
  {
    const Environment parent("WATCHDOG_PID", std::to_string(::getppid()));
    CHECK_FALSE(systemd_watchdog_period());
  }
  for (const char* odd : {"", "0", "-1", "60s", "99999999999999999999"}) {
    INFO(odd);
    const Environment odd_period("WATCHDOG_USEC", odd);
    CHECK_FALSE(systemd_watchdog_period());
  }
}

TEST_CASE("The watchdog is fed twice a period while every loop moves, and not while one hangs") {
  Rig rig;
  const Listener listener(rig.address);
  Systemd systemd(rig.address, rig.failed());
  SteppedClock clock;
  std::vector<std::string> stuck;
  {
    Watchdog watchdog(systemd, clock, 60s, [&](const std::string& what) { stuck.push_back(what); });
    const auto intake = watchdog.watch("intake");
    auto worker = watchdog.watch("event worker 1");
    std::size_t looks = 1;
    CHECK(clock.sleep_number(looks) == 30s);
    CHECK(listener.next() == "WATCHDOG=1");
    const auto look_again = [&] {
      clock.advance(30s);
      clock.sleep_number(++looks);
    };

    for (int i = 0; i < 2; ++i) {  // the worker's silence lasts 60 s at last: not too long yet
      intake->beat();
      look_again();
      CHECK(listener.next() == "WATCHDOG=1");
    }
    for (int i = 0; i < 3; ++i) {
      intake->beat();
      look_again();
      CHECK(listener.is_empty());
      CHECK(stuck == std::vector<std::string>{"event worker 1 has not moved for 90 s"});
    }

    worker->beat();
    intake->beat();
    look_again();
    CHECK(listener.next() == "WATCHDOG=1");

    worker.reset();  // a loop that has ended is not missed
    for (int i = 0; i < 4; ++i) {
      intake->beat();
      look_again();
      CHECK(listener.next() == "WATCHDOG=1");
    }
    CHECK(stuck.size() == 1);
  }
  CHECK(listener.is_empty());
}

}  // namespace psabridge::serve
