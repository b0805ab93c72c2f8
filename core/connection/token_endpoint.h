// The authorisation server's token endpoint (RFC 6749): grants, and what its refusals mean.
#pragma once
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/redactor.h"
#include "core/connection/sign_in.h"
#include "core/net/http_client.h"
#include "core/net/query.h"
#include "core/vault/secrets.h"

namespace psabridge::connection {

/// What a grant gave.
struct Tokens {
  std::string access;
  std::string refresh;  ///< empty: none was given
  std::string scopes;   ///< granted ones, separated by blanks; empty: the server does not say
  SysMilliseconds granted_at{}, expires_at{};
};

/// Thrown when the server refuses a grant (HTTP 4xx with an OAuth error).
class Refused : public Error {
 public:
  Refused(std::string_view code, std::string message, std::string oauth_error)
      : Error(code, std::move(message)), oauth_error_(std::move(oauth_error)) {}
  /// "invalid_grant", ...; may be empty.
  const std::string& oauth_error() const noexcept { return oauth_error_; }

 private:
  std::string oauth_error_;
};

/// Thread-safe. Secrets and tokens are made known to the redactor before they are sent or returned.
class TokenEndpoint {
 public:
  /// Everything referred to outlives the endpoint.
  TokenEndpoint(net::HttpClient& client, vault::Secrets& secrets, Redactor& redactor, Clock& clock)
      : client_(client), secrets_(secrets), redactor_(redactor), clock_(clock) {}

  // Each throws Refused (PB1203), Error PB1207 when the address is no token endpoint, PB1205 and PB1206 when
  // the server cannot now, PB1010 when the client's secret cannot be read, and what HttpClient throws.
  Tokens client_credentials(const SignIn& sign_in, const net::Stop& stop);
  /// The code that a browser brought, with the verifier of its challenge.
  Tokens exchange(const SignIn& sign_in, std::string_view code, std::string_view verifier,
                  const net::Stop& stop);
  /// A server that gives no new refresh token lets the old one live: it is kept.
  Tokens refresh(const SignIn& sign_in, std::string_view refresh_token, const net::Stop& stop);

 private:
  Tokens post(const SignIn& sign_in, net::QueryParameters form, const net::Stop& stop);
  void add_client(const SignIn& sign_in, net::QueryParameters& form);

  net::HttpClient& client_;
  vault::Secrets& secrets_;
  Redactor& redactor_;
  Clock& clock_;
};

}  // namespace psabridge::connection
