#include "core/net/url.h"

#include <catch2/catch_test_macros.hpp>

#include "core/base/error.h"

namespace psabridge::net {
namespace {

template <class Call>
Error error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error was thrown");
  throw std::logic_error("unreachable");
}

}  // namespace

TEST_CASE("An address is taken apart without changing its target") {
  struct Case {
    const char *text, *origin, *target;
  };
  for (const auto& [text, origin, target] : {
           Case{"https://Acme.HaloPSA.com/api/Tickets?a=%20b", "https://acme.halopsa.com",
                "/api/Tickets?a=%20b"},
           Case{"https://acme.halopsa.com:443", "https://acme.halopsa.com", "/"},
           Case{"http://localhost:8080?x=1#part", "http://localhost:8080", "/?x=1"},
           Case{"http://[::1]:81/x", "http://[::1]:81", "/x"},
           Case{"https://user:secret@acme.com/x", "https://acme.com", "/x"},
       }) {
    INFO(text);
    const auto url = parse_url(text);
    CHECK(url.origin() == origin);
    CHECK(url.target == target);
  }
}

TEST_CASE("What is no http address is refused without showing secrets") {
  for (const char* text :
       {"", "acme.halopsa.com", "ftp://acme.com", "https://", "https://a:0/", "https://a:99999/",
        "https://a:x/", "https://[::1/", "https://a b/", "https://a/\r\nX: y"}) {
    INFO(text);
    CHECK(error_of([&] { parse_url(text); }).code() == "PB1209");
  }
  CHECK(error_of([] { parse_url("ftp://u:hunter2@a/?token=hunter2"); }).message().find("hunter2") ==
        std::string::npos);
}

TEST_CASE("Error texts show neither query nor user") {
  CHECK(parse_url("https://u:hunter2@acme.com/auth?client_secret=hunter2").shown() ==
        "https://acme.com/auth");
}

TEST_CASE("A proxy address gives place and sign-in") {
  const auto proxy = parse_proxy("http://user:p%40ss@proxy.lan:3128");
  CHECK(proxy.url.authority() == "proxy.lan:3128");
  CHECK(proxy.authorization == "Basic dXNlcjpwQHNz");
  CHECK(parse_proxy("http://proxy.lan:3128").authorization.empty());
  for (const char* text : {"proxy.lan", "https://proxy.lan", "http://u:hunter2%zz@proxy.lan"}) {
    INFO(text);
    const auto error = error_of([&] { parse_proxy(text); });
    CHECK(error.code() == "PB1214");
    CHECK(error.message().find("hunter2") == std::string::npos);
  }
}

}  // namespace psabridge::net
