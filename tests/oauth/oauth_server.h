// The OAuth server of others, as a process beside the test.
#pragma once

#include <filesystem>
#include <string>

#include "tests/integration/process.h"

namespace psabridge::integration {

/// Serves HTTPS on loopback from construction to destruction. The test that uses it needs the CTest fixture
/// `oauth_server`, which installs the server.
class OAuthServer {
 public:
  /// Throws std::runtime_error with what the server said when it does not come up.
  OAuthServer();

  const std::string& url() const { return url_; }                      ///< "https://localhost:41234"
  const std::string& authorize_url() const { return authorize_url_; }  ///< redirects at once, with a code
  const std::string& token_url() const { return token_url_; }
  std::filesystem::path ca_file() const;  ///< whom a client has to trust

 private:
  Folder folder_;
  Process process_;
  std::string url_, authorize_url_, token_url_;
};

}  // namespace psabridge::integration
