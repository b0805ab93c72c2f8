// One connection to a server, directly or through a proxy, in plain text or TLS. Never waits without looking
// at the clock and at the caller's wish to end.
#pragma once
#include <Poco/Net/Context.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/net/url.h"

namespace psabridge::net {

/// How long somebody is ready to wait: until a time of the monotonic clock, or until `stop` is true (asked
/// every 50 ms).
struct Patience {
  Clock& clock;
  Milliseconds until;
  const std::function<bool()>& stop;

  /// Throws Error PB1410 when the caller wants to end, PB1201 when the time is over; `doing` completes
  /// "time-out while ...".
  void check(const Url& url, std::string_view doing) const;
};

/// The peer closed or reset the connection, or could not be reached at all. Code PB1201.
class ConnectionLost : public Error {
 public:
  explicit ConnectionLost(std::string message) : Error("PB1201", std::move(message)) {}
};

/// One thread at a time.
class Channel {
 public:
  /// Connects: name lookup (the system's resolver keeps its own time limit), each address in turn, the
  /// proxy's tunnel, TLS. `patience` bounds all of it. `context` is used for https only. Throws Error PB1201,
  /// PB1213, PB1214, PB1410.
  Channel(const Url& url, const std::optional<Proxy>& proxy, const Poco::Net::Context::Ptr& context,
          const Patience& patience);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  void send(std::string_view bytes, const Patience& patience);
  /// At least one byte, or 0 at the end of the stream.
  std::size_t receive(char* into, std::size_t size, const Patience& patience);
  /// False when a kept connection has something to say although nobody asked: it was closed meanwhile.
  bool quiet() const;

 private:
  void connect(const Url& peer, const Patience& patience);
  void connect_address(const Poco::Net::SocketAddress& address, const Patience& patience);
  void open_tunnel(const Proxy& proxy, const Patience& patience);
  void start_tls(const Poco::Net::Context::Ptr& context, const Patience& patience);
  void wait(short events, std::string_view doing, const Patience& patience) const;

  const Url url_;
  Poco::Net::StreamSocket socket_;
};

}  // namespace psabridge::net
