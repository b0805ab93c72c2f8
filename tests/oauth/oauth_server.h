// The OAuth server of others, as a process beside the test.
#pragma once

#include <filesystem>
#include <string>

#include "tests/integration/process.h"
#include "tests/sandbox/certificates.h"

namespace psabridge::integration {

/// Serves HTTPS on loopback from construction to destruction. The test that uses it needs the CTest fixture
/// `oauth_server`, which installs the server.
class OAuthServer {
 public:
  /// Its certificate is made in `tls_folder`, or found there, as the sandbox's is: both can be trusted by one
  /// authority. Throws std::runtime_error with what the server said when it does not come up.
  explicit OAuthServer(const std::filesystem::path& tls_folder);

  const std::string& url() const { return url_; }                      ///< "https://localhost:41234"
  const std::string& authorize_url() const { return authorize_url_; }  ///< redirects at once, with a code
  const std::string& token_url() const { return token_url_; }
  const std::filesystem::path& ca_file() const { return tls_.ca; }  ///< whom a client has to trust

 private:
  sandbox::TlsFiles tls_;
  Folder folder_;
  Process process_;
  std::string url_, authorize_url_, token_url_;
};

}  // namespace psabridge::integration
