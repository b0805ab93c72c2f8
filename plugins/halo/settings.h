// The connector's settings, typed, and the names of Halo's rights.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "timestamp.h"

namespace psabridge::halo {

/// How the API application is signed in to.
enum class Grant {
  client_credentials,  ///< as an application, with id and secret
  authorization_code,  ///< as an agent who agreed in a browser, once
  api_key              ///< with a key in each request, no OAuth
};

struct Settings {
  std::string url;       ///< of the tenant, no slash at the end
  std::string api_url;   ///< resource server, no slash at the end; `url`/api when not given
  std::string auth_url;  ///< authorisation server; empty: asked from the API
  std::string tenant;    ///< empty: the server knows it by its address
  Grant grant = Grant::client_credentials;
  std::string client_id;            ///< empty for an API key
  std::string client_secret;        ///< a reference, resolved at use; may be empty for authorization_code
  std::string redirect_uri;         ///< authorization_code: where the browser is sent back to
  std::string api_key;              ///< api_key: a reference, resolved at use
  std::vector<std::string> scopes;  ///< Halo's own names
  Milliseconds overlap = 0;         ///< how far a look for changes reaches back before the last one
};

/// `json` has passed the settings schema. Throws sdk::Failure(invalid) for what a schema cannot say.
Settings read_settings(std::string_view json);

/// The scopes as the token request takes them: separated by blanks.
std::string scope_text(const Settings& settings);

/// Halo's names for a list of scopes: names of other products' guides ("read:clients") are translated, each
/// comes once. Throws sdk::Failure(invalid) naming the scopes that Halo does not have, with what comes
/// nearest.
std::vector<std::string> real_scopes(const std::vector<std::string>& scopes);

}  // namespace psabridge::halo
