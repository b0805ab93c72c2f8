#include "core/net/http_client.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "core/net/channel.h"
#include "core/net/http_message.h"
#include "core/net/retry.h"
#include "core/net/routes.h"
#include "core/net/tls.h"
#include "core/net/url.h"

namespace psabridge::net {
namespace {

constexpr std::size_t kKeptPerOrigin = 16;  // connections
constexpr int kThrottlesPerTry = 4;

/// Connections that wait for the next request. Thread-safe.
class ChannelPool {
 public:
  /// Null when none is left that looks alive.
  std::unique_ptr<Channel> take(const std::string& origin) {
    const std::lock_guard lock(mutex_);
    auto& kept = kept_[origin];
    while (!kept.empty()) {
      auto channel = std::move(kept.back());
      kept.pop_back();
      if (channel->quiet()) return channel;
    }
    return nullptr;
  }

  void keep(const std::string& origin, std::unique_ptr<Channel> channel) {
    const std::lock_guard lock(mutex_);
    if (auto& kept = kept_[origin]; kept.size() < kKeptPerOrigin) kept.push_back(std::move(channel));
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<std::unique_ptr<Channel>>> kept_;
};

std::set<std::string> origins_of(const std::vector<std::string>& urls) {
  std::set<std::string> origins;
  for (const auto& url : urls) origins.insert(parse_url(url).origin());
  return origins;
}

/// How often a request was sent and refused so far.
struct Attempts {
  int failures = 0, throttles = 0;
};

bool is_transient(const Error& error) { return error.error_class() == ErrorClass::transient; }

constexpr int kServerErrors = 500;  // from this status on

}  // namespace

struct HttpClient::State {
  State(HttpPolicy policy_, RateLimiter& limiter_, Clock& clock_, std::uint64_t seed)
      : policy(std::move(policy_)),
        limiter(limiter_),
        clock(clock_),
        origins(origins_of(policy.allowed_urls)),
        routes(policy),
        context(make_client_context(policy.ca_file)),
        backoff(policy.retry_base, policy.retry_cap, seed),
        circuit(policy.circuit, clock, seed + 1) {}

  Url allowed(const std::string& text) const;
  void wait_for_turn(const Url& url, Urgency urgency, const Stop& stop);
  /// True when the answer was "slow down" and may be asked for again.
  bool throttled(const HttpResponse& response, Attempts& attempts);
  /// True after the wait that a failed try earns; false when it was the last one.
  bool wait_to_retry(const HttpRequest& request, Milliseconds at_least, Attempts& attempts, const Stop& stop);
  Milliseconds retry_after(const HttpResponse& response) const;

  /// A try that the circuit breaker let through and hears about.
  HttpResponse judged_try(const HttpRequest& request, const Url& url, const Stop& stop);
  HttpResponse try_once(const HttpRequest& request, const Url& url, const Stop& stop);
  HttpResponse exchange(std::unique_ptr<Channel> channel, const HttpRequest& request, const Url& url,
                        const Patience& whole);
  std::unique_ptr<Channel> connect(const Url& url, const Patience& whole);

  const HttpPolicy policy;
  RateLimiter& limiter;
  Clock& clock;
  const std::set<std::string> origins;
  const Routes routes;
  const Poco::Net::Context::Ptr context;
  Backoff backoff;
  CircuitBreaker circuit;
  ChannelPool pool;
  std::atomic<std::uint64_t> requests{0};
};

HttpClient::HttpClient(HttpPolicy policy, RateLimiter& limiter, Clock& clock, std::uint64_t seed)
    : state_(std::make_unique<State>(std::move(policy), limiter, clock, seed)) {
  std::signal(SIGPIPE, SIG_IGN);
}

HttpClient::~HttpClient() = default;

HttpResponse HttpClient::send(const HttpRequest& request, const Stop& stop) {
  const Url url = state_->allowed(request.url);
  for (Attempts attempts;;) {
    try {
      auto response = state_->judged_try(request, url, stop);
      if (state_->throttled(response, attempts)) continue;
      if (response.status < kServerErrors ||
          !state_->wait_to_retry(request, state_->retry_after(response), attempts, stop))
        return response;
    } catch (const Error& error) {
      const bool hopeless = !is_transient(error) || error.code() == "PB1217";
      if (hopeless || !state_->wait_to_retry(request, Milliseconds{0}, attempts, stop)) throw;
    }
  }
}

std::uint64_t HttpClient::requests() const noexcept { return state_->requests; }

CircuitBreaker::Report HttpClient::circuit() const { return state_->circuit.report(); }

Url HttpClient::State::allowed(const std::string& text) const {
  Url url = parse_url(text);
  if (!origins.contains(url.origin()))
    throw Error("PB1209", url.origin() + " is not an address of this connection, so nothing was sent to it.");
  return url;
}

void HttpClient::State::wait_for_turn(const Url& url, Urgency urgency, const Stop& stop) {
  if (!limiter.acquire(urgency, stop))
    throw Error("PB1410", "Stopped on request while waiting to ask " + url.origin() + ".");
}

bool HttpClient::State::throttled(const HttpResponse& response, Attempts& attempts) {
  if (response.status != 429) return false;
  limiter.throttled(retry_after(response));
  if (policy.on_throttled) policy.on_throttled(limiter.budget().closed_for);
  return ++attempts.throttles <= policy.tries * kThrottlesPerTry;
}

bool HttpClient::State::wait_to_retry(const HttpRequest& request, Milliseconds at_least, Attempts& attempts,
                                      const Stop& stop) {
  if (!request.retryable || ++attempts.failures >= policy.tries) return false;
  clock.sleep(
      std::max(at_least, backoff.wait_after(attempts.failures)), stop ? stop : [] { return false; });
  return true;
}

Milliseconds HttpClient::State::retry_after(const HttpResponse& response) const {
  return parse_retry_after(response.header("Retry-After"), clock.now()).value_or(Milliseconds{0});
}

HttpResponse HttpClient::State::judged_try(const HttpRequest& request, const Url& url, const Stop& stop) {
  auto attempt = circuit.begin(url.origin());
  wait_for_turn(url, request.urgency, stop);
  try {
    auto response = try_once(request, url, stop);
    if (response.status < kServerErrors)
      attempt.succeeded();
    else
      attempt.failed(url.shown() + " answered " + std::to_string(response.status) + ".");
    return response;
  } catch (const Error& error) {
    if (is_transient(error)) attempt.failed(error.message());
    throw;
  }
}

HttpResponse HttpClient::State::try_once(const HttpRequest& request, const Url& url, const Stop& stop) {
  ++requests;
  const auto whole = Patience::starting_now(clock, stop, Limit::total, policy.total_timeout);
  // A kept connection may be dead without our knowing, so only what may be sent twice goes over one.
  if (auto kept = request.retryable ? pool.take(url.origin()) : nullptr) {
    try {
      return exchange(std::move(kept), request, url, whole);
    } catch (const ConnectionLost&) {  // it was: no byte of an answer came
    }
  }
  return exchange(connect(url, whole), request, url, whole);
}

HttpResponse HttpClient::State::exchange(std::unique_ptr<Channel> channel, const HttpRequest& request,
                                         const Url& url, const Patience& whole) {
  // Secure ones go through a tunnel and do not show the proxy anything.
  const Proxy* const asked = url.secure() ? nullptr : routes.proxy_for(url);
  channel->send(request_head(request, url, asked ? url.origin() + url.target : url.target,
                             asked ? asked->authorization : std::string()) +
                    request.body,
                whole);
  const auto first_byte = whole.within(Limit::first_byte, policy.first_byte_timeout);
  ResponseReader reader(*channel, url, first_byte, whole);
  auto response = reader.read(request.method, policy.body_limit);
  if (reader.reusable()) pool.keep(url.origin(), std::move(channel));
  if (asked && response.status == kProxySignIn) throw proxy_sign_in_error(*asked);
  return response;
}

std::unique_ptr<Channel> HttpClient::State::connect(const Url& url, const Patience& whole) {
  const auto patience = whole.within(Limit::connect, policy.connect_timeout);
  auto channel = std::make_unique<Channel>(url, routes.to(url), patience);
  if (url.secure()) channel->secure(context, patience);
  return channel;
}

}  // namespace psabridge::net
