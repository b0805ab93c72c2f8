// One connection to a server, directly or through a proxy, in plain text or TLS. Never waits without looking
// at the clock and at the caller's wish to end.
#pragma once
#include <Poco/Net/Context.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/net/patience.h"
#include "core/net/url.h"

namespace psabridge::net {

/// The peer closed or reset the connection, or could not be reached at all. Code PB1201.
class ConnectionLost : public Error {
 public:
  enum class Reason { refused, unreachable, broken };
  explicit ConnectionLost(std::string message, Reason why = Reason::broken)
      : Error("PB1201", std::move(message)), reason(why) {}

  const Reason reason;
};

/// The status with which a proxy asks for user and password.
constexpr int kProxySignIn = 407;

/// The proxy answered the request for a tunnel with another status than 2xx. Code PB1214.
class ProxyRefused : public Error {
 public:
  ProxyRefused(std::string message, int answered) : Error("PB1214", std::move(message)), status(answered) {}

  const int status;
};

/// What a 407 of the proxy means: no sign-in was given, or a wrong one.
ProxyRefused proxy_sign_in_error(const Proxy& proxy);

/// How a server is reached.
struct Route {
  std::optional<Proxy> proxy = {};
  bool allow_private = false;  ///< the server may stand in a private network or be this machine
};

/// One thread at a time.
class Channel {
 public:
  /// Connects: name lookup, the check of the addresses found, each permitted address in turn, the proxy's
  /// tunnel for https. The proxy itself may stand in a private network. `patience` bounds all of it. Throws
  /// Error PB1201, PB1214, PB1216, PB1410.
  Channel(const Url& url, const Route& route, const Patience& patience);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Goes over to TLS and checks whom it talks to. Throws Error PB1201, PB1213, PB1410.
  void secure(const Poco::Net::Context::Ptr& context, const Patience& patience);
  void send(std::string_view bytes, const Patience& patience);
  /// At least one byte, or 0 at the end of the stream.
  std::size_t receive(char* into, std::size_t size, const Patience& patience);
  /// False when a kept connection has something to say although nobody asked: it was closed meanwhile.
  bool quiet() const;
  /// Waits for `events` of poll(2) on the descriptor; `doing` completes "while ...".
  void wait(short events, std::string_view doing, const Patience& patience) const;
  int descriptor() const;
  /// The address that the connection goes to: the proxy's when there is one.
  std::string address() const { return address_.toString(); }

 private:
  void connect_by(const Proxy& proxy, bool allow_private, const Patience& patience);
  void connect(const std::string& who, const std::vector<Poco::Net::SocketAddress>& addresses,
               const Patience& patience);
  void connect_address(const std::string& who, const Poco::Net::SocketAddress& address,
                       const Patience& patience);
  void open_tunnel(const Proxy& proxy, const Patience& patience);

  const Url url_;
  Poco::Net::StreamSocket socket_;
  Poco::Net::SocketAddress address_;
};

}  // namespace psabridge::net
