// How a tenant is signed in to: where its authorisation server is, and what the host has to know to get
// tokens there (docs/reference/sign-in.md).
#pragma once
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>

#include "entities.h"
#include "settings.h"

namespace psabridge::halo {

/// Where Halo shows what a connection needs, and where its rights are given.
inline constexpr std::string_view kApiDetails = "Configuration > Integrations > Halo API > API Details";
inline constexpr std::string_view kApplications =
    "Configuration > Integrations > Halo API > View Applications";

/// What Halo says of its servers to anybody who asks.
struct AuthInfo {
  std::string auth_url;   ///< without a slash at the end; never empty
  std::string tenant_id;  ///< empty: the server has but one tenant
};

/// `answer` is that of `url`. Throws Failure when Halo does not answer so.
AuthInfo read_auth_info(const sdk::HttpResponse& answer, const std::string& url, Milliseconds now);

/// `auth_url` is the Authorisation Server, with or without "/token".
std::string token_url(const Settings& settings, std::string_view auth_url);
std::string authorize_url(std::string_view auth_url);
/// What goes into the query of authorize_url beside OAuth's own.
Query authorize_parameters(const Settings& settings);
/// The scopes to ask for: a sign-in with a browser has to last, so it asks for a refresh token as well.
std::vector<std::string> asked_scopes(const Settings& settings);
/// What an admin of Halo does about an OAuth error, by its code; the last, "*", is for any other.
Query advice(const Settings& settings);
/// All of it as the host takes it.
std::string sign_in_text(const Settings& settings, std::string_view auth_url);

}  // namespace psabridge::halo
