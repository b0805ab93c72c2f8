#include "core/net/address.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <string>

#include "core/base/error.h"
#include "core/net/resolver.h"
#include "tests/unit/net/fake_clock.h"

namespace psabridge::net {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using enum AddressKind;

const Stop never_stops = [] { return false; };

/// The addresses that may be asked at this host, or the error.
std::string permitted(const std::string& host, bool allow_private) try {
  FakeClock clock;
  const auto patience = Patience::starting_now(clock, never_stops, Limit::connect, 10s);
  const auto url = parse_url("https://" + (host.find(':') == std::string::npos ? host : "[" + host + "]"));
  std::string list;
  for (const auto& address : look_up_permitted(url, allow_private, patience))
    list += address.toString() + " ";
  return list;
} catch (const Error& error) {
  return error.what();
}

}  // namespace

TEST_CASE("An address is judged by the range that it lies in") {
  struct Case {
    const char* address;
    AddressKind kind;
    const char* range;
  };
  for (const auto& [text, kind, range] : {
           Case{"8.8.8.8", global, ""},
           Case{"9.255.255.255", global, ""},
           Case{"11.0.0.0", global, ""},
           Case{"100.63.255.255", global, ""},
           Case{"100.128.0.0", global, ""},
           Case{"172.15.255.255", global, ""},
           Case{"172.32.0.0", global, ""},
           Case{"192.167.255.255", global, ""},
           Case{"192.169.0.0", global, ""},
           Case{"223.255.255.255", global, ""},
           Case{"2606:4700::1111", global, ""},
           Case{"2a01:4f8::1", global, ""},
           Case{"10.0.0.0", local, "RFC 1918"},
           Case{"10.255.255.255", local, "RFC 1918"},
           Case{"172.16.0.1", local, "RFC 1918"},
           Case{"172.31.255.255", local, "RFC 1918"},
           Case{"192.168.7.9", local, "RFC 1918"},
           Case{"100.64.0.1", local, "carriers"},
           Case{"100.127.255.255", local, "carriers"},
           Case{"127.0.0.1", local, "loopback"},
           Case{"127.255.255.254", local, "loopback"},
           Case{"::1", local, "loopback"},
           Case{"fc00::1", local, "unique local"},
           Case{"fdff:ffff::1", local, "unique local"},
           Case{"fec0::1", local, "site-local"},
           Case{"0.0.0.0", never, "unspecified"},
           Case{"0.1.2.3", never, "unspecified"},
           Case{"::", never, "unspecified"},
           Case{"169.254.169.254", never, "link-local"},
           Case{"169.254.0.1", never, "link-local"},
           Case{"fe80::1", never, "link-local"},
           Case{"febf::1", never, "link-local"},
           Case{"168.63.129.16", never, "metadata"},
           Case{"100.100.100.200", never, "metadata"},
           Case{"fd00:ec2::254", never, "metadata"},
           Case{"224.0.0.1", never, "multicast"},
           Case{"239.255.255.255", never, "multicast"},
           Case{"ff02::1", never, "multicast"},
           Case{"255.255.255.255", never, "broadcast"},
           Case{"240.0.0.1", never, "reserved"},
           Case{"192.0.0.8", never, "reserved"},
           Case{"192.0.2.1", never, "documentation"},
           Case{"198.51.100.7", never, "documentation"},
           Case{"203.0.113.7", never, "documentation"},
           Case{"2001:db8::1", never, "documentation"},
           Case{"3fff:fff::1", never, "documentation"},
           Case{"198.18.0.1", never, "benchmarks"},
           Case{"198.19.255.255", never, "benchmarks"},
           Case{"2001:2::1", never, "benchmarks"},
           Case{"::ffff:8.8.8.8", global, ""},
           Case{"::ffff:10.0.0.1", local, "RFC 1918"},
           Case{"::ffff:127.0.0.1", local, "loopback"},
           Case{"::ffff:169.254.169.254", never, "link-local"},
           Case{"::8.8.8.8", never, "IPv4-compatible"},
           Case{"64:ff9b::8.8.8.8", global, ""},
           Case{"64:ff9b::10.0.0.1", never, "NAT64"},
           Case{"64:ff9b::169.254.169.254", never, "NAT64"},
           Case{"64:ff9b:1::8.8.8.8", never, "NAT64"},
           Case{"2002:808:808::1", global, ""},
           Case{"2002:a00:1::1", never, "6to4"},
           Case{"2002:7f00:1::", never, "6to4"},
           Case{"2001:0:808:808::f7f7:f7f7", global, ""},       // server and client 8.8.8.8
           Case{"2001:0:808:808::80ff:fffe", never, "Teredo"},  // client 127.0.0.1
           Case{"2001:0:a00:1::f7f7:f7f7", never, "Teredo"},    // server 10.0.0.1
       }) {
    INFO(text);
    // Poco's own parser reads "::" as nothing.
    const auto verdict =
        judge_address(std::string_view(text) == "::" ? Poco::Net::IPAddress(Poco::Net::IPAddress::IPv6)
                                                     : Poco::Net::IPAddress(text));
    CHECK(verdict.kind == kind);
    CHECK_THAT(std::string(verdict.range), ContainsSubstring(range));
    CHECK(verdict.range.empty() == (kind == global));
  }
}

TEST_CASE("Ranges hold what lies in them, in either form of an IPv4 address") {
  struct Case {
    const char* range;
    const char* address;
    bool contains;
  };
  for (const auto& [range, address, contains] : {
           Case{"10.0.0.0/8", "10.9.8.7", true},
           Case{"10.0.0.0/8", "::ffff:10.9.8.7", true},
           Case{"10.0.0.0/8", "11.0.0.0", false},
           Case{"10.1.2.3", "10.1.2.3", true},
           Case{"10.1.2.3", "10.1.2.4", false},
           Case{"192.168.4.0/22", "192.168.7.255", true},
           Case{"192.168.4.0/22", "192.168.8.0", false},
           Case{"0.0.0.0/0", "1.2.3.4", true},
           Case{"0.0.0.0/0", "2a01::1", false},
           Case{"::/0", "2a01::1", true},
           Case{"fd00::/8", "fdab::1", true},
           Case{"fd00::/8", "fc00::1", false},
       }) {
    INFO(range << " and " << address);
    CHECK(IpNetwork::parse(range).value().contains(Poco::Net::IPAddress(address)) == contains);
  }
  for (const char* text :
       {"", "10.0.0.0/33", "fd00::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/x", "acme", "10.0.0.0/-1"})
    CHECK_FALSE(IpNetwork::parse(text).has_value());
}

TEST_CASE("Only permitted addresses are given back, and a refusal names host, address and setting") {
  CHECK(permitted("127.0.0.1", true) == "127.0.0.1 ");
  CHECK(permitted("localhost", true) == "127.0.0.1 ::1 ");
  CHECK(permitted("8.8.8.8", false) == "8.8.8.8 ");
  CHECK_THAT(permitted("localhost", false),
             ContainsSubstring("PB1216") && ContainsSubstring("localhost leads to 127.0.0.1") &&
                 ContainsSubstring("loopback") && ContainsSubstring("`allow_private: true`"));
  CHECK_THAT(permitted("fd12::7", false), ContainsSubstring("PB1216: The address fd12::7 is unique local"));
  for (const bool allow_private : {false, true}) {
    const auto metadata = permitted("169.254.169.254", allow_private);
    CHECK_THAT(metadata, ContainsSubstring("PB1216") && ContainsSubstring("link-local") &&
                             ContainsSubstring("No setting allows"));
  }
}

TEST_CASE("An address in a disguise that name lookup understands is judged all the same") {
  for (const char* host : {"2130706433", "127.1", "0x7f000001", "017700000001"}) {
    INFO(host);
    CHECK_THAT(permitted(host, false), ContainsSubstring("PB1216") && ContainsSubstring("127.0.0.1"));
  }
}

}  // namespace psabridge::net
