#include "core/net/http_server.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "core/base/error.h"
#include "core/net/http_date.h"
#include "tests/unit/net/raw_client.h"

namespace psabridge::net {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using test::content_of;
using test::RawClient;
using test::status_of;

const HttpServer::Head kTakeAll = [](const RequestHead&) { return std::nullopt; };

std::string request(const std::string& line, const std::string& fields = {}) {
  return line + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

void say_hello(const RequestHead&, const std::string&, const Reply& reply) { reply({.body = "hello"}); }

/// Requests that wait for the test to answer them.
class Desk {
 public:
  HttpServer::Handler handler() {
    return [this](const RequestHead& head, const std::string&, Reply reply) {
      const std::lock_guard lock(mutex_);
      waiting_.emplace_back(head.path, std::move(reply));
      changed_.notify_all();
    };
  }
  /// The reply to the first request for `path`, when it is there.
  Reply take(const std::string& path) {
    std::unique_lock lock(mutex_);
    auto found = waiting_.end();
    changed_.wait_for(lock, 30s, [&] {
      found = std::find_if(waiting_.begin(), waiting_.end(),
                           [&](const auto& entry) { return entry.first == path; });
      return found != waiting_.end();
    });
    if (found == waiting_.end()) return {};  // calling it fails the test
    auto reply = std::move(found->second);
    waiting_.erase(found);
    return reply;
  }
  std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<std::string, Reply>> waiting_;
};

std::uint64_t refused(const HttpServer& server, Refusal reason) {
  const auto figures = server.figures();
  const auto found = figures.refused.find(reason);
  return found == figures.refused.end() ? 0 : found->second;
}

}  // namespace

TEST_CASE("The handler sees the request as it was sent, and the answer carries what it must") {
  RequestHead seen;
  std::string seen_body;
  HttpServer server({}, kTakeAll, [&](RequestHead head, std::string body, const Reply& reply) {
    seen = std::move(head);
    seen_body = std::move(body);
    reply({.status = 202, .content_type = "text/plain", .headers = {{"Retry-After", "5"}}, .body = "taken"});
  });
  RawClient client(server.port());
  client.say(request("POST /hooks/a%20b?key=%41", "X-One: 1\r\nx-one: 2\r\nContent-Length: 4\r\n") + "body");
  const auto answer = client.hear_answer();
  CHECK(seen.method == "POST");
  CHECK(seen.path == "/hooks/a b");
  CHECK(seen.query == "key=%41");
  CHECK(seen.header("X-ONE") == "1");
  CHECK(seen.header("absent").empty());
  CHECK(seen.peer == "127.0.0.1");
  CHECK(seen.content_length == 4);
  CHECK(seen_body == "body");
  CHECK(answer.starts_with("HTTP/1.1 202 Accepted\r\n"));
  CHECK(answer.ends_with("\r\n\r\ntaken"));
  CHECK_THAT(answer, ContainsSubstring("\r\nContent-Length: 5\r\n") &&
                         ContainsSubstring("\r\nContent-Type: text/plain\r\n") &&
                         ContainsSubstring("\r\nCache-Control: no-store\r\n") &&
                         ContainsSubstring("\r\nX-Content-Type-Options: nosniff\r\n") &&
                         ContainsSubstring("\r\nConnection: keep-alive\r\n") &&
                         ContainsSubstring("\r\nRetry-After: 5\r\n") && !ContainsSubstring("Server:"));
  const auto date = answer.find("\r\nDate: ") + 8;
  CHECK(parse_http_date(answer.substr(date, answer.find("\r\n", date) - date)));
}

TEST_CASE("An answer's own Cache-Control counts, and a status without a body has none") {
  HttpServer server({}, kTakeAll, [](const RequestHead& head, const std::string&, const Reply& reply) {
    if (head.path == "/asset") return reply({.headers = {{"cache-control", "max-age=60"}}, .body = "x"});
    reply({.status = head.path == "/204" ? 204 : 304, .body = "never sent"});
  });
  RawClient client(server.port());
  client.say(request("GET /asset"));
  CHECK_THAT(client.hear_answer(), ContainsSubstring("max-age=60") && !ContainsSubstring("no-store"));
  client.say(request("GET /204"));
  CHECK_THAT(client.hear_head(), ContainsSubstring(" 204 ") && !ContainsSubstring("Content-Length"));
  client.say(request("GET /304", "Connection: close\r\n"));
  CHECK_THAT(client.hear(), ContainsSubstring(" 304 ") && !ContainsSubstring("never sent"));
}

TEST_CASE("A connection lasts as the caller and the answer want") {
  HttpServer server({}, kTakeAll, [](const RequestHead& head, const std::string&, const Reply& reply) {
    reply({.body = head.path, .close = head.path == "/last"});
  });
  const std::string old = " HTTP/1.0\r\n";
  struct Case {
    std::string request;
    const char* connection;
  };
  for (const auto& [bytes, connection] :
       {Case{request("GET /"), "keep-alive"}, Case{request("GET /", "Connection: close\r\n"), "close"},
        Case{request("GET /", "Connection: x, Close\r\n"), "close"}, Case{request("GET /last"), "close"},
        Case{"GET /" + old + "\r\n", "close"},
        Case{"GET /" + old + "Connection: keep-alive\r\n\r\n", "keep-alive"}}) {
    INFO(bytes);
    RawClient client(server.port());
    client.say(bytes);
    CHECK_THAT(client.hear_answer(),
               ContainsSubstring(std::string("\r\nConnection: ") + connection + "\r\n"));
    if (connection == std::string("close")) {
      CHECK(client.hear().empty());
      continue;
    }
    client.say(request("GET /again"));
    CHECK(content_of(client.hear_answer()) == "/again");
  }
}

TEST_CASE("Pipelined requests are handled one after the other") {
  Desk desk;
  HttpServer server({}, kTakeAll, desk.handler());
  RawClient client(server.port());
  client.say(request("POST /1", "Content-Length: 1\r\n") + "x" + request("GET /2") +
             request("POST /3", "Transfer-Encoding: chunked\r\n") + "1\r\nx\r\n0\r\n\r\n" +
             request("GET /4"));
  for (const std::string path : {"/1", "/2", "/3", "/4"}) {
    const auto reply = desk.take(path);
    CHECK(desk.waiting() == 0);  // the next one is not begun before this one is answered
    reply({.body = path});
    CHECK(content_of(client.hear_answer()) == path);
  }
}

TEST_CASE("The answer to HEAD says how long its body would be and has none") {
  HttpServer server({}, kTakeAll, say_hello);
  RawClient client(server.port());
  client.say(request("HEAD /") + request("GET /"));
  CHECK_THAT(client.hear_head(), ContainsSubstring("\r\nContent-Length: 5\r\n"));
  CHECK(client.hear_answer().starts_with("HTTP/1.1 200 OK\r\n"));
  client.say(request("HEAD /") + "\n");
  client.hear_head();
  CHECK_THAT(content_of(client.hear_answer()), ContainsSubstring("malformed"));  // no answer to HEAD any more
}

TEST_CASE("Who waits for 100 Continue gets it before the body, or gets the refusal at once") {
  HttpServer server(
      {},
      [](const RequestHead& head) {
        return head.path == "/no" ? std::optional(ServerAnswer{.status = 401}) : std::nullopt;
      },
      [](const RequestHead&, const std::string& body, const Reply& reply) { reply({.body = body}); });
  const std::string expecting = "Content-Length: 4\r\nExpect: 100-Continue\r\n";
  RawClient patient(server.port());
  patient.say(request("POST /", expecting));
  CHECK(patient.hear_head() == "HTTP/1.1 100 Continue\r\n\r\n");
  patient.say("body");
  CHECK(content_of(patient.hear_answer()) == "body");
  patient.say(request("POST /", expecting) + "body");  // did not wait, so it needs no word
  CHECK(content_of(patient.hear_answer()) == "body");
  patient.say(request("POST /no", expecting));
  CHECK(status_of(patient.hear()) == 401);
}

TEST_CASE(
    "A refusal by the head is answered without the body, and reaches callers that send it all the same") {
  std::atomic<int> handled = 0;
  const ServerAnswer no{.status = 401, .headers = {{"WWW-Authenticate", "Basic"}}, .body = "no"};
  HttpServer server(
      {}, [&](const RequestHead&) { return no; },
      [&](const RequestHead&, const std::string&, const Reply& reply) {
        ++handled;
        reply({});
      });
  const std::string head = request("POST /", "Content-Length: 2000000\r\n");
  RawClient waiting(server.port());
  waiting.say(head);
  CHECK(waiting.hear().ends_with("\r\n\r\nno"));
  RawClient sending(server.port());
  CHECK(sending.say(head + std::string(2'000'000, 'x')));
  CHECK(sending.hear().ends_with("\r\n\r\nno"));
  CHECK(handled == 0);
}

TEST_CASE("Too large a body is answered 413 though all of it was sent before anybody listened") {
  HttpServer server({.body_limit = 1000}, kTakeAll, say_hello);
  for (const auto& fields : {"Content-Length: 3000000\r\n", "Transfer-Encoding: chunked\r\n"}) {
    RawClient client(server.port());
    client.say(request("POST /", fields) + "2DC6C0\r\n");
    CHECK(client.say(std::string(3'000'000, 'x')));
    client.end_sending();
    CHECK(status_of(client.hear()) == 413);
  }
}

TEST_CASE("A reply may come from another thread, twice, too late or not at all") {
  Desk desk;
  auto server = std::make_optional<HttpServer>(ServerOptions{}, kTakeAll, desk.handler());
  RawClient client(server->port());

  SECTION("from another thread, and the second one is not taken for the next request's") {
    client.say(request("GET /1"));
    const auto first = desk.take("/1");
    std::jthread([&] { first({.body = "one"}); }).join();
    CHECK(content_of(client.hear_answer()) == "one");
    client.say(request("GET /2"));
    const auto second = desk.take("/2");
    first({.body = "one again"});
    second({.body = "two"});
    CHECK(content_of(client.hear_answer()) == "two");
  }
  SECTION("after the caller has gone") {
    client.say(request("GET /1"));
    const auto reply = desk.take("/1");
    client.reset();
    reply({.body = "one"});
    RawClient other(server->port());
    other.say(request("GET /2"));
    desk.take("/2")({.body = "two"});
    CHECK(content_of(other.hear_answer()) == "two");
  }
  SECTION("after the server has gone") {
    client.say(request("GET /1"));
    const auto reply = desk.take("/1");
    server.reset();
    reply({.body = "one"});
    CHECK(client.hear().find("HTTP") == std::string::npos);
  }
  SECTION("never: the caller is not left waiting") {
    client.say(request("GET /1"));
    desk.take("/1") = {};
    CHECK(status_of(client.hear_answer()) == 500);
  }
}

TEST_CASE("Exceptions of Head and Handler and answers that are no HTTP become 500, and are told") {
  std::promise<std::string> told;
  HttpServer server(
      {.trouble = [&](const std::string& sentence) { told.set_value(sentence); }},
      [](const RequestHead& head) -> std::optional<ServerAnswer> {
        if (head.path == "/head") throw std::runtime_error("the vault is closed");
        return std::nullopt;
      },
      [](const RequestHead& head, const std::string&, const Reply& reply) {
        if (head.path == "/handler") throw std::runtime_error("the queue is gone");
        if (head.path == "/header") return reply({.headers = {{"X", "a\r\nSet-Cookie: b"}}});
        reply({.status = 100});
      });
  struct Case {
    const char* path;
    const char* sentence;
  };
  for (const auto& [path, sentence] :
       {Case{"/head", "the vault is closed"}, Case{"/handler", "the queue is gone"},
        Case{"/header", "127.0.0.1"}, Case{"/status", "127.0.0.1"}}) {
    INFO(path);
    told = {};
    RawClient client(server.port());
    client.say(request(std::string("GET ") + path));
    const auto answer = client.hear_answer();
    CHECK(status_of(answer) == 500);
    CHECK(answer.find("Set-Cookie") == std::string::npos);
    CHECK_THAT(told.get_future().get(), ContainsSubstring(sentence));
  }
}

TEST_CASE("A large answer reaches a caller that takes its time") {
  const std::string large(8u << 20, 'x');
  HttpServer server({}, kTakeAll, [&](const RequestHead&, const std::string&, const Reply& reply) {
    reply({.body = large});
  });
  RawClient client(server.port());
  client.say(request("GET /1") + request("GET /2"));
  CHECK(content_of(client.hear_answer()) == large);
  CHECK(content_of(client.hear_answer()) == large);
}

TEST_CASE("A caller that goes away in the middle of a request is counted, one between requests is not") {
  HttpServer server({}, kTakeAll, say_hello);
  {
    const RawClient silent(server.port());
    RawClient polite(server.port());
    polite.say(request("GET /"));
    polite.hear_answer();
  }
  RawClient rude(server.port());
  rude.say(request("POST /", "Content-Length: 10\r\n") + "half");
  rude.end_sending();
  CHECK(rude.hear().empty());
  CHECK(refused(server, Refusal::broken_off) == 1);
  CHECK(server.figures().refused.size() == 1);
}

TEST_CASE("stop() answers what has begun, closes what has not, and takes nothing new") {
  Desk desk;
  HttpServer server({}, kTakeAll, desk.handler());
  RawClient idle(server.port()), asked(server.port()), half(server.port());
  idle.say(request("GET /idle"));
  desk.take("/idle")({});
  idle.hear_answer();
  asked.say(request("GET /asked"));
  const auto reply = desk.take("/asked");
  half.say("GET /half HTTP/1.1\r\nExpect-Nothing: ");
  half.say("1\r\n");
  RawClient probe(server.port());  // when this one is answered, the half request has been read
  probe.say(request("GET /probe", "Connection: close\r\n"));
  desk.take("/probe")({});
  probe.hear();

  std::jthread stopper([&] { server.stop(30s); });
  CHECK(idle.hear().empty());
  half.say("Host: h\r\n\r\n");
  desk.take("/half")({.body = "half"});
  CHECK(content_of(half.hear()) == "half");
  reply({.body = "asked"});
  const auto answer = asked.hear();
  CHECK_THAT(answer, ContainsSubstring("\r\nConnection: close\r\n"));
  CHECK(content_of(answer) == "asked");
  for (auto* client : {&idle, &half, &asked, &probe}) client->reset();
  stopper.join();
  CHECK_FALSE(test::connect_to("127.0.0.1", server.port()));
  CHECK(server.figures().connections == 0);
  server.stop(0s);  // a second time is nothing
}

TEST_CASE("stop() closes what is not answered within its patience") {
  Desk desk;
  HttpServer server({}, kTakeAll, desk.handler());
  RawClient client(server.port());
  client.say(request("GET /1"));
  const auto reply = desk.take("/1");
  server.stop(1ms);
  CHECK(client.hear().find("HTTP") == std::string::npos);
  reply({.body = "too late"});
}

TEST_CASE("Many callers are served at once by several threads, with replies from yet others") {
  constexpr int kCallers = 16, kRequests = 20;
  std::vector<std::jthread> workers;
  std::mutex mutex;
  HttpServer server({.threads = 4}, kTakeAll, [&](const RequestHead&, const std::string& body, Reply reply) {
    const std::lock_guard lock(mutex);
    workers.emplace_back([body, reply = std::move(reply)] { reply({.body = body}); });
  });
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> callers;
    callers.reserve(kCallers);
    for (int caller = 0; caller < kCallers; ++caller)
      callers.emplace_back([&, caller] {
        RawClient client(server.port());
        for (int i = 0; i < kRequests; ++i) {
          const auto body = std::to_string(caller) + "/" + std::to_string(i);
          client.say(request("POST /", "Content-Length: " + std::to_string(body.size()) + "\r\n") + body);
          if (content_of(client.hear_answer()) == body) ++right;
        }
      });
  }
  CHECK(right == kCallers * kRequests);
  server.stop(0s);
}

TEST_CASE("An address that cannot be listened at is refused with the reason") {
  const HttpServer first({}, kTakeAll, say_hello);
  struct Case {
    std::string host;
    std::uint16_t port;
    const char* sentence;
  };
  for (const auto& [host, port, sentence] :
       {Case{"127.0.0.1", first.port(), "in use"}, Case{"203.0.113.1", 0, "assign requested address"},
        Case{"no address", 0, "Invalid argument"}}) {
    INFO(host);
    try {
      const HttpServer second({.host = host, .port = port}, kTakeAll, say_hello);
      FAIL("it listens");
    } catch (const Error& error) {
      CHECK(error.code() == "PB2201");
      CHECK_THAT(error.message(), ContainsSubstring(host) && ContainsSubstring(std::to_string(port)) &&
                                      ContainsSubstring(sentence));
    }
  }
}

TEST_CASE("A process without descriptors goes on when it has some again, and the trouble is told once") {
  std::promise<std::string> told;  // a second set_value would throw
  HttpServer server({.trouble = [&](const std::string& sentence) { told.set_value(sentence); }}, kTakeAll,
                    say_hello);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  test::Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int free = ::dup(socket.descriptor());
  ::close(free);
  auto none = before;
  none.rlim_cur = static_cast<rlim_t>(free);
  ::setrlimit(RLIMIT_NOFILE, &none);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::connect(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  RawClient client(std::move(socket));
  client.say(request("GET /"));
  CHECK_THAT(told.get_future().get(), ContainsSubstring("Too many open files"));
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(content_of(client.hear_answer()) == "hello");
}

}  // namespace psabridge::net
