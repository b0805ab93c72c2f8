// How a connection signs in with OAuth, as its connector says it (docs/reference/sign-in.md).
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace psabridge::connection {

enum class Grant {
  client_credentials,  ///< RFC 6749, 4.4: the application signs in by itself
  authorization_code   ///< RFC 6749, 4.1 with PKCE (RFC 7636): a person agrees in a browser, once
};

struct SignIn {
  Grant grant = Grant::client_credentials;
  std::string token_url;
  std::string authorize_url;  ///< authorization_code only
  std::string client_id;
  std::string client_secret;  ///< a reference, resolved at use; empty: a public client
  std::vector<std::string> scopes;
  std::string redirect_uri;  ///< authorization_code only; compared letter by letter by the server
  std::vector<std::pair<std::string, std::string>> parameters;  ///< further ones of authorize_url
  std::map<std::string, std::string> advice;                    ///< by OAuth error code; "*": any other

  /// The scopes as requests carry them: separated by blanks.
  std::string scope_text() const;
  /// What an admin of this product does about an OAuth error; empty when the connector does not say.
  std::string_view advice_for(std::string_view oauth_error) const;
  /// Changes whenever a token that was got with it is of no use any more.
  std::string fingerprint() const;
};

/// Throws Error PB1901 naming what is wrong.
SignIn parse_sign_in(std::string_view json);

}  // namespace psabridge::connection
