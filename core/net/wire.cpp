#include "core/net/wire.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace psabridge::net {
namespace {

/// Of a call of recv or send that would block with this outcome.
Wire::Result result_of(ssize_t size, Wire::Outcome waiting) {
  if (size >= 0) return {Wire::Outcome::done, static_cast<std::size_t>(size)};
  const bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {later ? waiting : Wire::Outcome::over};
}

/// What the socket has; over when that is its end.
Wire::Result receive(int descriptor, std::span<char> into) {
  const auto result = result_of(::recv(descriptor, into.data(), into.size(), 0), Wire::Outcome::wants_read);
  return result.outcome == Wire::Outcome::done && result.size == 0 ? Wire::Result{Wire::Outcome::over}
                                                                   : result;
}

int int_size(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

/// OpenSSL tells by the thread's error queue what went wrong, so each call begins with an empty one.
Wire::Result Wire::outcome_of(int returned) const {
  if (returned > 0) return {Outcome::done, static_cast<std::size_t>(returned)};
  switch (SSL_get_error(tls_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return {Outcome::wants_read};
    case SSL_ERROR_WANT_WRITE:
      return {Outcome::wants_write};
    default:
      return {Outcome::over};
  }
}

Wire::Result Wire::shake_hands() {
  ERR_clear_error();
  return outcome_of(SSL_accept(tls_.get()));
}

bool Wire::handshake_begun() const { return BIO_number_read(SSL_get_rbio(tls_.get())) > 0; }

Wire::Result Wire::read(std::span<char> into) {
  if (!tls_) return receive(descriptor_, into);
  ERR_clear_error();
  return outcome_of(SSL_read(tls_.get(), into.data(), int_size(into.size())));
}

Wire::Result Wire::write(std::string_view bytes) {
  if (!tls_)
    return result_of(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL), Outcome::wants_write);
  ERR_clear_error();
  return outcome_of(SSL_write(tls_.get(), bytes.data(), int_size(bytes.size())));
}

void Wire::end_sending() {
  if (tls_) {
    ERR_clear_error();
    SSL_shutdown(tls_.get());  // one try: the end of the socket's stream says the same, only less surely
  }
  ::shutdown(descriptor_, SHUT_WR);
}

Wire::Result Wire::discard() {
  std::array<char, 16 * 1024> nowhere;
  return receive(descriptor_, nowhere);
}

}  // namespace psabridge::net
