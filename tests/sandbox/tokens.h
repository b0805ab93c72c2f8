// The token endpoint: grants, codes, bearer tokens and the rotation of refresh tokens. Strict where servers
// differ: what is used twice ends everything that came of it.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/sandbox/application.h"
#include "tests/sandbox/faults.h"
#include "tests/sandbox/http_message.h"
#include "tests/sandbox/ticks.h"

namespace sandbox {

// A refusal in OAuth's terms.
struct OAuthError {
  int status = 400;
  std::string error;
  std::string description;
};

// What a code stands for.
struct CodeRequest {
  std::string redirect_uri;
  std::string challenge;  // PKCE, S256; empty: none was given
  std::string scope;
};

// The bits of scopes that are known and permitted. Throws OAuthError otherwise.
std::uint32_t granted_scope_bits(const Application& application, std::string_view text);

// Thread-safe.
class Tokens {
 public:
  Tokens(const Registration& registration, Faults& faults, const VirtualClock& clock);

  // POST /auth/token.
  void grant(const Request& request, Response& response);
  // A one-time code, for five minutes.
  std::string issue_code(const CodeRequest& request);
  // The scopes of whoever asks: by a live bearer token, or by the API key.
  std::optional<std::uint32_t> scopes_of(const Request& request) const;
  // Every code, access token, refresh token and id token that was ever given out: for tests that search for
  // them where they must not be.
  std::vector<std::string> issued() const;
  // Every access token.
  void revoke_access();
  // Every access token, refresh token and code: somebody withdrew the application's consent.
  void revoke_consent();

 private:
  // What was granted; tokens of one family come of one sign-in.
  struct Granted {
    std::string scope;
    std::uint32_t bits = 0;
    std::uint64_t family = 0;
  };
  struct Token {
    Granted granted;
    Ticks expires = 0;
  };
  struct RefreshToken {
    Granted granted;
    Ticks expires = 0;
    bool used = false;
  };
  struct Code {
    CodeRequest request;
    Ticks expires = 0;
    std::uint64_t family = 0;
    bool used = false;
  };

  void check_client(const Application& application, const Request& request, const Query& form);
  boost::json::object answer_grant(const Application& application, const Request& request);
  boost::json::object grant_to_client(const Application& application, const Query& form);
  boost::json::object grant_for_code(const Application& application, const Query& form);
  boost::json::object grant_refreshed(const Application& application, const Query& form);
  RefreshToken& usable_refresh_token(std::string_view text);
  Code& redeemable_code(const Query& form);

  // These want the lock held.
  boost::json::object first_tokens(const Application& application, const Granted& granted);
  boost::json::object access_token(const Granted& granted);
  std::string refresh_token(const Application& application, const Granted& granted);
  std::string new_secret();
  void end_family(std::uint64_t family);

  const Registration& registration_;
  Faults& faults_;
  const VirtualClock& clock_;
  mutable std::mutex mutex_;
  std::vector<std::string> issued_;
  std::uint64_t families_ = 0;
  std::unordered_map<std::string, Token> tokens_;
  std::unordered_map<std::string, RefreshToken> refresh_tokens_;
  std::unordered_map<std::string, Code> codes_;
};

}  // namespace sandbox
