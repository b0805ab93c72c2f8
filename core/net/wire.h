// One accepted connection as a stream of bytes, plain or TLS. Nothing here blocks.
#pragma once
#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/net/openssl_owner.h"

namespace psabridge::net {

using TlsSession = Owned<SSL, SSL_free>;

/// The socket is somebody else's, non-blocking, and outlives the wire. SIGPIPE must be ignored, as asio does.
/// One thread at a time.
///
/// OpenSSL works on the socket itself and gives its buffers back between two records, so that a connection
/// which waits costs little; a TLS stream of asio keeps 70 KB of its own.
class Wire {
 public:
  enum class Outcome : std::uint8_t {
    done,
    wants_read,   ///< again when the socket can be read
    wants_write,  ///< again when it can be written
    over          ///< the peer ended, or the connection is broken
  };
  struct Result {
    Outcome outcome;
    std::size_t size = 0;  ///< bytes, when done
  };

  /// `tls` is null for plain text.
  Wire(int descriptor, TlsSession tls) : descriptor_(descriptor), tls_(std::move(tls)) {}

  bool secure() const noexcept { return tls_ != nullptr; }
  Result shake_hands();
  /// True when the peer sent anything towards a handshake.
  bool handshake_begun() const;
  Result read(std::span<char> into);
  /// May take a part only.
  Result write(std::string_view bytes);
  /// Tells the peer that nothing more comes. What it still sends can be discarded.
  void end_sending();
  Result discard();

 private:
  Result outcome_of(int returned) const;

  const int descriptor_;
  const TlsSession tls_;
};

}  // namespace psabridge::net
