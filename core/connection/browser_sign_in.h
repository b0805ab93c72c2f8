// One sign-in of a person in a browser: authorization code with PKCE (RFC 7636, S256) and a one-time state.
#pragma once
#include <map>
#include <string>

#include "core/base/clock.h"
#include "core/connection/sign_in.h"

namespace psabridge::connection {

/// The longest that a person may take.
constexpr Milliseconds kBrowserPatience = std::chrono::minutes{10};

/// Made for one attempt and used once. Not thread-safe.
class BrowserSignIn {
 public:
  /// `sign_in` is of the grant authorization_code; both outlive the attempt.
  BrowserSignIn(const SignIn& sign_in, Clock& clock);

  /// Where the browser has to go.
  const std::string& url() const noexcept { return url_; }
  /// What TokenEndpoint::exchange needs beside the code. Secret.
  const std::string& verifier() const noexcept { return verifier_; }
  /// The code in the query with which the browser came back to the redirect URI. Throws Error PB1904 when the
  /// server or the person refused, PB1905 when the query does not belong to this attempt, comes a second time
  /// or too late.
  std::string code(const std::map<std::string, std::string>& query);

 private:
  const SignIn& sign_in_;
  Clock& clock_;
  const Milliseconds until_;  ///< monotonic
  std::string state_;         ///< empty: spent
  std::string verifier_;
  std::string url_;
};

}  // namespace psabridge::connection
