// A client that sends exactly the bytes that a test wants, in plain text or TLS.
#pragma once
#include <openssl/ssl.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "core/net/openssl_owner.h"
#include "tests/faultproxy/sockets.h"

namespace psabridge::test {

/// Reads give up after 30 s, so that a test which waits in vain fails and does not hang. One thread.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, const std::string& host = "127.0.0.1");
  /// From a connection that is there already.
  explicit RawClient(Socket socket);

  /// Shakes hands, trusting everybody, with at most this version. False when that fails.
  bool start_tls(int newest = TLS1_3_VERSION);
  /// Names in the server's certificate: "DNS:localhost" without the "DNS:".
  std::string certified_name() const;
  std::string tls_version() const { return SSL_get_version(tls_.get()); }

  /// False when the server is gone.
  bool say(std::string_view bytes);
  /// A system call, and with luck a packet, for each byte.
  void say_bytewise(std::string_view bytes);
  void end_sending();
  void reset() { socket_.reset(); }

  /// One answer with the body that its Content-Length announces.
  std::string hear_answer();
  /// Up to the blank line: the answer to HEAD, or an interim one.
  std::string hear_head();
  /// Everything until the server ends the connection.
  std::string hear();
  /// True when something can be read within `milliseconds`: bytes or the end.
  bool hears_within(int milliseconds) const;

 private:
  bool receive();

  Socket socket_;
  net::Owned<SSL, SSL_free> tls_;
  std::string heard_;  ///< and not given away yet
};

/// "HTTP/1.1 200 OK\r\n..." -> 200; 0 when it is no answer.
int status_of(const std::string& answer);
/// What comes after the blank line.
std::string content_of(const std::string& answer);

}  // namespace psabridge::test
