// A certificate authority and a server certificate for loopback, made on the spot.
#pragma once

#include <filesystem>

namespace sandbox {

struct TlsFiles {
  std::filesystem::path ca;           // for clients
  std::filesystem::path certificate;  // the server's, for localhost, 127.0.0.1 and ::1
  std::filesystem::path key;
};

// Makes the files in `directory` (created when missing), or takes those of an earlier call, so that a client
// that trusts the CA goes on trusting it. Throws std::runtime_error with OpenSSL's reason.
TlsFiles make_certificates(const std::filesystem::path& directory);

}  // namespace sandbox
