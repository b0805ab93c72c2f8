// The server's side of TLS: one certificate, which may change while everything runs.
#pragma once
#include <openssl/ssl.h>

#include <filesystem>
#include <memory>
#include <mutex>

#include "core/net/wire.h"

namespace psabridge::net {

/// TLS 1.2 or newer, ciphers with forward secrecy and authentication only, in the server's order.
/// Thread-safe.
class ServerTls {
 public:
  /// PEM files: the whole chain, and the key without a passphrase. Throws Error PB2202.
  ServerTls(std::filesystem::path certificate, std::filesystem::path key);

  /// Reads the files again, for sessions from now on. Throws Error PB2202; the old ones then stay.
  void reload();
  /// For an accepted connection.
  TlsSession session(int descriptor) const;

 private:
  using Context = std::shared_ptr<SSL_CTX>;
  Context load() const;

  const std::filesystem::path certificate_, key_;
  mutable std::mutex mutex_;
  Context context_;
};

}  // namespace psabridge::net
