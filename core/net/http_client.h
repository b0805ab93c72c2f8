// The one way out to the network: TLS policy, proxy, allowed hosts, time limits, rate limit, retries, whole
// bodies.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/net/circuit_breaker.h"
#include "core/net/patience.h"
#include "core/net/rate_limiter.h"

namespace psabridge::net {

struct HttpRequest {
  std::string method = "GET";
  std::string url = {};  ///< absolute, http or https
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  bool retryable = true;  ///< repeating it is harmless
  Urgency urgency = Urgency::routine;
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// First value of a header, compared without case; empty when absent.
  std::string_view header(std::string_view name) const;
};

/// How a connection talks. The three time limits are totals per try, whatever trickles in meanwhile.
struct HttpPolicy {
  std::vector<std::string> allowed_urls = {};  ///< origins (scheme, host, port) that may be asked
  std::string ca_file = {};                    ///< extra certificate authorities; empty: the system's only
  std::string proxy = {};                      ///< "http://[user:password@]host:port" or empty
  std::vector<std::string> no_proxy = {};      ///< asked without the proxy; forms: core/net/no_proxy.h
  bool allow_private = false;            ///< loopback and private networks may be asked; link-local never
  Milliseconds connect_timeout{10'000};  ///< name lookup, TCP, proxy and TLS together
  Milliseconds first_byte_timeout{
      60'000};                         ///< from the sent request on; Halo's gateway gives up at about 60 s
  Milliseconds total_timeout{90'000};  ///< all of a try
  std::size_t body_limit = 64u << 20;  ///< bytes
  int tries = 5;                       ///< for retryable requests: transport errors, 502, 503, 504, other 5xx
  Milliseconds retry_base{500};        ///< full jitter: random in 0..base*2^n, at most retry_cap
  Milliseconds retry_cap{30'000};
  CircuitSettings circuit = {};
  /// Told on the asking thread when the server said 429: nothing is asked of it for this long.
  std::function<void(Milliseconds)> on_throttled = {};
};

/// Thread-safe; keeps connections alive and hands them out to one request at a time.
class HttpClient {
 public:
  /// `limiter` and `clock` outlive the client. `seed` feeds the jitters. The process ignores SIGPIPE from now
  /// on: a peer that goes away in the middle of a TLS write is an error to handle. Throws Error PB1209,
  /// PB1210 or PB1214 when the policy cannot be used.
  HttpClient(HttpPolicy policy, RateLimiter& limiter, Clock& clock, std::uint64_t seed);
  ~HttpClient();

  /// Blocks until the whole answer is there. Waits for the limiter before every try; 429 teaches the limiter
  /// and is retried after its Retry-After (seconds or date; absurd values are capped at 15 min) without using
  /// up a try, for at most `policy.tries` * 4 times. Transport errors and 5xx are retried when the request is
  /// `retryable`. A kept connection that turns out to be dead is replaced at once. Redirects are not
  /// followed. Any last HTTP status is an answer. While the circuit is open nothing is sent. Throws Error:
  /// PB1201 unreachable or too slow, PB1202 cut short, PB1209 address not allowed, PB1211 body over the
  /// limit, PB1212 not HTTP, PB1213 certificate not trusted, PB1214 refused by the proxy, PB1216 private or
  /// forbidden address, PB1217 circuit open (with retry_after), PB1410 stopped. Messages show no query, user
  /// or password.
  HttpResponse send(const HttpRequest& request, const Stop& stop);

  /// Tries made so far, repeats included.
  std::uint64_t requests() const noexcept;
  /// Whether the connection is left alone at present, since when and why.
  CircuitBreaker::Report circuit() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace psabridge::net
