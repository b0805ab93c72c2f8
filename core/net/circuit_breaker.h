// Leaves a server alone that keeps failing, and finds out when it is well again.
#pragma once
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/base/time.h"
#include "core/net/retry.h"

namespace psabridge::net {

struct CircuitSettings {
  Milliseconds window{120'000};                       ///< tries of this last span count
  int least_tries = 20;                               ///< fewer say nothing
  double failing_share = 0.5;                         ///< from here on the circuit opens
  Milliseconds open_base{10'000}, open_cap{300'000};  ///< full jitter: random in 0..base*2^n, at most the cap
};

/// Closed while the server answers. Opens when at least `failing_share` of the tries in the window failed: a
/// broken connection, a time-out, a 5xx. Open, nothing is sent until a random span is over, which grows from
/// opening to opening. Then half-open: one try at a time is let through; its success closes the circuit, its
/// failure opens it again. Thread-safe.
class CircuitBreaker {
 public:
  enum class State { closed, open, half_open };
  /// What `status` and the doctor show.
  struct Report {
    State state = State::closed;
    int tries = 0, failures = 0;             ///< in the window; those that opened it while it is not closed
    std::optional<SysMilliseconds> since;    ///< when it left the closed state
    std::string cause;                       ///< sentence of the last failure; empty when none is known
    std::optional<Milliseconds> next_probe;  ///< time until the next try may go, when open
  };

  /// A try that was let through. Gives its place back when it ends without a verdict (stopped on request, or
  /// failed for a reason that is not the server's). One thread; the breaker outlives it.
  class Try {
   public:
    ~Try();
    Try(const Try&) = delete;
    Try& operator=(const Try&) = delete;
    /// The server answered, whatever it said: 4xx and 429 too.
    void succeeded();
    /// `cause` is a sentence without secrets.
    void failed(const std::string& cause);

   private:
    friend class CircuitBreaker;
    Try(CircuitBreaker& breaker, std::uint64_t epoch, bool probe)
        : breaker_(breaker), epoch_(epoch), probe_(probe) {}

    CircuitBreaker& breaker_;
    const std::uint64_t epoch_;
    const bool probe_;
    bool judged_ = false;
  };

  /// `clock` outlives the breaker; `seed` feeds the jitter.
  CircuitBreaker(const CircuitSettings& settings, Clock& clock, std::uint64_t seed);

  /// Lets a try through, or throws Error PB1217 at once, with retry_after. `peer` is the origin, for the
  /// message.
  Try begin(const std::string& peer);
  Report report() const;

 private:
  struct Outcome {
    Milliseconds at;
    bool failed;
  };

  void note_success(const Try& attempt);
  void note_failure(const Try& attempt, const std::string& cause);
  void give_back(const Try& attempt);
  /// The rest is called with the mutex held.
  void record(Milliseconds now, bool failed);
  void open(Milliseconds now);
  void close();
  Milliseconds until_probe(Milliseconds now) const;
  Report report_at(Milliseconds now) const;

  const CircuitSettings settings_;
  Clock& clock_;
  mutable std::mutex mutex_;
  Backoff backoff_;
  std::deque<Outcome> window_;
  int failures_ = 0;  ///< in window_
  State state_ = State::closed;
  std::uint64_t epoch_ = 0;  ///< changes with the state; outcomes of tries of an earlier one say nothing new
  int openings_ = 0;         ///< in a row
  bool probing_ = false;
  Milliseconds probe_at_{0};
  std::optional<SysMilliseconds> since_;
  std::string cause_;
};

}  // namespace psabridge::net
