#include "core/net/callback_listener.h"

#include <sys/socket.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <thread>

#include "core/base/error.h"
#include "tests/faultproxy/sockets.h"
#include "tests/unit/net/fake_clock.h"

namespace psabridge::net {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Query = std::map<std::string, std::string>;

const Stop never = [] { return false; };

/// A listener at work on a thread of its own.
class Rig {
 public:
  explicit Rig(CallbackListener::Handler handler)
      : listener_("127.0.0.1", 0, "/callback", std::move(handler), system_clock()),
        worker_([this](std::stop_token ending) {
          try {
            done_ = listener_.wait([ending] { return ending.stop_requested(); }, 1h);
          } catch (const std::exception& error) {
            thrown_ = error.what();
          }
        }) {}

  test::Socket client() const { return test::connect_to("127.0.0.1", listener_.port()); }
  std::string ask(const std::string& request) const {
    const auto socket = client();
    say(socket, request);
    return hear(socket);
  }
  static void say(const test::Socket& socket, const std::string& text) {
    ::send(socket.descriptor(), text.data(), text.size(), MSG_NOSIGNAL);
  }
  /// All until the listener ends the connection.
  static std::string hear(const test::Socket& socket) {
    std::string all;
    char buffer[4096];
    for (ssize_t size; (size = ::recv(socket.descriptor(), buffer, sizeof buffer, 0)) > 0;)
      all.append(buffer, static_cast<std::size_t>(size));
    return all;
  }
  /// What wait() gave back when it had ended by itself.
  bool done() {
    worker_.join();
    return done_;
  }
  std::string thrown() {
    worker_.join();
    return thrown_;
  }

 private:
  CallbackListener listener_;
  bool done_ = false;
  std::string thrown_;
  std::jthread worker_;
};

std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

CallbackAnswer finish(const Query&) { return {200, "Signed in", "You may close this page.", true}; }

}  // namespace

TEST_CASE("The callback's query reaches the handler decoded, and its answer the browser as a bare page") {
  Query seen;
  Rig rig([&](const Query& query) {
    seen = query;
    return CallbackAnswer{200, "Signed in", "Tenant <acme> & \"sons\"", true};
  });
  const auto page = rig.ask(get("/callback?code=a%2Bb&state=x%20y&empty="));
  CHECK(rig.done());
  CHECK(seen == Query{{"code", "a+b"}, {"state", "x y"}, {"empty", ""}});
  CHECK_THAT(page, ContainsSubstring("HTTP/1.1 200 ") && ContainsSubstring("<h1>Signed in</h1>") &&
                       ContainsSubstring("Tenant &lt;acme&gt; &amp; &quot;sons&quot;"));
  CHECK_THAT(page, ContainsSubstring("Cache-Control: no-store\r\n") &&
                       ContainsSubstring("Referrer-Policy: no-referrer\r\n") &&
                       ContainsSubstring("Content-Security-Policy: default-src 'none'") &&
                       ContainsSubstring("Connection: close\r\n") && !ContainsSubstring("<script"));
}

TEST_CASE("What is no callback is answered and ends nothing") {
  int called = 0;
  Rig rig([&](const Query&) {
    ++called;
    return finish({});
  });
  struct Case {
    std::string request;
    const char* status;
  };
  for (const auto& [request, status] : {
           Case{get("/favicon.ico"), "404"},
           Case{get("/"), "404"},
           Case{get("/callback/"), "404"},
           Case{get("/callbackx?code=1"), "404"},
           Case{get("/Callback?code=1"), "404"},
           Case{"POST /callback?code=1 HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "405"},
           Case{"HEAD /callback?code=1 HTTP/1.1\r\n\r\n", "405"},
           Case{"nonsense\r\n\r\n", "400"},
           Case{"GET /callback\r\n\r\n", "400"},
           Case{get("/callback?code=" + std::string(9000, 'x')), "431"},
           Case{"GET /callback HTTP/1.1\r\nX: " + std::string(100'000, 'x'), "431"},
       }) {
    INFO(request.substr(0, 60));
    CHECK_THAT(rig.ask(request), ContainsSubstring(std::string("HTTP/1.1 ") + status));
  }
  CHECK(called == 0);
  CHECK_THAT(rig.ask(get("/callback?code=1")), ContainsSubstring("HTTP/1.1 200"));
  CHECK(rig.done());
}

TEST_CASE("Slow, silent and very many clients do not hold up the good one") {
  Rig rig(finish);
  const auto slow = rig.client();
  Rig::say(slow, "GET /callb");
  std::vector<test::Socket> silent;
  for (int i = 0; i < 60; ++i) silent.push_back(rig.client());
  CHECK_THAT(rig.ask(get("/callback?code=1")), ContainsSubstring("HTTP/1.1 200"));
  CHECK(rig.done());
}

TEST_CASE("A request that comes in pieces is put together") {
  Rig rig(finish);
  const auto socket = rig.client();
  for (const char* piece : {"GET /call", "back?code=1 HT", "TP/1.1\r\nHost: localhost\r\n", "\r", "\n"})
    Rig::say(socket, piece);
  CHECK_THAT(Rig::hear(socket), ContainsSubstring("HTTP/1.1 200"));
  CHECK(rig.done());
}

TEST_CASE("The handler decides which callback is the last: a forged one does not end the wait") {
  std::vector<std::string> states;
  Rig rig([&](const Query& query) {
    states.push_back(query.at("state"));
    if (query.at("state") != "right") return CallbackAnswer{400, "Not ours", "The state is unknown.", false};
    return finish({});
  });
  const auto first = rig.client(), second = rig.client();
  Rig::say(first, get("/callback?state=forged"));
  CHECK_THAT(Rig::hear(first), ContainsSubstring("HTTP/1.1 400"));
  Rig::say(second, get("/callback?state=right"));
  CHECK_THAT(Rig::hear(second), ContainsSubstring("HTTP/1.1 200"));
  CHECK(rig.done());
  CHECK(states == std::vector<std::string>{"forged", "right"});
}

TEST_CASE("Of two callbacks at once one counts and the other is told so") {
  FakeClock clock;
  int called = 0;
  CallbackListener listener(
      "127.0.0.1", 0, "/callback",
      [&](const Query&) {
        ++called;
        return finish({});
      },
      clock);
  const auto first = test::connect_to("127.0.0.1", listener.port());
  const auto second = test::connect_to("127.0.0.1", listener.port());
  for (const auto* socket : {&first, &second}) Rig::say(*socket, get("/callback?code=1"));
  CHECK(listener.wait(never, 1h));
  CHECK(called == 1);
  CHECK_THAT(Rig::hear(first) + Rig::hear(second),
             ContainsSubstring("HTTP/1.1 200") && ContainsSubstring("HTTP/1.1 409"));
}

TEST_CASE("What the handler throws comes out of wait(), and the browser is told without the reason") {
  Rig rig([](const Query&) -> CallbackAnswer { throw std::runtime_error("the client secret is wrong"); });
  CHECK_THAT(rig.ask(get("/callback?code=1")),
             ContainsSubstring("HTTP/1.1 500") && !ContainsSubstring("client secret"));
  CHECK(rig.thrown() == "the client secret is wrong");
}

TEST_CASE("The wait ends when its time is over or the caller stops, and may go on") {
  FakeClock clock;
  CallbackListener listener("localhost", 0, "/callback", finish, clock);
  CHECK_FALSE(listener.wait(
      [&] {
        clock.advance(1min);
        return false;
      },
      5min));
  CHECK_FALSE(listener.wait([] { return true; }, 5min));
  const auto browser = test::connect_to("127.0.0.1", listener.port());
  Rig::say(browser, get("/callback"));
  CHECK(listener.wait(never, 5min));
}

TEST_CASE("A request that takes too long is closed") {
  FakeClock clock;
  CallbackListener listener("127.0.0.1", 0, "/callback", finish, clock);
  const auto browser = test::connect_to("127.0.0.1", listener.port());
  Rig::say(browser, "GET /callback");
  CHECK_FALSE(listener.wait(
      [&] {
        clock.advance(3s);
        return false;
      },
      30s));
  CHECK(Rig::hear(browser).empty());
}

TEST_CASE("An address that is in use or not loopback is refused with the reason") {
  FakeClock clock;
  const CallbackListener first("127.0.0.1", 0, "/callback", finish, clock);
  struct Case {
    const char* host;
    std::uint16_t port;
    const char* sentence;
  };
  for (const auto& [host, port, sentence] :
       {Case{"127.0.0.1", first.port(), "Address already in use"}, Case{"0.0.0.0", 0, "no loopback address"},
        Case{"192.168.1.1", 0, "no loopback address"}, Case{"halo.example", 0, "no loopback address"}}) {
    INFO(host);
    try {
      CallbackListener(host, port, "/callback", finish, clock);
      FAIL("it listens");
    } catch (const Error& error) {
      CHECK(error.code() == "PB1218");
      CHECK_THAT(error.message(), ContainsSubstring(host) && ContainsSubstring(sentence));
    }
  }
}

}  // namespace psabridge::net
