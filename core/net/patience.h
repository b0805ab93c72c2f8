// How long somebody is ready to wait: the time limits of a try, and the caller's wish to end.
#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/net/url.h"

namespace psabridge::net {

using Stop = std::function<bool()>;  ///< true when the caller wants to end

/// The three time limits of a try; each has its own sentence.
enum class Limit {
  connect,     ///< name lookup, TCP, the proxy's tunnel and the TLS handshake together
  first_byte,  ///< from the sent request to the first byte of the answer
  total        ///< all of a try
};

/// The time until which one limit lasts, and how long it was.
struct Deadline {
  Limit limit;
  Milliseconds span;
  Milliseconds until;  ///< of the monotonic clock
};

/// A time limit was exceeded. Code PB1201.
class TimedOut : public Error {
 public:
  explicit TimedOut(std::string message) : Error("PB1201", std::move(message)) {}
};

/// One thread. Clock and stop outlive it.
struct Patience {
  Clock& clock;
  const Stop& stop;
  Deadline deadline;

  static Patience starting_now(Clock& clock, const Stop& stop, Limit limit, Milliseconds span);
  /// The same caller under one limit more, which begins now: whichever of both ends first counts.
  Patience within(Limit limit, Milliseconds span) const;

  /// The same limit with its time divided by the tasks that are left: what the first of them may use.
  Patience share_among(std::size_t tasks) const;

  /// Throws Error PB1410 when the caller wants to end, TimedOut naming the limit when the time is over;
  /// `doing` completes "while ...".
  void check(const Url& url, std::string_view doing) const;
  Milliseconds left() const;
};

}  // namespace psabridge::net
