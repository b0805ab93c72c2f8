#include "core/net/probe.h"

#include <csignal>

#include "core/net/address.h"
#include "core/net/channel.h"
#include "core/net/resolver.h"
#include "core/net/tls.h"
#include "core/net/tls_inspection.h"

namespace psabridge::net {
namespace {

ConnectFacts::Outcome outcome_of(const Error& error) {
  using Outcome = ConnectFacts::Outcome;
  if (error.code() == "PB1216") return Outcome::address_refused;
  if (dynamic_cast<const NameNotFound*>(&error)) return Outcome::name_not_found;
  if (dynamic_cast<const TimedOut*>(&error)) return Outcome::timed_out;
  if (const auto* proxy = dynamic_cast<const ProxyRefused*>(&error))
    return proxy->status == kProxySignIn ? Outcome::proxy_wants_sign_in : Outcome::proxy_refused;
  const auto* lost = dynamic_cast<const ConnectionLost*>(&error);
  if (lost && lost->reason == ConnectionLost::Reason::refused) return Outcome::refused;
  if (lost && lost->reason == ConnectionLost::Reason::unreachable) return Outcome::unreachable;
  return Outcome::broken;
}

void rethrow_stop(const Error& error) {
  if (error.error_class() == ErrorClass::cancelled) throw error;
}

}  // namespace

int TlsFacts::Certificate::days_left(SysMilliseconds now) const {
  return static_cast<int>(std::chrono::floor<std::chrono::days>(not_after - now).count());
}

Probe::Probe(const HttpPolicy& policy, Clock& clock) : policy_(policy), clock_(clock), routes_(policy) {
  std::signal(SIGPIPE, SIG_IGN);  // a peer that goes away in the middle of a handshake is a fact
}

NameFacts Probe::name(const std::string& url, const Stop& stop) const {
  const Url parsed = parse_url(url);
  const auto begin = clock_.monotonic();
  NameFacts facts;
  try {
    for (const auto& address : look_up(parsed, patience(stop))) {
      const auto verdict = judge_address(address);
      facts.addresses.push_back(
          {address.toString(), permits(verdict, policy_.allow_private), std::string(verdict.range)});
    }
  } catch (const Error& error) {
    rethrow_stop(error);
    facts.outcome =
        dynamic_cast<const TimedOut*>(&error) ? NameFacts::Outcome::timed_out : NameFacts::Outcome::not_found;
    facts.sentence = error.message();
  }
  facts.took = clock_.monotonic() - begin;
  return facts;
}

ConnectFacts Probe::connect(const std::string& url, const Stop& stop) const {
  ConnectFacts facts;
  reach(parse_url(url), patience(stop), facts);
  return facts;
}

TlsFacts Probe::tls(const std::string& url, const Stop& stop) const {
  const Url parsed = parse_url(url);
  const auto context = make_client_context(policy_.ca_file);
  const auto begin = clock_.monotonic();
  const auto look = [&](TlsVersions versions) {
    TlsFacts facts;
    const auto limit = patience(stop);
    try {
      if (const auto channel = reach(parsed, limit, facts.connection))
        inspect_tls(*channel, parsed, context, versions, limit, facts);
      else
        facts.outcome = TlsFacts::Outcome::not_connected, facts.sentence = facts.connection.sentence;
    } catch (const TimedOut& error) {
      facts.outcome = TlsFacts::Outcome::failed;
      facts.sentence = error.message();
    }
    return facts;
  };
  auto facts = look(TlsVersions::current);
  using enum TlsFacts::Outcome;
  if (facts.outcome == too_old || facts.outcome == failed) {
    // What does it offer? Some old servers close the connection instead of saying that they are old.
    if (auto old = look(TlsVersions::old); !old.protocol.empty()) {
      old.outcome = too_old;
      old.sentence = parsed.origin() + " is not trusted: " + explain_handshake("protocol version").sentence +
                     ". It offers " + old.protocol + ".";
      facts = std::move(old);
    }
  }
  facts.took = clock_.monotonic() - begin;
  return facts;
}

std::optional<std::string> Probe::proxy_for(const std::string& url) const {
  const Proxy* const proxy = routes_.proxy_for(parse_url(url));
  return proxy ? std::optional(proxy->url.origin()) : std::nullopt;
}

Patience Probe::patience(const Stop& stop) const {
  return Patience::starting_now(clock_, stop, Limit::connect, policy_.connect_timeout);
}

std::unique_ptr<Channel> Probe::reach(const Url& url, const Patience& patience, ConnectFacts& facts) const {
  const auto begin = clock_.monotonic();
  const Route route = routes_.to(url);
  facts.by_proxy = route.proxy.has_value();
  std::unique_ptr<Channel> channel;
  try {
    channel = std::make_unique<Channel>(url, route, patience);
    facts.address = channel->address();
  } catch (const Error& error) {
    rethrow_stop(error);
    facts.outcome = outcome_of(error);
    facts.sentence = error.message();
  }
  facts.took = clock_.monotonic() - begin;
  return channel;
}

}  // namespace psabridge::net
