#include "core/net/probe.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <vector>

#include "core/base/error.h"
#include "tests/faultproxy/fault_proxy.h"
#include "tests/faultproxy/tls_peer.h"
#include "tests/unit/net/fake_clock.h"
#include "tests/unit/net/scripted_server.h"

namespace psabridge::net {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using test::ConnectMode;
using test::FaultProxy;
using test::ReceivedRequest;
using test::Reply;
using test::ScriptedServer;
using test::TlsFlaw;
using test::TlsPeer;
using Connect = ConnectFacts::Outcome;
using Tls = TlsFacts::Outcome;

const Stop never = [] { return false; };

/// A clock that goes on by a second whenever somebody waits, so that limits end at once.
struct FastTime {
  FakeClock clock;
  Stop stop = [this] {
    clock.advance(1s);
    return false;
  };
  /// For cases of which some wait for the end of a limit: for the others time stands still.
  const Stop& until(Connect outcome) const { return outcome == Connect::timed_out ? stop : never; }
};

std::string closed_address() {
  const ScriptedServer server([](const ReceivedRequest&) { return Reply{}; });
  return server.address();
}

/// A port whose queue of connections is full, so that the system drops what comes, as a firewall does.
class DroppingPort {
 public:
  DroppingPort() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    ::bind(listener_.descriptor(), plain, size);
    ::listen(listener_.descriptor(), 0);
    ::getsockname(listener_.descriptor(), plain, &size);
    port_ = ntohs(address.sin_port);
    for (int i = 0; i < 4; ++i) {
      waiting_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
      ::connect(waiting_.back().descriptor(), plain, size);
    }
  }
  std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }

 private:
  test::Socket listener_;
  std::uint16_t port_ = 0;
  std::vector<test::Socket> waiting_;
};

}  // namespace

TEST_CASE("The name probe lists the addresses and how the policy judges them") {
  FakeClock clock;
  const auto open = Probe({.allow_private = true}, clock).name("https://localhost:8443/api", never);
  CHECK(open.outcome == NameFacts::Outcome::found);
  CHECK(open.sentence.empty());
  REQUIRE(open.addresses.size() == 2);
  CHECK(open.addresses[0].number == "127.0.0.1");
  CHECK(open.addresses[0].permitted);
  CHECK(open.addresses[0].range == "loopback");
  const auto strict = Probe({}, clock).name("https://localhost", never);
  CHECK(strict.outcome == NameFacts::Outcome::found);
  CHECK_FALSE(strict.addresses.at(0).permitted);
  const auto unknown = Probe({}, clock).name("https://no-such-host.invalid", never);
  CHECK(unknown.outcome == NameFacts::Outcome::not_found);
  CHECK_THAT(unknown.sentence, ContainsSubstring("no-such-host.invalid") && ContainsSubstring("DNS"));
  CHECK(unknown.addresses.empty());
}

TEST_CASE("The connection probe tells apart why a server cannot be reached") {
  const ScriptedServer server([](const ReceivedRequest&) { return Reply{}; });
  const DroppingPort dropping;
  struct Case {
    const char* name;
    std::string url;
    bool allow_private;
    Connect outcome;
    const char* sentence;
  };
  for (const auto& [name, url, allow_private, outcome, sentence] : {
           Case{"listening", server.url(), true, Connect::connected, ""},
           Case{"nothing listens", "http://" + closed_address(), true, Connect::refused,
                "nothing listens there"},
           Case{"dropped", dropping.url(), true, Connect::timed_out, "timeouts.connect"},
           Case{"private", server.url(), false, Connect::address_refused, "allow_private"},
           Case{"metadata", "http://169.254.169.254/", true, Connect::address_refused, "link-local"},
           Case{"no name", "http://no-such-host.invalid", true, Connect::name_not_found, "DNS"},
       }) {
    INFO(name);
    FastTime time;
    const auto facts = Probe({.allow_private = allow_private, .connect_timeout = 5s}, time.clock)
                           .connect(url, time.until(outcome));
    CHECK(facts.outcome == outcome);
    CHECK(facts.sentence.empty() == (outcome == Connect::connected));
    CHECK_THAT(facts.sentence, ContainsSubstring(sentence));
    CHECK(facts.address == (outcome == Connect::connected ? server.address() : ""));
    CHECK_FALSE(facts.by_proxy);
  }
  CHECK(server.received().empty());
}

TEST_CASE("The connection probe tells the proxy's trouble from the server's") {
  const TlsPeer peer(TlsFlaw::none);
  const FaultProxy open(ConnectMode{.names = {{"halo.example:443", {"127.0.0.1", peer.port()}}}});
  const FaultProxy guarded(ConnectMode{.credentials = "anna:secret"});
  ScriptedServer strict([](const ReceivedRequest&) {
    return Reply{"HTTP/1.1 403 No\r\n\r\n", Reply::Then::close};
  });
  ScriptedServer silent([](const ReceivedRequest&) { return Reply{"", Reply::Then::hang}; });
  ScriptedServer rude([](const ReceivedRequest&) { return Reply{"", Reply::Then::close}; });
  struct Case {
    const char* name;
    std::string proxy;
    Connect outcome;
    std::string sentence;
  };
  for (const auto& [name, proxy, outcome, sentence] : {
           Case{"lets through", open.address(), Connect::connected, ""},
           Case{"wants a sign-in", guarded.address(), Connect::proxy_wants_sign_in, "give user and password"},
           Case{"wrong password", "anna:wrong@" + guarded.address(), Connect::proxy_wants_sign_in,
                "does not accept"},
           Case{"refuses", strict.address(), Connect::proxy_refused, "answered 403"},
           Case{"is not there", closed_address(), Connect::refused, "The proxy http://127.0.0.1"},
           Case{"does not answer", silent.address(), Connect::timed_out, "timeouts.connect"},
           Case{"closes", rude.address(), Connect::broken, "closed the connection"},
       }) {
    INFO(name);
    FastTime time;
    const HttpPolicy policy{.proxy = "http://" + proxy, .connect_timeout = 5s};
    const auto facts = Probe(policy, time.clock).connect("https://halo.example", time.until(outcome));
    CHECK(facts.outcome == outcome);
    CHECK(facts.by_proxy);
    CHECK_THAT(facts.sentence, ContainsSubstring(sentence) && !ContainsSubstring("wrong"));
  }
  CHECK(open.counters().tunnels == 1);
  CHECK(guarded.counters().sign_ins_refused == 2);
}

TEST_CASE("Servers of no_proxy are probed directly") {
  FakeClock clock;
  const Probe probe({.proxy = "http://user:pw@127.0.0.1:1", .no_proxy = {"localhost"}, .allow_private = true},
                    clock);
  const TlsPeer peer(TlsFlaw::none);
  CHECK(probe.connect(peer.url(), never).outcome == Connect::connected);
  CHECK_FALSE(probe.proxy_for(peer.url()));
  CHECK(probe.proxy_for("https://halo.example") == "http://127.0.0.1:1");
}

TEST_CASE("The TLS probe names the fault of a server and shows its certificate, and sends it nothing") {
  struct Case {
    const char* name;
    TlsFlaw flaw;
    Tls outcome;
    const char* protocol;
    int chain_length;
    const char* sentence;
  };
  for (const auto& [name, flaw, outcome, protocol, chain_length, sentence] : {
           Case{"good", TlsFlaw::none, Tls::trusted, "TLSv1.3", 2, ""},
           Case{"expired", TlsFlaw::expired, Tls::expired, "TLSv1.3", 1, "has expired"},
           Case{"not yet valid", TlsFlaw::not_yet_valid, Tls::not_yet_valid, "TLSv1.3", 1,
                "date of this machine"},
           Case{"wrong name", TlsFlaw::wrong_name, Tls::other_name, "TLSv1.3", 1,
                "for other.example, not for localhost"},
           Case{"self-signed", TlsFlaw::self_signed, Tls::self_signed, "TLSv1.3", 1, "by itself"},
           Case{"unknown", TlsFlaw::unknown_authority, Tls::unknown_authority, "TLSv1.3", 2, "tls.ca_file"},
           Case{"no intermediate", TlsFlaw::missing_intermediate, Tls::incomplete_chain, "TLSv1.3", 1,
                "whole chain"},
           Case{"TLS 1.0", TlsFlaw::only_tls_1_0, Tls::too_old, "TLSv1", 2, "It offers TLSv1."},
           Case{"TLS 1.1", TlsFlaw::only_tls_1_1, Tls::too_old, "TLSv1.1", 2, "It offers TLSv1.1."},
           Case{"TLS 1.2", TlsFlaw::only_tls_1_2, Tls::trusted, "TLSv1.2", 2, ""},
           Case{"TLS 1.3", TlsFlaw::only_tls_1_3, Tls::trusted, "TLSv1.3", 2, ""},
           Case{"plain", TlsFlaw::no_tls, Tls::no_tls, "", 0, "does not speak TLS"},
       }) {
    INFO(name);
    const TlsPeer peer(flaw);
    const auto now = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
    const auto facts =
        Probe({.ca_file = peer.ca_file(), .allow_private = true}, system_clock()).tls(peer.url(), never);
    CHECK(facts.outcome == outcome);
    CHECK(facts.protocol == protocol);
    CHECK(facts.chain_length == chain_length);
    CHECK_THAT(facts.sentence, ContainsSubstring(sentence));
    CHECK(facts.sentence.empty() == (outcome == Tls::trusted));
    CHECK(facts.certificate.has_value() == (chain_length > 0));
    if (facts.certificate) {
      CHECK(facts.cipher != "");
      CHECK(facts.name_fits == (flaw != TlsFlaw::wrong_name));
      CHECK(facts.certificate->subject ==
            (flaw == TlsFlaw::wrong_name ? "CN=other.example" : "CN=localhost"));
      CHECK(facts.certificate->names == (flaw == TlsFlaw::wrong_name
                                             ? std::vector<std::string>{"other.example"}
                                             : std::vector<std::string>{"localhost", "127.0.0.1"}));
      CHECK(facts.certificate->days_left(now) == (flaw == TlsFlaw::expired ? -1 : 0));
      CHECK((facts.certificate->not_before <= now) == (flaw != TlsFlaw::not_yet_valid));
    }
    CHECK(peer.requests() == 0);
  }
}

TEST_CASE(
    "Without the authority's file a private server is not trusted, and a proxy changes nothing of that") {
  const TlsPeer peer(TlsFlaw::none);
  const FaultProxy proxy(ConnectMode{});
  for (const auto& by : {std::string(), "http://" + proxy.address()}) {
    INFO(by);
    const auto facts = Probe({.proxy = by, .allow_private = true}, system_clock()).tls(peer.url(), never);
    CHECK(facts.outcome == Tls::unknown_authority);
    CHECK_FALSE(facts.chain_trusted);
    CHECK(facts.name_fits);
    CHECK(facts.connection.by_proxy == !by.empty());
  }
}

TEST_CASE("A TLS probe of a server that is not there or says nothing ends with the reason") {
  FastTime time;
  const HttpPolicy policy{.allow_private = true, .connect_timeout = 5s};
  const auto absent = Probe(policy, time.clock).tls("https://" + closed_address(), time.stop);
  CHECK(absent.outcome == Tls::not_connected);
  CHECK(absent.connection.outcome == Connect::refused);
  CHECK_THAT(absent.sentence, ContainsSubstring("nothing listens"));
  const ScriptedServer mute([](const ReceivedRequest&) { return Reply{}; });
  ScriptedServer hanging([](const ReceivedRequest&) { return Reply{"", Reply::Then::hang}; });
  const auto silent = Probe(policy, time.clock).tls("https://" + hanging.address(), time.stop);
  CHECK(silent.outcome == Tls::failed);
  CHECK_THAT(silent.sentence, ContainsSubstring("TLS handshake"));
}

TEST_CASE("A probe throws for wrong settings and for a stop only") {
  FakeClock clock;
  const auto code_of = [](auto work) -> std::string {
    try {
      work();
    } catch (const Error& error) {
      return std::string(error.code());
    }
    return "no error";
  };
  const ScriptedServer server([](const ReceivedRequest&) { return Reply{}; });
  const HttpPolicy open{.allow_private = true};
  CHECK(code_of([&] { Probe({.proxy = "https://proxy"}, clock); }) == "PB1214");
  CHECK(code_of([&] { Probe({.no_proxy = {"http://x"}}, clock); }) == "PB1214");
  CHECK(code_of([&] { Probe(open, clock).connect("halo", never); }) == "PB1209");
  CHECK(code_of([&] { Probe({.ca_file = "/no/such.pem"}, clock).tls("https://localhost", never); }) ==
        "PB1210");
  CHECK(code_of([&] { Probe(open, clock).connect(server.url(), [] { return true; }); }) == "PB1410");
}

}  // namespace psabridge::net
