// The connector's settings, typed, and the names of Halo's rights.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "timestamp.h"

namespace psabridge::halo {

struct Settings {
  std::string url;       ///< of the tenant, no slash at the end
  std::string api_url;   ///< resource server, no slash at the end; `url`/api when not given
  std::string auth_url;  ///< authorisation server; empty: asked from the API
  std::string tenant;    ///< empty: the server knows it by its address
  std::string client_id;
  std::string client_secret;        ///< a reference, resolved at use
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
