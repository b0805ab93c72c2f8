// Whether a tenant can be worked with: address, tenant, sign-in, agent, rights, limits, health. Only asks.
#pragma once
#include <psabridge/plugin.hpp>
#include <span>
#include <string_view>

#include "session.h"
#include "settings.h"

namespace psabridge::halo {

/// What is looked at.
struct Tenant {
  const sdk::Host& host;
  const Settings& settings;
  Session& session;
};

/// Looks at one thing after the other, in the order in which one needs the other, and tells each finding as
/// soon as it is known. What cannot be found out because of an earlier failure is skipped with that reason.
/// `entities`: those that pipelines read. Throws Failure(cancelled) only.
void check_tenant(const Tenant& tenant, std::span<const std::string_view> entities, sdk::Findings& findings);

}  // namespace psabridge::halo
