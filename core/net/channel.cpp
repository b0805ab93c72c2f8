#include "core/net/channel.h"

#include <Poco/Net/DNS.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <poll.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "core/base/text.h"
#include "core/net/http_message.h"
#include "core/net/tls.h"

namespace psabridge::net {
namespace {

using Poco::Net::SecureStreamSocket;
using Poco::Net::SocketAddress;

constexpr Milliseconds kStopInterval{50};

int poll_once(int descriptor, short events, Milliseconds span) {
  pollfd watched{descriptor, events, 0};
  return ::poll(&watched, 1, static_cast<int>(span.count()));
}

/// Non-blocking sockets of Poco answer -1 for "would block"; secure ones tell what TLS waits for.
short awaited(int result, short otherwise) {
  return result == SecureStreamSocket::ERR_SSL_WANT_WRITE ? short{POLLOUT} : otherwise;
}

int io_size(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

std::vector<Poco::Net::IPAddress> look_up(const Url& peer) try {
  // Poco's resolve() would ask for the name of an address, which nobody needs and which may take long.
  if (Poco::Net::IPAddress address; Poco::Net::IPAddress::tryParse(peer.host, address)) return {address};
  // RFC 6761: localhost is this machine, whatever a name server or a missing /etc/hosts says.
  if (equals_ignoring_case(peer.host, "localhost"))
    return {Poco::Net::IPAddress("127.0.0.1"), Poco::Net::IPAddress("::1")};
  auto addresses = Poco::Net::DNS::hostByName(peer.host).addresses();
  if (addresses.empty()) throw Poco::Net::NoAddressFoundException(peer.host);
  return addresses;
} catch (const Poco::Exception&) {
  throw Error("PB1201", "The name " + peer.host +
                            " cannot be found (DNS). Check its spelling in the configuration and the name "
                            "server of this machine.");
}

}  // namespace

void Patience::check(const Url& url, std::string_view doing) const {
  if (stop && stop()) throw Error("PB1410", "Stopped on request while talking to " + url.origin() + ".");
  if (clock.monotonic() >= until)
    throw Error("PB1201", "Time-out while " + std::string(doing) + " " + url.origin() +
                              ". The server is slow or a firewall drops the connection.");
}

Channel::Channel(const Url& url, const std::optional<Proxy>& proxy, const Poco::Net::Context::Ptr& context,
                 const Patience& patience)
    : url_(url) {
  connect(proxy ? proxy->url : url_, patience);
  if (!url_.secure()) return;
  if (proxy) open_tunnel(*proxy, patience);
  start_tls(context, patience);
}

Channel::~Channel() {
  try {
    socket_.close();
  } catch (const Poco::Exception&) {  // TLS may fail to say goodbye; the descriptor is closed all the same
  }
}

void Channel::connect(const Url& peer, const Patience& patience) {
  std::string failure;
  for (const auto& address : look_up(peer)) {
    try {
      connect_address(SocketAddress(address, peer.port), patience);
      return;
    } catch (const ConnectionLost& lost) {
      failure = lost.message();
    }
  }
  throw ConnectionLost(failure);
}

void Channel::connect_address(const SocketAddress& address, const Patience& patience) {
  const std::string place = url_.host == address.host().toString()
                                ? url_.origin()
                                : url_.origin() + " (" + address.toString() + ")";
  socket_ = Poco::Net::StreamSocket();
  int failure = 0;
  try {
    socket_.connectNB(address);
    wait(POLLOUT, "connecting to", patience);
    failure = socket_.impl()->socketError();
  } catch (const Poco::Exception& refused) {
    failure = refused.code() ? refused.code() : ECONNREFUSED;
  }
  if (failure == ECONNREFUSED)
    throw ConnectionLost(
        place + " refused the connection: nothing listens there. Check host and port of the address.");
  if (failure) throw ConnectionLost(place + " cannot be reached: " + std::strerror(failure) + ".");
  socket_.setNoDelay(true);
}

void Channel::open_tunnel(const Proxy& proxy, const Patience& patience) {
  const std::string peer = url_.host.find(':') == std::string::npos ? url_.host : "[" + url_.host + "]";
  const std::string place = peer + ":" + std::to_string(url_.port);
  std::string request = "CONNECT " + place + " HTTP/1.1\r\nHost: " + place + "\r\n";
  if (!proxy.authorization.empty()) request += "Proxy-Authorization: " + proxy.authorization + "\r\n";
  send(request + "\r\n", patience);
  const auto head = ResponseReader(*this, url_, patience).read_head();
  if (head.status == 407)
    throw Error("PB1214", "The proxy " + proxy.url.origin() +
                              " wants a sign-in (407): give user and password in `proxy`.");
  if (head.status / 100 != 2)
    throw Error("PB1214", "The proxy " + proxy.url.origin() + " does not let " + place +
                              " through: it answered " + std::to_string(head.status) + ".");
}

void Channel::start_tls(const Poco::Net::Context::Ptr& context, const Patience& patience) try {
  begin_handshake();
  auto secure = SecureStreamSocket::attach(socket_, url_.host, context);
  socket_ = secure;
  for (int result = secure.completeHandshake(); result != 1; result = secure.completeHandshake())
    wait(awaited(result, POLLIN), "the TLS handshake with", patience);
  check_peer_name(secure, url_);
} catch (const Poco::Net::SSLConnectionUnexpectedlyClosedException&) {
  throw ConnectionLost(url_.origin() + " closed the connection during the TLS handshake.");
} catch (const Poco::Net::SSLException& failure) {
  throw handshake_error(url_, failure.message());
} catch (const Poco::Exception& failure) {
  throw ConnectionLost(url_.origin() +
                       " broke the connection during the TLS handshake: " + failure.displayText() + ".");
}

void Channel::send(std::string_view bytes, const Patience& patience) try {
  while (!bytes.empty()) {
    patience.check(url_, "sending to");
    const int sent = socket_.sendBytes(bytes.data(), io_size(bytes.size()));
    if (sent > 0)
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    else
      wait(awaited(sent, POLLOUT), "sending to", patience);
  }
} catch (const Poco::Exception&) {
  throw ConnectionLost(url_.origin() + " broke the connection while the request was sent.");
}

std::size_t Channel::receive(char* into, std::size_t size, const Patience& patience) try {
  for (;;) {
    patience.check(url_, "waiting for the answer of");
    const int received = socket_.receiveBytes(into, io_size(size));
    if (received >= 0) return static_cast<std::size_t>(received);
    wait(awaited(received, POLLIN), "waiting for the answer of", patience);
  }
} catch (const Poco::Exception&) {
  throw ConnectionLost(url_.origin() + " broke the connection before its answer was whole.");
}

bool Channel::quiet() const { return poll_once(socket_.impl()->sockfd(), POLLIN, Milliseconds{0}) == 0; }

void Channel::wait(short events, std::string_view doing, const Patience& patience) const {
  do {
    patience.check(url_, doing);
  } while (poll_once(socket_.impl()->sockfd(), events, kStopInterval) <= 0);
}

}  // namespace psabridge::net
