// Callers that are slow, many or silent.
#include <ifaddrs.h>
#include <malloc.h>
#include <netinet/in.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <future>
#include <list>
#include <memory>
#include <optional>

#include "core/net/http_server.h"
#include "tests/unit/net/raw_client.h"

namespace psabridge::net {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using test::content_of;
using test::RawClient;
using test::status_of;

const HttpServer::Head kTakeAll = [](const RequestHead&) { return std::nullopt; };
const std::string kRequest = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string kHead = "POST / HTTP/1.1\r\nHost: h\r\n";

void say_hello(const RequestHead&, const std::string&, const Reply& reply) { reply({.body = "hello"}); }

std::uint64_t refused(const HttpServer& server, Refusal reason) {
  const auto figures = server.figures();
  const auto found = figures.refused.find(reason);
  return found == figures.refused.end() ? 0 : found->second;
}

std::string ask(const HttpServer& server) {
  RawClient client(server.port());
  client.say(kRequest);
  return content_of(client.hear_answer());
}

/// What the server says when, after `bytes`, one byte `more` comes every few milliseconds.
std::string trickle(const HttpServer& server, const std::string& bytes, std::string_view more) {
  RawClient client(server.port());
  client.say(bytes);
  while (!client.hears_within(5)) client.say(more);
  return client.hear();
}

/// An address of this machine that is not loopback.
std::string outer_address() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(list, ::freeifaddrs);
  for (const auto* entry = list; entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr || entry->ifa_addr->sa_family != AF_INET) continue;
    const auto address = ntohl(reinterpret_cast<const sockaddr_in*>(entry->ifa_addr)->sin_addr.s_addr);
    if (address >> 24 == IN_LOOPBACKNET) continue;
    return std::to_string(address >> 24) + "." + std::to_string(address >> 16 & 255) + "." +
           std::to_string(address >> 8 & 255) + "." + std::to_string(address & 255);
  }
  return {};
}

}  // namespace

TEST_CASE("A head or a body that does not come in its whole time is 408, whether silent or trickling") {
  const HttpServer server({.head_time = 50ms, .body_time = 50ms}, kTakeAll, say_hello);
  struct Case {
    std::string begin;
    const char* more;
  };
  for (const auto& [begin, more] :
       {Case{"G", ""}, Case{"GET /", "x"}, Case{"GET / HTTP/1.1\r\nX: ", "x"},
        Case{kHead + "Content-Length: 60000\r\n\r\n", ""}, Case{kHead + "Content-Length: 60000\r\n\r\n", "x"},
        Case{kHead + "Transfer-Encoding: chunked\r\n\r\nEA60\r\n", "x"},
        Case{kHead + "Transfer-Encoding: chunked\r\n\r\n", "0"}}) {
    INFO(begin);
    const auto answer = trickle(server, begin, more);
    CHECK(status_of(answer) == 408);
    CHECK_THAT(answer, ContainsSubstring("\r\nConnection: close\r\n") && ContainsSubstring("\"too_slow\""));
  }
  CHECK(refused(server, Refusal::too_slow) == 7);
}

TEST_CASE("A second request has a time of its own, even when it came with the first") {
  const HttpServer server({.head_time = 50ms}, kTakeAll, say_hello);
  RawClient client(server.port());
  client.say(kRequest + "GET /half");
  CHECK(content_of(client.hear_answer()) == "hello");
  CHECK(status_of(client.hear()) == 408);
}

TEST_CASE("A large body has more time") {
  const HttpServer server({.body_time = 0ms}, kTakeAll, say_hello);
  RawClient client(server.port());
  client.say(kHead + "Content-Length: 655360\r\n\r\n" + std::string(655'360, 'x'));
  CHECK(content_of(client.hear_answer()) == "hello");
}

TEST_CASE("A connection without a request is closed without a word, and is no refusal") {
  const HttpServer server({.idle_time = 300ms}, kTakeAll, say_hello);
  RawClient silent(server.port()), kept(server.port());
  kept.say(kRequest);
  CHECK(content_of(kept.hear_answer()) == "hello");
  CHECK(silent.hear().empty());
  CHECK(kept.hear().empty());
  CHECK(server.figures().refused.empty());
}

TEST_CASE("Slow callers beyond all places do not keep an honest one out") {
  constexpr std::size_t kPlaces = 20, kSlow = 100;
  const HttpServer server({.connections = kPlaces, .head_time = 1h, .body_time = 1h, .idle_time = 1h},
                          kTakeAll, say_hello);
  std::list<RawClient> slow;
  for (std::size_t i = 0; i < kSlow; ++i) {
    slow.emplace_back(server.port());
    slow.back().say(i % 2 == 0 ? "GET /" : kHead + "Content-Length: 10\r\n\r\nhalf");
    if (i % 10 == 9) CHECK(ask(server) == "hello");
  }
  CHECK(server.figures().connections <= kPlaces);
  CHECK(refused(server, Refusal::too_many) >= kSlow - kPlaces);
  CHECK(slow.front().hear().find("HTTP") == std::string::npos);
}

TEST_CASE("The unfinished give way before the idle, the older before the younger, the served never") {
  std::vector<Reply> replies;
  std::promise<void> both;
  HttpServer server({.connections = 4, .head_time = 1h, .idle_time = 1h}, kTakeAll,
                    [&](const RequestHead& head, const std::string&, Reply reply) {
                      if (head.path == "/") return reply({.body = "hello"});
                      replies.push_back(std::move(reply));
                      if (replies.size() == 2) both.set_value();
                    });
  const std::string wait = "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n";
  RawClient first_served(server.port()), second_served(server.port());
  first_served.say(wait);
  second_served.say(wait);
  both.get_future().wait();
  RawClient idle(server.port());
  idle.say(kRequest);
  idle.hear_answer();
  RawClient slow(server.port());
  slow.say(kHead + "Content-Length: 1\r\nExpect: 100-continue\r\n\r\n");
  slow.hear_head();

  RawClient newcomer(server.port());
  newcomer.say(kRequest);
  CHECK(content_of(newcomer.hear_answer()) == "hello");
  CHECK(slow.hear().empty());
  idle.say(kRequest);  // makes it the youngest of the idle
  CHECK(content_of(idle.hear_answer()) == "hello");
  RawClient next(server.port());
  next.say(kRequest);
  CHECK(content_of(next.hear_answer()) == "hello");
  CHECK(newcomer.hear().empty());
  CHECK(refused(server, Refusal::too_many) == 2);
  for (const auto& reply : replies) reply({.body = "served"});
  CHECK(content_of(first_served.hear_answer()) == "served");
  CHECK(content_of(second_served.hear_answer()) == "served");
}

TEST_CASE("When everybody is being served a newcomer is turned away") {
  std::promise<Reply> asked;
  HttpServer server({.connections = 1}, kTakeAll, [&](const RequestHead&, const std::string&, Reply reply) {
    asked.set_value(std::move(reply));
  });
  RawClient served(server.port());
  served.say(kRequest);
  const auto reply = asked.get_future().get();
  RawClient newcomer(server.port());
  CHECK(newcomer.hear().empty());
  CHECK(refused(server, Refusal::too_many) == 1);
  reply({.body = "served"});
  CHECK(content_of(served.hear_answer()) == "served");
}

TEST_CASE("One address has so many connections; a proxy on this machine has all of them") {
  const auto address = outer_address();
  if (address.empty()) SKIP("this machine has no address but loopback");
  const HttpServer server({.host = "0.0.0.0", .connections_per_address = 2}, kTakeAll, say_hello);
  std::list<RawClient> near;
  for (int i = 0; i < 5; ++i) {
    near.emplace_back(server.port());
    near.back().say(kRequest);
    CHECK(content_of(near.back().hear_answer()) == "hello");
  }
  std::optional<RawClient> first(std::in_place, server.port(), address);
  RawClient second(server.port(), address), third(server.port(), address);
  for (auto* client : {&*first, &second}) {
    client->say(kRequest);
    CHECK(content_of(client->hear_answer()) == "hello");
  }
  CHECK(third.hear().empty());
  CHECK(refused(server, Refusal::too_many) == 1);
  first->say("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  first->hear();
  first.reset();
  // Its place is free as soon as the server has seen that it is gone.
  std::string answer;
  while (answer.empty()) {
    RawClient fourth(server.port(), address);
    fourth.say(kRequest);
    answer = content_of(fourth.hear_answer());
  }
  CHECK(answer == "hello");
}

TEST_CASE("A slow connection costs a few KB") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  SKIP("a sanitizer has its own heap");
#else
  constexpr std::size_t kSlow = 200;
  const HttpServer server({.head_time = 1h, .body_time = 1h}, kTakeAll, say_hello);
  std::list<RawClient> slow;
  CHECK(ask(server) == "hello");
  const auto before = ::mallinfo2().uordblks;
  for (std::size_t i = 0; i < kSlow; ++i) {
    slow.emplace_back(server.port());
    slow.back().say(kHead + "Content-Length: 2000000\r\nExpect: 100-continue\r\n\r\n");
    slow.back().hear_head();
  }
  CHECK((::mallinfo2().uordblks - before) / kSlow < 8 * 1024);
#endif
}

}  // namespace psabridge::net
