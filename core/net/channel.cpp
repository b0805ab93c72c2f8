#include "core/net/channel.h"

#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <poll.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <limits>

#include "core/net/http_message.h"
#include "core/net/resolver.h"
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

std::vector<SocketAddress> endpoints(const std::vector<Poco::Net::IPAddress>& addresses, std::uint16_t port) {
  std::vector<SocketAddress> endpoints;
  endpoints.reserve(addresses.size());
  for (const auto& address : addresses) endpoints.emplace_back(address, port);
  return endpoints;
}

}  // namespace

ProxyRefused proxy_sign_in_error(const Proxy& proxy) {
  return ProxyRefused(
      "The proxy " + proxy.url.origin() +
          (proxy.authorization.empty() ? " wants a sign-in (407): give user and password in `proxy`."
                                       : " does not accept the user and password given in `proxy` (407)."),
      kProxySignIn);
}

Channel::Channel(const Url& url, const Route& route, const Patience& patience) : url_(url) {
  if (route.proxy)
    connect_by(*route.proxy, route.allow_private, patience);
  else
    connect(url_.origin(), endpoints(look_up_permitted(url_, route.allow_private, patience), url_.port),
            patience);
}

Channel::~Channel() {
  try {
    socket_.close();
  } catch (const Poco::Exception&) {  // TLS may fail to say goodbye; the descriptor is closed all the same
  }
}

void Channel::connect_by(const Proxy& proxy, bool allow_private, const Patience& patience) {
  // Names are looked up by the proxy, but an address that is none of its business can be told here.
  if (needs_no_lookup(url_)) look_up_permitted(url_, allow_private, patience);
  connect("The proxy " + proxy.url.origin(),
          endpoints(look_up_permitted(proxy.url, true, patience), proxy.url.port), patience);
  if (url_.secure()) open_tunnel(proxy, patience);
}

void Channel::connect(const std::string& who, const std::vector<SocketAddress>& addresses,
                      const Patience& patience) {
  std::exception_ptr first_failure;  // that of the address which the system prefers
  for (std::size_t tried = 0; tried < addresses.size(); ++tried) {
    try {
      // An address that swallows packets must not use up the time of those after it.
      return connect_address(who, addresses[tried], patience.share_among(addresses.size() - tried));
    } catch (const Error& error) {
      if (error.error_class() != ErrorClass::transient) throw;
      if (!first_failure) first_failure = std::current_exception();
    }
  }
  std::rethrow_exception(first_failure);
}

void Channel::connect_address(const std::string& who, const SocketAddress& address,
                              const Patience& patience) {
  const bool shows_address = who.find(address.host().toString()) != std::string::npos;
  const std::string place = shows_address ? who : who + " (" + address.toString() + ")";
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
        place + " refused the connection: nothing listens there. Check host and port of the address.",
        ConnectionLost::Reason::refused);
  if (failure)
    throw ConnectionLost(place + " cannot be reached: " + std::strerror(failure) + ".",
                         ConnectionLost::Reason::unreachable);
  socket_.setNoDelay(true);
  address_ = address;
}

void Channel::open_tunnel(const Proxy& proxy, const Patience& patience) {
  const std::string peer = url_.host.find(':') == std::string::npos ? url_.host : "[" + url_.host + "]";
  const std::string place = peer + ":" + std::to_string(url_.port);
  std::string request = "CONNECT " + place + " HTTP/1.1\r\nHost: " + place + "\r\n";
  if (!proxy.authorization.empty()) request += "Proxy-Authorization: " + proxy.authorization + "\r\n";
  send(request + "\r\n", patience);
  const auto head = ResponseReader(*this, url_, patience, patience).read_head();
  if (head.status == kProxySignIn) throw proxy_sign_in_error(proxy);
  if (head.status / 100 != 2)
    throw ProxyRefused("The proxy " + proxy.url.origin() + " does not let " + place +
                           " through: it answered " + std::to_string(head.status) + ".",
                       head.status);
}

void Channel::secure(const Poco::Net::Context::Ptr& context, const Patience& patience) try {
  begin_handshake();
  auto secure = SecureStreamSocket::attach(socket_, url_.host, context);
  socket_ = secure;
  for (int result = secure.completeHandshake(); result != 1; result = secure.completeHandshake())
    wait(awaited(result, POLLIN), "making the TLS handshake with", patience);
  check_peer_name(secure, url_);
} catch (const Poco::Net::SSLConnectionUnexpectedlyClosedException&) {
  throw ConnectionLost(url_.origin() + " closed the connection during the TLS handshake.");
} catch (const Poco::Net::SSLException& failure) {
  if (explain_handshake(failure.message()).kind == HandshakeProblem::Kind::cut)
    throw ConnectionLost(url_.origin() + " closed the connection during the TLS handshake.");
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

bool Channel::quiet() const { return poll_once(descriptor(), POLLIN, Milliseconds{0}) == 0; }

int Channel::descriptor() const { return socket_.impl()->sockfd(); }

void Channel::wait(short events, std::string_view doing, const Patience& patience) const {
  do {
    patience.check(url_, doing);
  } while (poll_once(descriptor(), events, kStopInterval) <= 0);
}

}  // namespace psabridge::net
