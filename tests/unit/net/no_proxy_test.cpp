#include "core/net/no_proxy.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "core/base/error.h"

namespace psabridge::net {

TEST_CASE("no_proxy covers names, domains, addresses, ranges and ports") {
  struct Case {
    const char* entry;
    const char* url;
    bool covered;
  };
  for (const auto& [entry, url, covered] : {
           Case{"*", "https://anything.example", true},
           Case{"halo.example", "https://halo.example/api", true},
           Case{"HALO.Example", "https://halo.EXAMPLE/api", true},
           Case{"halo.example", "https://api.halo.example", true},
           Case{"halo.example", "https://nothalo.example", false},
           Case{"halo.example", "https://halo.example.evil", false},
           Case{".halo.example", "https://api.halo.example", true},
           Case{".halo.example", "https://halo.example", false},
           Case{"*.halo.example", "https://a.b.halo.example", true},
           Case{"*.halo.example", "https://halo.example", false},
           Case{"halo.example:8443", "https://halo.example:8443", true},
           Case{"halo.example:8443", "https://halo.example", false},
           Case{"halo.example:443", "https://halo.example", true},
           Case{"10.1.2.3", "https://10.1.2.3", true},
           Case{"10.1.2.3", "https://10.1.2.4", false},
           Case{"10.1.2.3:80", "http://10.1.2.3", true},
           Case{"10.0.0.0/8", "https://10.200.1.1:9", true},
           Case{"10.0.0.0/8", "https://ten.example", false},
           Case{"fd00::1", "https://[fd00::1]", true},
           Case{"fd00::/8", "https://[fdaa::5]", true},
           Case{"[fd00::1]:8443", "https://[fd00::1]:8443", true},
           Case{"[fd00::1]:8443", "https://[fd00::1]", false},
       }) {
    INFO(entry << " and " << url);
    CHECK(NoProxy({"other.example", entry}).covers(parse_url(url)) == covered);
  }
  CHECK_FALSE(NoProxy({}).covers(parse_url("https://halo.example")));
}

TEST_CASE("An entry of no_proxy that cannot be read is named") {
  for (const char* entry : {"", "halo.example:port", "halo.example:0", "halo example", "http://halo.example",
                            "10.0.0.0/40", "halo.*", ":80"}) {
    INFO(entry);
    try {
      NoProxy({entry});
      FAIL("it was accepted");
    } catch (const Error& error) {
      CHECK(error.code() == "PB1214");
      CHECK_THAT(error.message(),
                 Catch::Matchers::ContainsSubstring("\"" + std::string(entry) + "\" of no_proxy"));
    }
  }
}

}  // namespace psabridge::net
