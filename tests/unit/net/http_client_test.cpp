#include "core/net/http_client.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "core/base/error.h"
#include "tests/faultproxy/fault_proxy.h"
#include "tests/unit/net/fake_clock.h"
#include "tests/unit/net/scripted_server.h"

namespace psabridge::net {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using test::answer;
using test::ReceivedRequest;
using test::Reply;
using test::ScriptedServer;

const Stop never = [] { return false; };

/// A client that may ask one server and whose waits take no time.
struct Rig {
  explicit Rig(ScriptedServer::Script script) : server(std::move(script)) {
    policy.allowed_urls = {server.url()};
    policy.allow_private = true;
  }

  HttpResponse get(const std::string& target = "/", const Stop& stop = never) {
    return client().send({.method = "GET", .url = server.url() + target}, stop);
  }
  HttpClient& client() {
    if (!made) made = std::make_unique<HttpClient>(policy, limiter, *time, 1);
    return *made;
  }
  std::string error_code(const HttpRequest& request, const Stop& stop = never) {
    try {
      client().send(request, stop);
    } catch (const Error& error) {
      message = error.message();
      return std::string(error.code());
    }
    return "no error";
  }
  std::string error_code() { return error_code({.url = server.url()}); }

  ScriptedServer server;
  FakeClock clock;
  Clock* time = &clock;
  RateLimiter limiter{0, 1min, clock};
  HttpPolicy policy;
  std::unique_ptr<HttpClient> made;
  std::string message;
};

/// Plays the replies in order, the last one for ever.
ScriptedServer::Script in_order(std::vector<Reply> replies) {
  return [replies, next = std::size_t{0}](const ReceivedRequest&) mutable {
    return replies[std::min(next++, replies.size() - 1)];
  };
}

Reply raw(std::string bytes, Reply::Then then = Reply::Then::keep) { return {std::move(bytes), then}; }

const auto kCutShort = raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half\":", Reply::Then::close);

}  // namespace

TEST_CASE("A request arrives as it was asked and the answer comes back whole") {
  Rig rig([](const ReceivedRequest&) { return answer(201, "hello", "X-One: a\r\nx-one: b\r\n"); });
  const auto response = rig.client().send({.method = "POST",
                                           .url = rig.server.url() + "/api/Tickets?a=%20b",
                                           .headers = {{"Authorization", "Bearer t"}},
                                           .body = "payload"},
                                          never);
  CHECK(response.status == 201);
  CHECK(response.body == "hello");
  CHECK(response.header("X-ONE") == "a");
  CHECK(response.header("absent").empty());
  const auto request = rig.server.received().at(0);
  CHECK_THAT(request.head, ContainsSubstring("POST /api/Tickets?a=%20b HTTP/1.1\r\n"));
  CHECK_THAT(request.head, ContainsSubstring("Host: " + rig.server.address() + "\r\n"));
  CHECK_THAT(request.head, ContainsSubstring("Authorization: Bearer t\r\n"));
  CHECK(request.body == "payload");
}

TEST_CASE("Every way to frame a body is understood") {
  struct Case {
    const char* name;
    Reply reply;
    std::string body;
  };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const auto& [name, reply, body] : {
           Case{"chunks",
                raw(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: "
                         "x\r\n\r\n"),
                "hello world"},
           Case{"no chunk at all", raw(ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), ""},
           Case{"empty", raw(ok + "Content-Length: 0\r\n\r\n"), ""},
           Case{"until the end", raw(ok + "\r\nall there is", Reply::Then::close), "all there is"},
           Case{"interim answer first",
                raw("HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 2\r\n\r\nhi"), "hi"},
           Case{"bare line feeds", raw("HTTP/1.1 200 OK\nContent-Length: 2\n\nhi"), "hi"},
           Case{"no content", raw("HTTP/1.1 204 No Content\r\n\r\n"), ""},
       }) {
    INFO(name);
    Rig rig(in_order({reply}));
    CHECK(rig.get().body == body);
    CHECK(rig.get().body == body);
    CHECK(rig.server.received().back().connection == (reply.then == Reply::Then::close ? 2 : 1));
  }
}

TEST_CASE("A large body with every byte value arrives unchanged") {
  std::string body(9 * 1024 * 1024 + 17, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 131 >> 3);
  Rig rig([&](const ReceivedRequest&) { return answer(200, body); });
  CHECK(rig.get().body == body);
}

TEST_CASE("A body cut short is never taken for a whole one") {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const auto& reply :
       {kCutShort, raw(chunked + "5\r\nhel", Reply::Then::close),
        raw(chunked + "5\r\nhello\r\n", Reply::Then::close),
        raw("HTTP/1.1 200 OK\r\nContent-Le", Reply::Then::close), raw("HTT", Reply::Then::close)}) {
    INFO(reply.bytes);
    Rig rig(in_order({reply, reply, answer(200, "whole")}));
    CHECK(rig.get().body == "whole");
    Rig hopeless(in_order({reply}));
    CHECK(hopeless.error_code() == "PB1202");
    CHECK(hopeless.client().requests() == 5);
  }
}

TEST_CASE("What is no HTTP answer is told apart") {
  for (const char* bytes :
       {"SSH-2.0-OpenSSH\r\n", "HTTP/1.1 abc X\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    INFO(bytes);
    Rig rig(in_order({raw(bytes, Reply::Then::close)}));
    CHECK(rig.error_code() == "PB1212");
  }
  Rig endless(in_order({raw("HTTP/1.1 200 OK\r\n" + std::string(70'000, 'x'), Reply::Then::close)}));
  CHECK(endless.error_code() == "PB1212");
}

TEST_CASE("A body over the limit is refused, announced or not") {
  const std::string big(2000, 'x');
  for (const auto& reply :
       {answer(200, big), raw("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n"),
        raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + big.substr(0, 1000) +
            "\r\n3e8\r\n" + big),
        raw("HTTP/1.1 200 OK\r\n\r\n" + big, Reply::Then::close)}) {
    INFO(reply.bytes.substr(0, 80));
    Rig rig(in_order({reply}));
    rig.policy.body_limit = 1500;
    CHECK(rig.error_code() == "PB1211");
    CHECK(rig.client().requests() == 1);
  }
}

TEST_CASE("Connections are kept and used again") {
  Rig rig([](const ReceivedRequest&) { return answer(200, "x"); });
  for (int i = 0; i < 5; ++i) rig.get();
  CHECK(rig.server.received().back().connection == 1);
}

TEST_CASE("A connection that the server wants to end is not used again") {
  Rig rig([](const ReceivedRequest&) { return answer(200, "x", "Connection: close\r\n"); });
  rig.get();
  rig.get();
  CHECK(rig.server.received().back().connection == 2);
}

TEST_CASE("A kept connection that died is replaced at once, without a wait and without costing a try") {
  // The second request reaches the first connection, which ends without a byte of an answer.
  Rig rig(in_order({answer(200, "one"), raw("", Reply::Then::close), answer(200, "two")}));
  rig.policy.tries = 1;
  CHECK(rig.get().body == "one");
  CHECK(rig.get().body == "two");
  CHECK(rig.clock.sleeps().empty());
  CHECK(rig.server.received().at(1).connection == 1);
  CHECK(rig.server.received().at(2).connection == 2);
}

TEST_CASE("A request that must not be repeated is sent once, over a fresh connection") {
  Rig rig(in_order({answer(200, "one"), raw("", Reply::Then::close), answer(200, "two")}));
  rig.get();
  CHECK(rig.error_code({.method = "POST", .url = rig.server.url(), .body = "x", .retryable = false}) ==
        "PB1201");
  CHECK(rig.server.received().size() == 2);
  CHECK(rig.server.received().back().connection == 2);
}

TEST_CASE("Server errors are tried again with waits, and the last one is an answer") {
  for (const int status : {500, 502, 503, 504}) {
    INFO(status);
    Rig rig(in_order({answer(status, ""), answer(status, ""), answer(200, "x")}));
    CHECK(rig.get().status == 200);
    CHECK(rig.clock.sleeps().size() == 2);
    Rig hopeless(in_order({answer(status, "broken")}));
    CHECK(hopeless.get().status == status);
    CHECK(hopeless.client().requests() == 5);
    CHECK(hopeless.clock.sleeps().size() == 4);
  }
}

TEST_CASE("A 503 with Retry-After is waited for at least that long") {
  Rig rig(in_order({answer(503, "", "Retry-After: 40\r\n"), answer(200, "x")}));
  CHECK(rig.get().status == 200);
  CHECK(rig.clock.sleeps() == std::vector<Milliseconds>{40s});
}

TEST_CASE("Answers of the client's own fault and redirects are answers at once") {
  for (const int status : {301, 302, 400, 401, 403, 404}) {
    INFO(status);
    Rig rig(in_order({answer(status, "why", "Location: https://elsewhere.example/\r\n")}));
    CHECK(rig.get().status == status);
    CHECK(rig.client().requests() == 1);
  }
}

TEST_CASE("429 waits as the server says and costs no try") {
  struct Case {
    const char* header;
    Milliseconds wait;
  };
  for (const auto& [header, wait] :
       {Case{"Retry-After: 7\r\n", 7s}, Case{"Retry-After: Sun, 01 Mar 2026 00:00:09 GMT\r\n", 9s},
        Case{"Retry-After: 86400000\r\n", 15min}, Case{"", 5s}, Case{"Retry-After: later\r\n", 5s}}) {
    INFO(header);
    Rig rig(in_order({answer(429, "\"slow down\"", header), answer(200, "x")}));
    rig.policy.tries = 1;
    CHECK(rig.get().status == 200);
    CHECK(rig.clock.sleeps() == std::vector{wait});
    CHECK(rig.limiter.budget().throttles == 1);
  }
}

TEST_CASE("A storm of 429 ends as an answer after four times the tries") {
  Rig rig(in_order({answer(429, "no", "Retry-After: 1\r\n")}));
  rig.policy.tries = 3;
  CHECK(rig.get().status == 429);
  CHECK(rig.client().requests() == 13);
}

TEST_CASE("429 is repeated even for a request that must not be sent twice, as the server did nothing") {
  Rig rig(in_order({answer(429, ""), answer(200, "x")}));
  CHECK(rig.client()
            .send({.method = "POST", .url = rig.server.url(), .body = "x", .retryable = false}, never)
            .status == 200);
}

TEST_CASE("Only the addresses of the connection are asked") {
  Rig rig(in_order({answer(200, "x")}));
  for (const auto& url : {std::string("https://127.0.0.1"), std::string("http://elsewhere.example/"),
                          std::string("http://127.0.0.1@evil.example/"), std::string("file:///etc/passwd"),
                          "http://localhost:" + rig.server.address().substr(10)}) {
    INFO(url);
    CHECK(rig.error_code({.url = url}) == "PB1209");
  }
  CHECK(rig.server.received().empty());
}

TEST_CASE("A request that would break the message is refused") {
  Rig rig(in_order({answer(200, "x")}));
  CHECK(rig.error_code({.url = rig.server.url(), .headers = {{"X", "a\r\nEvil: b"}}}) == "PB1215");
  CHECK(rig.error_code({.url = rig.server.url(), .headers = {{"X Y", "a"}}}) == "PB1215");
  CHECK(rig.error_code({.method = "GET / HTTP/1.1\r\n", .url = rig.server.url()}) == "PB1215");
  CHECK(rig.server.received().empty());
}

TEST_CASE("Refused connections and unknown names say so, and are tried again") {
  std::string closed_port;
  {
    const ScriptedServer server(in_order({answer(200, "x")}));
    closed_port = server.url();
  }
  Rig rig(in_order({answer(200, "x")}));
  rig.policy.allowed_urls = {closed_port, "http://no-such-host.invalid"};
  CHECK(rig.error_code({.url = closed_port}) == "PB1201");
  CHECK_THAT(rig.message, ContainsSubstring("nothing listens there"));
  CHECK(rig.client().requests() == 5);
  CHECK(rig.error_code({.url = "http://no-such-host.invalid/?token=hunter2"}) == "PB1201");
  CHECK_THAT(rig.message, ContainsSubstring("no-such-host.invalid") && ContainsSubstring("DNS") &&
                              !ContainsSubstring("hunter2"));
}

TEST_CASE("Each of the three time limits of a try ends it and is named") {
  struct Case {
    const char* name;
    const char* scheme;
    std::string bytes;  ///< that the server answers before it falls silent
    Milliseconds connect, first_byte, total;
    const char* sentence;
  };
  const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe";
  for (const auto& [name, scheme, bytes, connect, first_byte, total, sentence] : {
           Case{"no TLS handshake", "https://", "", 5s, 1h, 1h, "within 5 s (the limit timeouts.connect)"},
           Case{"no answer", "http://", "", 1h, 5s, 1h, "within 5 s (the limit timeouts.first_byte)"},
           Case{"half an answer", "http://", half, 1h, 3s, 8s, "within 8 s (the limit timeouts.total)"},
           Case{"the whole limit is the shortest", "http://", "", 1h, 1h, 2500ms,
                "within 2500 ms (the limit timeouts.total)"},
       }) {
    INFO(name);
    Rig rig(in_order({raw(bytes, Reply::Then::hang)}));
    const std::string url = scheme + rig.server.address();
    rig.policy.allowed_urls = {url};
    rig.policy.tries = 1;
    rig.policy.connect_timeout = connect;
    rig.policy.first_byte_timeout = first_byte;
    rig.policy.total_timeout = total;
    const Stop time_flies = [&] {
      rig.clock.advance(500ms);
      return false;
    };
    CHECK(rig.error_code({.url = url}, time_flies) == "PB1201");
    CHECK_THAT(rig.message,
               ContainsSubstring("Time-out") && ContainsSubstring(sentence) && ContainsSubstring(url));
  }
}

TEST_CASE("A byte now and then does not buy more time") {
  Rig rig(in_order({raw("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", Reply::Then::hang)}));
  test::FaultProxy slow({"127.0.0.1", rig.server.port()});
  slow.afflict(test::Direction::down, {.slice = 1, .slice_delay = 1ms});
  const auto url = "http://" + slow.address();
  rig.policy.allowed_urls = {url};
  rig.policy.tries = 1;
  rig.policy.connect_timeout = rig.policy.first_byte_timeout = 1h;
  const Stop time_flies = [&] {
    rig.clock.advance(2s);
    return false;
  };
  CHECK(rig.error_code({.url = url}, time_flies) == "PB1201");
  CHECK_THAT(rig.message, ContainsSubstring("timeouts.total"));
}

TEST_CASE("A server of this machine or of a private network is asked only when that is allowed") {
  Rig rig(in_order({answer(200, "x")}));
  rig.policy.allow_private = false;
  CHECK(rig.error_code() == "PB1216");
  CHECK_THAT(rig.message, ContainsSubstring("127.0.0.1") && ContainsSubstring("`allow_private: true`"));
  CHECK(rig.client().requests() == 1);
  CHECK(rig.server.received().empty());
}

TEST_CASE("A proxy may stand in a private network, what it is asked for may not") {
  Rig rig(in_order({answer(200, "by proxy")}));
  rig.policy.allow_private = false;
  rig.policy.allowed_urls = {"http://halo.example", "http://10.0.0.5", "http://localhost"};
  rig.policy.proxy = "http://" + rig.server.address();
  CHECK(rig.client().send({.url = "http://halo.example/"}, never).body == "by proxy");
  CHECK(rig.error_code({.url = "http://10.0.0.5/"}) == "PB1216");
  CHECK(rig.error_code({.url = "http://localhost/"}) == "PB1216");
  CHECK(rig.server.received().size() == 1);
}

TEST_CASE("Servers of no_proxy are asked directly, the others by the proxy") {
  Rig direct(in_order({answer(200, "directly")}));
  ScriptedServer proxy(in_order({answer(200, "by proxy")}));
  direct.policy.allowed_urls = {direct.server.url(), "http://halo.example"};
  direct.policy.proxy = "http://u:pw@" + proxy.address();
  direct.policy.no_proxy = {"127.0.0.0/8"};
  CHECK(direct.get().body == "directly");
  CHECK_THAT(direct.server.received().at(0).head,
             ContainsSubstring("GET / HTTP/1.1") && !ContainsSubstring("Proxy-Authorization"));
  CHECK(direct.client().send({.url = "http://halo.example/"}, never).body == "by proxy");
}

TEST_CASE("A server that keeps failing is left alone, at once and with its reason, until a try succeeds") {
  bool well = false;
  Rig rig([&](const ReceivedRequest&) { return well ? answer(200, "x") : answer(503, ""); });
  rig.policy.circuit = {
      .window = 1h, .least_tries = 10, .failing_share = 0.5, .open_base = 10s, .open_cap = 1min};
  CHECK(rig.get().status == 503);
  CHECK(rig.client().circuit().state == CircuitBreaker::State::closed);
  CHECK(rig.get().status == 503);
  CHECK(rig.client().requests() == 10);
  const auto waits = rig.clock.sleeps().size();
  CHECK(rig.error_code() == "PB1217");
  CHECK_THAT(rig.message, ContainsSubstring("answered 503") && ContainsSubstring("10 of 10"));
  CHECK(rig.client().requests() == 10);
  CHECK(rig.clock.sleeps().size() == waits);
  well = true;
  rig.clock.advance(rig.client().circuit().next_probe.value());
  CHECK(rig.get().status == 200);
  CHECK(rig.client().circuit().state == CircuitBreaker::State::closed);
}

TEST_CASE("Refusals of the server and throttles are no failures of it, broken connections are") {
  struct Case {
    const char* name;
    Reply reply;
    int failures;
  };
  for (const auto& [name, reply, failures] : {
           Case{"404", answer(404, ""), 0},
           Case{"401", answer(401, ""), 0},
           Case{"429", answer(429, "", "Retry-After: 1\r\n"), 0},
           Case{"500", answer(500, ""), 3},
           Case{"cut short", kCutShort, 3},
           Case{"no HTTP", raw("SSH-2.0-OpenSSH\r\n", Reply::Then::close), 3},
       }) {
    INFO(name);
    Rig rig(in_order({reply}));
    rig.policy.tries = 3;
    rig.error_code();
    CHECK(rig.client().circuit().failures == failures);
  }
}

TEST_CASE("An urgent request goes out when the rest of the budget is used up") {
  Rig rig(in_order({answer(200, "x")}));
  RateLimiter limiter(40, 1h, rig.clock);
  HttpClient client(rig.policy, limiter, rig.clock, 1);
  for (int i = 0; i < 4; ++i) client.send({.url = rig.server.url()}, never);
  client.send({.url = rig.server.url(), .urgency = Urgency::urgent}, never);
  CHECK(rig.clock.sleeps().empty());
  client.send({.url = rig.server.url()}, never);
  CHECK_FALSE(rig.clock.sleeps().empty());
}

TEST_CASE("A stop ends every kind of waiting") {
  const auto stop_after = [](int asked) { return [left = asked]() mutable { return --left < 0; }; };
  SECTION("for the answer") {
    Rig rig(in_order({raw("HTTP/1.1 200 OK\r\n", Reply::Then::hang)}));
    CHECK(rig.error_code({.url = rig.server.url()}, stop_after(8)) == "PB1410");
  }
  SECTION("for the next try") {
    Rig rig(in_order({answer(503, "", "Retry-After: 900\r\n")}));
    bool stopped = false;
    rig.clock.on_sleep = [&] { stopped = true; };
    CHECK(rig.error_code({.url = rig.server.url()}, [&] { return stopped; }) == "PB1410");
    CHECK(rig.clock.monotonic() == 0ms);
  }
  SECTION("for the rate limit") {
    Rig rig(in_order({answer(200, "x")}));
    rig.limiter.throttled(15min);
    CHECK(rig.error_code({.url = rig.server.url()}, stop_after(1)) == "PB1410");
    CHECK(rig.server.received().empty());
  }
}

TEST_CASE("A plain request goes through the proxy as an absolute address, signed in") {
  Rig rig(in_order({answer(200, "by proxy")}));
  rig.policy.allowed_urls = {"http://halo.example"};
  rig.policy.proxy = "http://user:p%40ss@" + rig.server.address();
  CHECK(rig.client().send({.url = "http://halo.example/api?x=1"}, never).body == "by proxy");
  const auto head = rig.server.received().at(0).head;
  CHECK_THAT(head, ContainsSubstring("GET http://halo.example/api?x=1 HTTP/1.1\r\n"));
  CHECK_THAT(head, ContainsSubstring("Proxy-Authorization: Basic dXNlcjpwQHNz\r\n"));
}

TEST_CASE("A proxy that wants a sign-in is named, its password is not") {
  Rig rig(in_order({answer(407, "")}));
  rig.policy.allowed_urls = {"http://halo.example", "https://halo.example"};
  rig.policy.proxy = "http://user:hunter2@" + rig.server.address();
  for (const char* url : {"http://halo.example/", "https://halo.example/"}) {
    INFO(url);
    CHECK(rig.error_code({.url = url}) == "PB1214");
    CHECK_THAT(rig.message, ContainsSubstring(rig.server.address()) && !ContainsSubstring("hunter2"));
  }
}

TEST_CASE("Many threads share one client") {
  Rig rig([](const ReceivedRequest& request) {
    return answer(200, request.head.substr(5, request.head.find(" HTTP") - 5));
  });
  auto& client = rig.client();
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread)
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 50; ++i) {
          const auto wanted = std::to_string(thread * 1000 + i);
          right += client.send({.url = rig.server.url() + "/" + wanted}, never).body == wanted;
        }
      });
  }
  CHECK(right == 400);
  CHECK(client.requests() == 400);
}

}  // namespace psabridge::net
