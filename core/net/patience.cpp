#include "core/net/patience.h"

#include <algorithm>

namespace psabridge::net {
namespace {

std::string in_words(Milliseconds span) {
  const auto count = span.count();
  return count % 1000 == 0 ? std::to_string(count / 1000) + " s" : std::to_string(count) + " ms";
}

std::string sentence(const Deadline& deadline, const std::string& origin, const std::string& doing) {
  const std::string span = in_words(deadline.span);
  switch (deadline.limit) {
    case Limit::connect:
      return "Time-out: no connection to " + origin + " within " + span +
             " (the limit timeouts.connect), while " + doing + " it. " +
             "A firewall that drops packets looks like this: check host, port, firewall and proxy.";
    case Limit::first_byte:
      return "Time-out: " + origin + " took the request and sent no byte of an answer within " + span +
             " (the limit timeouts.first_byte). The server is overloaded, or something in between holds the "
             "answer back.";
    case Limit::total:
      break;
  }
  return "Time-out: the exchange with " + origin + " was not over within " + span +
         " (the limit timeouts.total), while " + doing + " it. The server or the line is too slow.";
}

}  // namespace

Patience Patience::starting_now(Clock& clock, const Stop& stop, Limit limit, Milliseconds span) {
  return {clock, stop, {limit, span, clock.monotonic() + span}};
}

Patience Patience::within(Limit limit, Milliseconds span) const {
  const Patience other = starting_now(clock, stop, limit, span);
  return other.deadline.until < deadline.until ? other : *this;
}

Patience Patience::share_among(std::size_t tasks) const {
  Patience share = *this;
  share.deadline.until = clock.monotonic() + left() / static_cast<Milliseconds::rep>(tasks);
  return share;
}

void Patience::check(const Url& url, std::string_view doing) const {
  if (stop && stop()) throw Error("PB1410", "Stopped on request while talking to " + url.origin() + ".");
  if (left() == Milliseconds{0}) throw TimedOut(sentence(deadline, url.origin(), std::string(doing)));
}

Milliseconds Patience::left() const { return std::max(deadline.until - clock.monotonic(), Milliseconds{0}); }

}  // namespace psabridge::net
