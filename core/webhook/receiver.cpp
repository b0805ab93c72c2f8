#include "core/webhook/receiver.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <exception>
#include <utility>

#include "core/base/text.h"
#include "core/base/time.h"
#include "core/net/query.h"

namespace psabridge::webhook {
namespace {

namespace json = boost::json;

constexpr std::string_view kFolder = "/webhooks/";
constexpr std::size_t kLongestKey = 256;                         // bytes
constexpr std::uint32_t kLeastPatience = 5, kMostPatience = 30;  // seconds

/// What a path asks for; it views into it.
struct Target {
  std::string_view connection, token;
};

std::optional<Target> target_of(std::string_view path) {
  if (!path.starts_with(kFolder)) return std::nullopt;
  path.remove_prefix(kFolder.size());
  const std::string_view connection = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(path.size(), connection.size() + 1));
  return Target{connection, path};
}

/// What the caller is told. Why exactly a proof was refused is for our log alone.
struct Told {
  int status;
  std::string_view error;
};

Told told_of(Reason reason) {
  switch (reason) {
    case Reason::method:
      return {405, "method_not_allowed"};
    case Reason::unknown:
      return {404, "not_found"};
    case Reason::no_proof:
    case Reason::wrong_proof:
      return {401, "unauthorized"};
    case Reason::stale_timestamp:
      return {401, "stale_timestamp"};
    case Reason::no_secret:
    case Reason::busy:
    case Reason::not_stored:
      break;
  }
  return {503, "unavailable"};
}

Reason reason_of(Verdict refusal) {
  if (refusal == Verdict::no_proof) return Reason::no_proof;
  return refusal == Verdict::stale_timestamp ? Reason::stale_timestamp : Reason::wrong_proof;
}

std::string random_id() {
  std::array<char, 8> bytes;
  randombytes_buf(bytes.data(), bytes.size());
  return hexadecimal({bytes.data(), bytes.size()});
}

/// Seconds; not the same for all, so that they do not come again together.
std::string random_patience() {
  return std::to_string(kLeastPatience + randombytes_uniform(kMostPatience - kLeastPatience + 1));
}

/// X-GitHub-Delivery, X-Delivery-Id and the like.
bool names_delivery(std::string_view header) {
  const std::string name = ascii_lowered(header);
  return name.starts_with("x-") && (name.ends_with("-delivery") || name.ends_with("-delivery-id"));
}

/// The name that the sender gave the delivery; empty when there is none of a form that can be kept. Equal
/// bytes are then equal deliveries.
std::string key_of(const net::RequestHead& head) {
  std::string_view key = head.header("webhook-id");
  for (const auto& [name, value] : head.headers)
    if (key.empty() && names_delivery(name)) key = value;
  return key.size() <= kLongestKey && is_utf8(key) ? std::string(key) : std::string();
}

std::string message_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  }
}

}  // namespace

std::string delivery_url(const std::string& public_url, const config::Connection& connection,
                         const std::string& secret) {
  std::string url = public_url;
  if (url.ends_with('/')) url.pop_back();
  url += std::string(kFolder) + connection.name;
  if (connection.webhook.auth != "url") return url;
  const std::string encoded = net::encode_query({{"", secret}});  // "=...": a path takes what a query takes
  return url + "/" + encoded.substr(1);
}

/// A delivery on its way to the disk.
struct Receiver::Exchange {
  std::string connection, peer;
  std::size_t bytes;
  Milliseconds began;
  net::Reply reply;
};

Receiver::Receiver(const Keys& keys, ReceiverPorts ports, Clock& clock)
    : keys_(keys), ports_(std::move(ports)), clock_(clock) {
  counters_.try_emplace("");
  for (const auto& [connection, gate] : *keys.gates()) counters_.try_emplace(connection);
}

Receiver::~Receiver() = default;

std::optional<net::ServerAnswer> Receiver::look(const net::RequestHead& head) {
  const auto target = target_of(head.path);
  const std::string_view connection = target ? target->connection : std::string_view();
  const auto refused = [&](Reason reason, std::string_view detail = {}) {
    counters_of(connection).receive();
    return refuse(reason, connection, head.peer, detail);
  };
  if (!target) return refused(Reason::unknown);
  if (head.method != "POST") return refused(Reason::method);
  if (ports_.busy()) return refused(Reason::busy);
  const auto gates = keys_.gates();
  const auto gate = gates->find(connection);
  if (gate != gates->end() && !gate->second.proof) return refused(Reason::no_secret, gate->second.trouble);
  return std::nullopt;
}

void Receiver::take(const net::RequestHead& head, std::string body, net::Reply reply) {
  const Target target = target_of(head.path).value_or(Target{});
  const std::string_view connection = target.connection;
  counters_of(connection).receive();
  const auto gates = keys_.gates();
  const auto gate = gates->find(connection);
  const bool known = gate != gates->end();
  if (known && !gate->second.proof)  // it was readable when look() was asked
    return reply(refuse(Reason::no_secret, connection, head.peer, gate->second.trouble));
  const Proof& proof = known ? *gate->second.proof : keys_.decoy();
  const Verdict verdict = proof.judge({head, target.token, body}, clock_.now());
  if (!known) return reply(refuse(Reason::unknown, connection, head.peer));
  if (verdict == Verdict::genuine) return store(head, connection, std::move(body), std::move(reply));
  net::ServerAnswer answer = refuse(reason_of(verdict), connection, head.peer);
  answer.headers.emplace_back("WWW-Authenticate", proof.challenge());
  reply(std::move(answer));
}

void Receiver::store(const net::RequestHead& head, std::string_view connection, std::string body,
                     net::Reply reply) {
  const auto exchange = std::make_shared<const Exchange>(
      Exchange{std::string(connection), head.peer, body.size(), clock_.monotonic(), std::move(reply)});
  const auto done = [this, exchange](const store::Acceptance& acceptance, const std::exception_ptr& error) {
    exchange->reply(error
                        ? refuse(Reason::not_stored, exchange->connection, exchange->peer, message_of(error))
                        : acknowledge(*exchange, acceptance));
  };
  if (!ports_.accept({exchange->connection, key_of(head), std::move(body), head.peer}, done))
    exchange->reply(refuse(Reason::busy, connection, head.peer));
}

net::ServerAnswer Receiver::acknowledge(const Exchange& exchange, const store::Acceptance& acceptance) {
  Counters& counters = counters_of(exchange.connection);
  const Milliseconds took = clock_.monotonic() - exchange.began;
  json::object body{{"id", acceptance.event}, {"duplicate", acceptance.duplicate}};
  if (acceptance.duplicate) {
    counters.repeat(exchange.bytes, took);
    return {.status = 200, .body = json::serialize(body)};
  }
  counters.accept(exchange.bytes, took);
  if (acceptance.key_reuse) {
    counters.reuse_key();
    body["key_reuse"] = true;
  }
  return {.status = 202, .body = json::serialize(body)};
}

/// Counts it, tells it, and makes the answer.
net::ServerAnswer Receiver::refuse(Reason reason, std::string_view connection, std::string_view peer,
                                   std::string_view detail) {
  counters_of(connection).refuse(reason);
  const std::string request = random_id();
  ports_.refused({reason, known_name(connection), peer, request, detail});
  const Told told = told_of(reason);
  json::object body{{"error", told.error}, {"request", request}};
  if (reason == Reason::stale_timestamp) body["now"] = format_time(clock_.now());
  net::ServerAnswer answer{.status = told.status, .body = json::serialize(body)};
  if (reason == Reason::method) answer.headers.emplace_back("Allow", "POST");
  if (told.status == 503) answer.headers.emplace_back("Retry-After", random_patience());
  return answer;
}

/// The map never changes after the beginning, so that threads share it.
Counters& Receiver::counters_of(std::string_view connection) {
  return counters_.find(known_name(connection))->second;
}

std::string_view Receiver::known_name(std::string_view connection) const {
  return counters_.contains(connection) ? connection : std::string_view();
}

Figures Receiver::figures() const {
  Figures figures;
  for (const auto& [connection, counters] : counters_) figures.emplace(connection, counters.figures());
  return figures;
}

}  // namespace psabridge::webhook
