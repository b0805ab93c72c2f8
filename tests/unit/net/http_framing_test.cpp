// Which bytes the HTTP server takes for a request, and which it refuses. Every case is sent in one go and
// byte by byte, and must end in the same way.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "core/net/http_server.h"
#include "tests/unit/net/raw_client.h"

namespace psabridge::net {
namespace {

using Catch::Matchers::ContainsSubstring;
using test::content_of;
using test::RawClient;
using test::status_of;

const std::string kHost = "Host: h\r\n";

std::string get(const std::string& target) { return "GET " + target + " HTTP/1.1\r\n" + kHost + "\r\n"; }

std::string chunked(const std::string& chunks) {
  return "POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n" + chunks;
}

/// Answers what it understood: "METHOD path?query [body]".
class EchoServer {
 public:
  explicit EchoServer(const ServerOptions& options = {})
      : server_(
            options, [](const RequestHead&) { return std::nullopt; },
            [this](const RequestHead& head, const std::string& body, const Reply& reply) {
              ++handled_;
              reply({.body = head.method + " " + head.path + "?" + head.query + " [" + body + "]"});
            }) {}

  HttpServer& operator*() { return server_; }
  int handled() const { return handled_; }
  /// What the server says to these bytes until it ends the connection.
  std::string say(const std::string& bytes) const {
    RawClient client(server_.port());
    client.say(bytes);
    client.end_sending();
    return client.hear();
  }
  std::string say_bytewise(const std::string& bytes) const {
    RawClient client(server_.port());
    client.say_bytewise(bytes);
    client.end_sending();
    return client.hear();
  }

 private:
  std::atomic<int> handled_{0};
  HttpServer server_;
};

}  // namespace

TEST_CASE("Well formed requests are understood, whole and byte by byte") {
  struct Case {
    std::string bytes, understood;
  };
  const EchoServer server;
  for (const auto& [bytes, understood] : {
           Case{get("/"), "GET /? []"},
           Case{get("/a/b?x=1&y=%20"), "GET /a/b?x=1&y=%20 []"},
           Case{get("/a%20b%2Fc%C3%A4"), "GET /a b/c\xC3\xA4? []"},
           Case{get("/?"), "GET /? []"},
           Case{get("/?a?b"), "GET /?a?b []"},
           Case{get("//two"), "GET //two? []"},
           Case{"\r\n" + get("/after-an-empty-line"), "GET /after-an-empty-line? []"},
           Case{"\r\n\r\n" + get("/after-two"), "GET /after-two? []"},
           Case{"GET / HTTP/1.0\r\n\r\n", "GET /? []"},
           Case{"GET / HTTP/1.1\r\nhOST:   h:8080  \r\n\r\n", "GET /? []"},
           Case{"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET /? []"},
           Case{"GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET /? []"},
           Case{"GET / HTTP/1.1\r\nX: \t a\tb\xE4 \r\n" + kHost + "\r\n", "GET /? []"},
           Case{"GET / HTTP/1.1\r\nX:\r\n" + kHost + "\r\n", "GET /? []"},
           Case{"M-SEARCH / HTTP/1.1\r\n" + kHost + "\r\n", "M-SEARCH /? []"},
           Case{"POST / HTTP/1.1\r\n" + kHost + "\r\n", "POST /? []"},
           Case{"POST / HTTP/1.1\r\n" + kHost + "Content-Length: 0\r\n\r\n", "POST /? []"},
           Case{"POST / HTTP/1.1\r\n" + kHost + "Content-Length: 005\r\n\r\nhello", "POST /? [hello]"},
           Case{"POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello", "POST /? [hello]"},
           Case{"POST / HTTP/1.1\r\n" + kHost + "Content-Length: 6\r\n\r\na\n\r\n" + std::string(1, '\0') +
                    "b",
                "POST /? [a\n\r\n" + std::string(1, '\0') + "b]"},
           Case{chunked("0\r\n\r\n"), "POST /? []"},
           Case{chunked("5\r\nhello\r\n0\r\n\r\n"), "POST /? [hello]"},
           Case{chunked("5\r\nhello\r\n6\r\n world\r\n000\r\n\r\n"), "POST /? [hello world]"},
           Case{chunked("A\r\n\r\n\r\n0\r\n\r\n!\r\n0\r\n\r\n"), "POST /? [\r\n\r\n0\r\n\r\n!]"},
           Case{chunked("a\r\n0123456789\r\n0\r\n\r\n"), "POST /? [0123456789]"},
           Case{chunked("5;name=value;q=\"a;b\\\"c\"\r\nhello\r\n0;last\r\n\r\n"), "POST /? [hello]"},
           Case{chunked("5\r\nhello\r\n0\r\nX-Trailer: dropped\r\nContent-Length: 9\r\n\r\n"),
                "POST /? [hello]"},
           Case{"POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
                "POST /? [x]"},
       }) {
    INFO(bytes);
    for (const auto& answer : {server.say(bytes), server.say_bytewise(bytes)}) {
      CHECK(status_of(answer) == 200);
      CHECK(content_of(answer) == understood);
    }
  }
}

TEST_CASE("Malformed and ambiguous requests are answered 400 and end the connection") {
  const auto with = [](const std::string& fields) { return "POST / HTTP/1.1\r\n" + kHost + fields + "\r\n"; };
  const std::string nul(1, '\0');
  const std::string cases[] = {
      // Two lengths, or a length that is none.
      with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n",
      with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n") + "0\r\n\r\n",
      with("Content-Length: 5\r\nContent-Length: 6\r\n") + "hello",
      with("Content-Length: 5\r\nContent-Length: 5\r\n") + "hello",
      with("Content-Length: 5, 5\r\n") + "hello",
      with("Content-Length: +5\r\n") + "hello",
      with("Content-Length: -5\r\n") + "hello",
      with("Content-Length: 5 5\r\n") + "hello",
      with("Content-Length: 0x5\r\n") + "hello",
      with("Content-Length: 5.0\r\n") + "hello",
      with("Content-Length: \r\n") + "hello",
      with("Content-Length: 18446744073709551616\r\n"),
      with("Content-Length : 5\r\n") + "hello",
      // Codings that another parser might read otherwise.
      with("Transfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n",
      with("Transfer-Encoding: chunked, gzip\r\n") + "0\r\n\r\n",
      with("Transfer-Encoding: chunked, chunked\r\n") + "0\r\n\r\n",
      with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n",
      with("Transfer-Encoding: gzip\r\n"),
      with("Transfer-Encoding: identity\r\n"),
      with("Transfer-Encoding: \r\n"),
      with("Transfer-Encoding: xchunked\r\n") + "0\r\n\r\n",
      with("Transfer-Encoding: chunked;q=1\r\n") + "0\r\n\r\n",
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      // Chunks.
      chunked("x\r\nhello\r\n0\r\n\r\n"),
      chunked("0x5\r\nhello\r\n0\r\n\r\n"),
      chunked("-5\r\nhello\r\n0\r\n\r\n"),
      chunked(" 5\r\nhello\r\n0\r\n\r\n"),
      chunked("\r\n"),
      chunked(";\r\n"),
      chunked("4\r\nhello\r\n0\r\n\r\n"),
      chunked("6\r\nhello\r\n0\r\n\r\n"),
      chunked("10000000000000000\r\n"),
      chunked("5\nhello\n0\n\n"),
      chunked("5\n"),
      chunked("5\rhello\r0\r\r"),
      chunked("5\r\nhello\n0\r\n\r\n"),
      chunked("5;\n\r\nhello\r\n0\r\n\r\n"),
      chunked("5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"),
      chunked("5;a=\"" + nul + "\"\r\nhello\r\n0\r\n\r\n"),
      chunked("5 \r\nhello\r\n0\r\n\r\n"),
      chunked("0\r\nX: a\nY: b\r\n\r\n"),
      chunked("0\r\nX: a\n\n"),
      chunked("0\r\nX: a\r\n b\r\n\r\n"),
      chunked("0\r\nX : a\r\n\r\n"),
      chunked("0\r\n: a\r\n\r\n"),
      chunked("0\r\nno field\r\n\r\n"),
      // Line ends and control characters.
      "GET / HTTP/1.1\n" + kHost + "\n",
      "GET / HTTP/1.1\nHost: h\n\n",
      "GET / HTTP/1.1\r\nHost: h\n\r\n",
      "GET / HTTP/1.1\rHost: h\r\r",
      "GET / HTTP/1.1\r\nX: a\rb\r\n" + kHost + "\r\n",
      "GET / HTTP/1.1\r\nX: a\r\r\n" + kHost + "\r\n",
      "GET / HTTP/1.1\r\nX: a" + nul + "b\r\n" + kHost + "\r\n",
      "GET / HTTP/1.1\r\nX: a\x01"
      "b\r\n" +
          kHost + "\r\n",
      "GET / HTTP/1.1\r\nX: a\x7F\r\n" + kHost + "\r\n",
      nul,
      "\n" + get("/"),
      // Folded, unnamed and misnamed fields.
      "GET / HTTP/1.1\r\nX: a\r\n b\r\n" + kHost + "\r\n",
      "GET / HTTP/1.1\r\nX: a\r\n\tb\r\n" + kHost + "\r\n",
      "GET / HTTP/1.1\r\n X: a\r\n" + kHost + "\r\n",
      "GET / HTTP/1.1\r\n: a\r\n" + kHost + "\r\n",
      "GET / HTTP/1.1\r\nX Y: a\r\n" + kHost + "\r\n",
      "GET / HTTP/1.1\r\nX\xE4: a\r\n" + kHost + "\r\n",
      "GET / HTTP/1.1\r\nX\r\n" + kHost + "\r\n",
      // Hosts.
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n",
      "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: me@a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
      // Targets.
      get("/\xC3\xA4"),
      get("/a\tb"),
      get("/a b"),
      get("/\x7F"),
      get("/%"),
      get("/%4"),
      get("/%zz"),
      get("/%00"),
      get("/%0d%0aX:%20y"),
      get("/a#b"),
      get("*"),
      get(""),
      get("a"),
      get("http://h/"),
      "CONNECT h:443 HTTP/1.1\r\n" + kHost + "\r\n",
      // Request lines.
      "GET  / HTTP/1.1\r\n" + kHost + "\r\n",
      "GET /\r\n\r\n",
      "GET / HTTP/1.1 \r\n" + kHost + "\r\n",
      " GET / HTTP/1.1\r\n" + kHost + "\r\n",
      "G@T / HTTP/1.1\r\n" + kHost + "\r\n",
      "GET / HTTP/2.0\r\n" + kHost + "\r\n",
      "GET / HTTP/1.2\r\n" + kHost + "\r\n",
      "GET / HTTP/0.9\r\n" + kHost + "\r\n",
      "GET / http/1.1\r\n" + kHost + "\r\n",
      "GET / HTTP/1.10\r\n" + kHost + "\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "\x16\x03\x01\x02" + nul,
  };
  EchoServer server;
  for (const auto& bytes : cases) {
    INFO(bytes);
    // A whole request behind it must not be looked at.
    for (const auto& answer : {server.say(bytes + get("/smuggled")), server.say_bytewise(bytes)}) {
      CHECK(status_of(answer) == 400);
      CHECK_THAT(answer, ContainsSubstring("\r\nConnection: close\r\n") &&
                             ContainsSubstring("{\"error\":\"malformed\",\"message\":\""));
      CHECK(answer.find("HTTP/1.1", 1) == std::string::npos);
    }
  }
  CHECK(server.handled() == 0);
  CHECK((*server).figures().refused.at(Refusal::malformed) == 2 * std::size(cases));
}

TEST_CASE("A head at the limit is taken, one byte or one field more is 431") {
  const ServerOptions options{.head_limit = 1000, .field_limit = 10};
  EchoServer server(options);
  const auto sized = [](std::size_t size) {
    const std::string before = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
    return before + std::string(size - before.size() - 4, 'x') + "\r\n\r\n";
  };
  const auto fields = [](int count) {
    std::string more;
    for (int i = 1; i < count; ++i) more += "X: y\r\n";
    return "GET / HTTP/1.1\r\n" + kHost + more + "\r\n";
  };
  CHECK(status_of(server.say(sized(1000))) == 200);
  CHECK(status_of(server.say(fields(10))) == 200);
  for (const auto& bytes :
       {sized(1001), sized(100'000), fields(11), "GET /" + std::string(1000, 'x'),
        chunked("5;" + std::string(1001, 'x')), chunked("0\r\nX: " + std::string(1001, 'x'))})
    for (const auto& answer : {server.say(bytes), server.say_bytewise(bytes)})
      CHECK_THAT(answer,
                 ContainsSubstring("HTTP/1.1 431 ") && ContainsSubstring("\r\nConnection: close\r\n"));
  CHECK((*server).figures().refused.at(Refusal::head_too_large) == 12);
}

TEST_CASE("A body at the limit is taken, one byte more is 413, counted in chunks too and never cut") {
  const ServerOptions options{.body_limit = 1000};
  EchoServer server(options);
  const auto counted = [](std::size_t size) {
    return "POST / HTTP/1.1\r\n" + kHost + "Content-Length: " + std::to_string(size) + "\r\n\r\n";
  };
  const std::string hundred = "64\r\n" + std::string(100, 'x') + "\r\n";
  std::string ten_hundreds;
  for (int i = 0; i < 10; ++i) ten_hundreds += hundred;

  CHECK(content_of(server.say(counted(1000) + std::string(1000, 'x'))) ==
        "POST /? [" + std::string(1000, 'x') + "]");
  CHECK(content_of(server.say(chunked(ten_hundreds + "0\r\n\r\n"))) ==
        "POST /? [" + std::string(1000, 'x') + "]");
  // Announced lengths are refused before a byte of the body came.
  for (const auto& bytes : {counted(1001), counted(18446744073709551615u), chunked(ten_hundreds + "1\r\n"),
                            chunked("3e9\r\n"), chunked("ffffffffffffffff\r\n")})
    for (const auto& answer : {server.say(bytes), server.say_bytewise(bytes)})
      CHECK_THAT(answer,
                 ContainsSubstring("HTTP/1.1 413 ") && ContainsSubstring("\r\nConnection: close\r\n"));
  CHECK(server.handled() == 2);
  CHECK((*server).figures().refused.at(Refusal::body_too_large) == 10);
}

}  // namespace psabridge::net
