// The receiver's contract, case by case, in front of a journal that does what a test wants.
#include "core/webhook/receiver.h"

#include <atomic>
#include <boost/json.hpp>
#include <set>
#include <stdexcept>
#include <thread>

#include "core/base/error.h"
#include "tests/unit/webhook/webhook_fixture.h"

namespace psabridge::webhook {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

std::string header_of(const net::ServerAnswer& answer, const std::string& name) {
  for (const auto& [known, value] : answer.headers)
    if (known == name) return value;
  return "";
}

json::object body_of(const net::ServerAnswer& answer) { return json::parse(answer.body).as_object(); }
std::string text_in(const net::ServerAnswer& answer, const char* key) {
  return json::value_to<std::string>(body_of(answer).at(key));
}

/// Connections of several kinds; the secret of each is "hunter2", but for `lost`, which has none.
struct Fixture : Installation {
  Fixture()
      : config(config_of({{"acme", "auth: hmac"},
                          {"beta", "auth: basic"},
                          {"gamma", "auth: url"},
                          {"delta", "auth: standard"},
                          {"lost", "auth: bearer"},
                          {"polled", ""}})) {
    for (const char* const name : {"acme", "beta", "gamma", "delta"})
      vault.seal(std::string(name) + ".webhook", "hunter2");
    keys.emplace(config, secrets, vault, redactor, clock);
    receiver.emplace(
        *keys,
        ReceiverPorts{[this](store::Delivery delivery, store::Journal::Done done) {
                        return accept(std::move(delivery), std::move(done));
                      },
                      [this] { return busy; },
                      [this](const RefusedDelivery& told) {
                        refused.push_back({told.reason, std::string(told.connection), std::string(told.peer),
                                           std::string(told.request), std::string(told.detail)});
                      }},
        clock);
  }

  bool accept(store::Delivery delivery, store::Journal::Done done) {
    if (full) return false;
    deliveries.push_back(std::move(delivery));
    pending.push_back(std::move(done));
    if (answers_at_once) commit({.event = static_cast<store::EventId>(deliveries.size())});
    return true;
  }
  /// Ends the oldest transaction.
  void commit(const store::Acceptance& acceptance, const std::exception_ptr& error = nullptr) {
    const store::Journal::Done done = pending.front();
    pending.erase(pending.begin());
    done(acceptance, error);
  }

  /// As the server does it: the body is read only when the head was let through.
  net::ServerAnswer send(const net::RequestHead& head, const std::string& body = "{}") {
    if (auto answer = receiver->look(head)) return *answer;
    return take(head, body);
  }
  net::ServerAnswer take(const net::RequestHead& head, const std::string& body = "{}") {
    std::optional<net::ServerAnswer> given;
    receiver->take(head, body, [&given](net::ServerAnswer answer) {
      CHECK_FALSE(given);  // once
      given = std::move(answer);
    });
    REQUIRE(given);
    return *given;
  }
  ConnectionFigures figures(const std::string& connection) { return receiver->figures().at(connection); }

  struct Told {
    Reason reason;
    std::string connection, peer, request, detail;
  };

  config::Config config;
  std::optional<Keys> keys;
  bool busy = false, full = false, answers_at_once = true;
  std::vector<store::Delivery> deliveries;
  std::vector<store::Journal::Done> pending;
  std::vector<Told> refused;
  std::optional<Receiver> receiver;
};

/// A genuine delivery for acme.
net::RequestHead genuine(const std::string& body = "{}", Headers more = {}) {
  more.emplace_back("Token", base64(mac_of("hunter2", body)));
  return post("/webhooks/acme", std::move(more));
}

TEST_CASE("a genuine delivery is stored as it came, and answered once it is on disk") {
  Fixture fixture;
  fixture.answers_at_once = false;
  const std::string body("not JSON \xff\0 at all", 18);
  std::optional<net::ServerAnswer> given;
  REQUIRE_FALSE(fixture.receiver->look(genuine(body)));
  fixture.receiver->take(genuine(body), body, [&](net::ServerAnswer answer) { given = std::move(answer); });
  CHECK_FALSE(given);
  REQUIRE(fixture.deliveries.size() == 1);
  CHECK(fixture.deliveries[0].connection == "acme");
  CHECK(fixture.deliveries[0].key.empty());
  CHECK(fixture.deliveries[0].body == body);
  CHECK(fixture.deliveries[0].peer == "192.0.2.7");
  CHECK(fixture.figures("acme").accepted == 0);
  fixture.clock.advance(30ms);
  fixture.commit({.event = 7});
  REQUIRE(given);
  CHECK(given->status == 202);
  CHECK(given->body == R"({"id":7,"duplicate":false})");
  CHECK(given->content_type == "application/json");
  const ConnectionFigures figures = fixture.figures("acme");
  CHECK(figures.received == 1);
  CHECK(figures.accepted == 1);
  CHECK(figures.bytes == body.size());
  CHECK(figures.acknowledged.counts[3] == 1);  // 25 to 50 ms
  CHECK(figures.acknowledged.sum == 30ms);
  CHECK(fixture.refused.empty());
}

TEST_CASE("what the journal finds out is told to the sender") {
  Fixture fixture;
  fixture.answers_at_once = false;
  const auto answer_to = [&](const store::Acceptance& acceptance, std::exception_ptr error = nullptr) {
    net::ServerAnswer given;
    fixture.receiver->take(genuine(), "{}", [&](net::ServerAnswer answer) { given = std::move(answer); });
    fixture.commit(acceptance, error);
    return given;
  };
  const net::ServerAnswer duplicate = answer_to({.event = 7, .duplicate = true});
  CHECK(duplicate.status == 200);
  CHECK(duplicate.body == R"({"id":7,"duplicate":true})");
  const net::ServerAnswer reuse = answer_to({.event = 8, .key_reuse = true});
  CHECK(reuse.status == 202);
  CHECK(reuse.body == R"({"id":8,"duplicate":false,"key_reuse":true})");
  const net::ServerAnswer failed =
      answer_to({}, std::make_exception_ptr(Error("PB1303", "The disk is full.")));
  CHECK(failed.status == 503);
  CHECK_FALSE(header_of(failed, "Retry-After").empty());
  CHECK(failed.body.find("disk") == std::string::npos);
  REQUIRE(fixture.refused.size() == 1);
  CHECK(fixture.refused[0].reason == Reason::not_stored);
  CHECK(fixture.refused[0].detail == "PB1303: The disk is full.");
  const ConnectionFigures figures = fixture.figures("acme");
  CHECK(figures.received == 3);
  CHECK(figures.accepted == 1);
  CHECK(figures.duplicates == 1);
  CHECK(figures.key_reuse == 1);
  CHECK(figures.bytes == 4);
  CHECK(figures.refused == std::map<Reason, std::uint64_t>{{Reason::not_stored, 1}});
}

TEST_CASE("every refusal: status, words, and the reason that is counted and told") {
  struct Case {
    std::string method, path;
    Headers headers;
    int status;
    std::string error;
    Reason reason;
    std::string counted;  ///< connection
  };
  const std::string wrong = base64(mac_of("hunter3", "{}"));
  const std::vector<Case> cases{
      {"GET", "/webhooks/acme", {}, 405, "method_not_allowed", Reason::method, "acme"},
      {"OPTIONS", "/webhooks/acme", {}, 405, "method_not_allowed", Reason::method, "acme"},
      {"PUT", "/webhooks/nobody", {}, 405, "method_not_allowed", Reason::method, ""},
      {"post", "/webhooks/acme", {}, 405, "method_not_allowed", Reason::method, "acme"},
      {"POST", "/", {}, 404, "not_found", Reason::unknown, ""},
      {"GET", "/favicon.ico", {}, 404, "not_found", Reason::unknown, ""},
      {"POST", "/webhooks", {}, 404, "not_found", Reason::unknown, ""},
      {"POST", "/webhooks/", {}, 404, "not_found", Reason::unknown, ""},
      {"POST", "/webhooks//acme", {{"Token", wrong}}, 404, "not_found", Reason::unknown, ""},
      {"POST", "/webhooks/nobody", {{"Token", wrong}}, 404, "not_found", Reason::unknown, ""},
      {"POST", "/webhooks/ACME", {{"Token", wrong}}, 404, "not_found", Reason::unknown, ""},
      {"POST", "/webhooks/polled", {}, 404, "not_found", Reason::unknown, ""},
      {"POST", "/webhooks/acme", {}, 401, "unauthorized", Reason::no_proof, "acme"},
      {"POST", "/webhooks/acme", {{"Token", wrong}}, 401, "unauthorized", Reason::wrong_proof, "acme"},
      {"POST", "/webhooks/acme/hunter2", {}, 401, "unauthorized", Reason::no_proof, "acme"},
      {"POST",
       "/webhooks/beta",
       {{"Authorization", basic("psabridge", "x")}},
       401,
       "unauthorized",
       Reason::wrong_proof,
       "beta"},
      {"POST", "/webhooks/gamma", {}, 401, "unauthorized", Reason::no_proof, "gamma"},
      {"POST", "/webhooks/gamma/hunter3", {}, 401, "unauthorized", Reason::wrong_proof, "gamma"},
      {"POST", "/webhooks/delta", {}, 401, "unauthorized", Reason::no_proof, "delta"},
      {"POST",
       "/webhooks/lost",
       {{"Authorization", "Bearer x"}},
       503,
       "unavailable",
       Reason::no_secret,
       "lost"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.method, one.path, one.reason);
    Fixture fixture;
    net::RequestHead head = post(one.path, one.headers);
    head.method = one.method;
    const net::ServerAnswer answer = fixture.send(head);
    CHECK(answer.status == one.status);
    CHECK(text_in(answer, "error") == one.error);
    CHECK(body_of(answer).size() == 2);
    REQUIRE(fixture.refused.size() == 1);
    CHECK(fixture.refused[0].reason == one.reason);
    CHECK(fixture.refused[0].connection == one.counted);
    CHECK(fixture.refused[0].peer == "192.0.2.7");
    CHECK(text_in(answer, "request") == fixture.refused[0].request);
    CHECK(header_of(answer, "Allow") == (one.status == 405 ? "POST" : ""));
    CHECK(header_of(answer, "WWW-Authenticate").empty() == (one.status != 401));
    CHECK(header_of(answer, "Retry-After").empty() == (one.status != 503));
    CHECK(fixture.deliveries.empty());
    CHECK(fixture.figures(one.counted).received == 1);
    CHECK(fixture.figures(one.counted).refused == std::map<Reason, std::uint64_t>{{one.reason, 1}});
  }
}

TEST_CASE("every kind of proof leads in") {
  Fixture fixture;
  const std::string now = std::to_string(
      std::chrono::floor<std::chrono::seconds>(fixture.clock.now()).time_since_epoch().count());
  const std::string signature = "v1," + base64(mac_of("hunter2", "msg_1." + now + ".{}"));
  CHECK(fixture.send(genuine()).status == 202);
  CHECK(fixture.send(post("/webhooks/acme/", genuine().headers)).status == 202);
  CHECK(fixture.send(post("/webhooks/beta", {{"Authorization", basic("psabridge", "hunter2")}})).status ==
        202);
  CHECK(fixture.send(post("/webhooks/gamma/hunter2")).status == 202);
  const Headers headers{
      {"webhook-id", "msg_1"}, {"webhook-timestamp", now}, {"webhook-signature", signature}};
  CHECK(fixture.send(post("/webhooks/delta", headers)).status == 202);
  CHECK(fixture.deliveries.size() == 5);
  CHECK(fixture.deliveries[4].key == "msg_1");

  fixture.clock.advance(5min + 1s);
  const net::ServerAnswer stale = fixture.send(post("/webhooks/delta", headers));
  CHECK(stale.status == 401);
  CHECK(text_in(stale, "error") == "stale_timestamp");
  CHECK(text_in(stale, "now") == "2026-03-01T00:05:01.000Z");
  CHECK(fixture.figures("delta").refused == std::map<Reason, std::uint64_t>{{Reason::stale_timestamp, 1}});
}

TEST_CASE("nothing is read while nothing can be taken") {
  Fixture fixture;
  fixture.busy = true;
  std::set<std::string> patience;
  for (int i = 0; i < 200; ++i) {
    const auto answer = fixture.receiver->look(genuine());
    REQUIRE(answer);
    REQUIRE(answer->status == 503);
    const int seconds = std::stoi(header_of(*answer, "Retry-After"));
    REQUIRE(seconds >= 5);
    REQUIRE(seconds <= 30);
    patience.insert(header_of(*answer, "Retry-After"));
  }
  CHECK(patience.size() > 1);
  CHECK(fixture.figures("acme").received == 200);
  CHECK(fixture.figures("acme").refused == std::map<Reason, std::uint64_t>{{Reason::busy, 200}});
}

TEST_CASE("a waiting room that is full when the body is there sends away too, once") {
  Fixture fixture;
  fixture.full = true;
  const net::ServerAnswer answer = fixture.send(genuine());
  CHECK(answer.status == 503);
  CHECK_FALSE(header_of(answer, "Retry-After").empty());
  CHECK(fixture.figures("acme").refused == std::map<Reason, std::uint64_t>{{Reason::busy, 1}});
}

TEST_CASE("a secret that cannot be read is our trouble, with its reason, until it is back") {
  Fixture fixture;
  const net::RequestHead head = post("/webhooks/lost", {{"Authorization", "Bearer hunter2"}});
  CHECK(fixture.send(head).status == 503);
  CHECK(fixture.take(head).status == 503);  // it went away behind look()
  REQUIRE(fixture.refused.size() == 2);
  for (const auto& told : fixture.refused) {
    CHECK(told.reason == Reason::no_secret);
    CHECK(told.detail.find("secret://lost.webhook cannot be read") != std::string::npos);
  }
  fixture.vault.seal("lost.webhook", "hunter2");
  fixture.keys->refresh();
  CHECK(fixture.send(head).status == 202);
}

TEST_CASE("the name of a delivery comes from its headers") {
  struct Case {
    Headers headers;
    std::string key;
  };
  const std::vector<Case> cases{
      {{}, ""},
      {{{"Webhook-Id", "a"}}, "a"},
      {{{"X-GitHub-Delivery", "b"}}, "b"},
      {{{"x-delivery-id", "c"}}, "c"},
      {{{"X-Hook-Delivery-ID", "d"}}, "d"},
      {{{"X-Delivery", "e"}, {"webhook-id", "f"}}, "f"},
      {{{"X-Delivery", ""}, {"X-Other-Delivery", "g"}}, "g"},
      {{{"X-Request-Id", "h"}, {"Delivery-Id", "i"}, {"X-Delivery-Time", "j"}, {"X-Redelivery", "k"}}, ""},
      {{{"webhook-id", std::string(256, 'l')}}, std::string(256, 'l')},
      {{{"webhook-id", std::string(257, 'm')}}, ""},
      {{{"webhook-id", "\xff"}}, ""},
  };
  for (const Case& one : cases) {
    Fixture fixture;
    CAPTURE(one.key);
    CHECK(fixture.send(genuine("{}", one.headers)).status == 202);
    CHECK(fixture.deliveries.at(0).key == one.key);
  }
}

TEST_CASE("what is received is accepted, a duplicate, or refused for a reason") {
  Fixture fixture;
  for (int i = 0; i < 3; ++i) fixture.send(genuine());
  fixture.send(post("/webhooks/acme"));
  fixture.busy = true;
  fixture.send(genuine());
  fixture.busy = false;
  fixture.full = true;
  fixture.send(genuine());
  const ConnectionFigures figures = fixture.figures("acme");
  std::uint64_t sum = figures.accepted + figures.duplicates;
  for (const auto& [reason, count] : figures.refused) sum += count;
  CHECK(figures.received == 6);
  CHECK(sum == 6);
  CHECK(fixture.receiver->figures().size() == 6);  // five connections, and what is for none
}

TEST_CASE("times fall into the bucket that they are within") {
  Counters counters;
  for (const Milliseconds took : {0ms, 5ms, 6ms, 10000ms, 10001ms, 60000ms}) counters.accept(1, took);
  const AcknowledgeTimes times = counters.figures().acknowledged;
  CHECK(times.counts[0] == 2);
  CHECK(times.counts[1] == 1);
  CHECK(times.counts[13] == 1);
  CHECK(times.counts[14] == 2);
  CHECK(times.sum == 80012ms);
}

TEST_CASE("every reason has a name of its own") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kReasons; ++i) names.insert(name_of(static_cast<Reason>(i)));
  CHECK(names.size() == kReasons);
  CHECK(name_of(Reason::not_stored) == "not_stored");
}

TEST_CASE("the address that the source is given leads to its connection") {
  Fixture fixture;
  const auto url = [&](const char* name, const std::string& secret) {
    return delivery_url("https://psabridge.example.com", *fixture.config.find_connection(name), secret);
  };
  CHECK(url("acme", "hunter2") == "https://psabridge.example.com/webhooks/acme");
  CHECK(url("gamma", "hunter2") == "https://psabridge.example.com/webhooks/gamma/hunter2");
  CHECK(url("gamma", "a b/c?d") == "https://psabridge.example.com/webhooks/gamma/a%20b%2Fc%3Fd");
  CHECK(delivery_url("https://h/p/", *fixture.config.find_connection("acme"), "x") ==
        "https://h/p/webhooks/acme");
}

TEST_CASE("threads deliver while secrets are exchanged, and nothing is lost or counted twice") {
  constexpr std::size_t kThreads = 4, kEach = 200;
  Installation installation;
  installation.vault.seal("acme.webhook", "hunter2");
  Keys keys(config_of({{"acme", "auth: hmac"}}), installation.secrets, installation.vault,
            installation.redactor, installation.clock);
  std::atomic<std::uint64_t> stored{0}, refused{0}, answered{0};
  Receiver receiver(keys,
                    {[&](const store::Delivery&, const store::Journal::Done& done) {
                       done({.event = static_cast<store::EventId>(++stored)}, nullptr);
                       return true;
                     },
                     [] { return false; }, [&](const RefusedDelivery&) { ++refused; }},
                    installation.clock);
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < kEach; ++i) {
        const net::RequestHead head = i % 2 == 0 ? genuine() : post("/webhooks/acme");
        receiver.take(head, "{}", [&](const net::ServerAnswer&) { ++answered; });
      }
    });
  for (int i = 0; i < 20; ++i) keys.refresh();
  for (auto& thread : threads) thread.join();
  CHECK(answered == kThreads * kEach);
  CHECK(stored == kThreads * kEach / 2);
  CHECK(refused == kThreads * kEach / 2);
  const ConnectionFigures figures = receiver.figures().at("acme");
  CHECK(figures.received == kThreads * kEach);
  CHECK(figures.accepted == stored);
}

}  // namespace
}  // namespace psabridge::webhook
