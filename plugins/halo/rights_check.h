// What the signed-in application may see: a look at one row of each list that pipelines read.
#pragma once
#include <optional>
#include <psabridge/plugin.hpp>
#include <span>
#include <string>
#include <string_view>

#include "entities.h"
#include "probe.h"
#include "session.h"
#include "settings.h"

namespace psabridge::halo {

/// Tells findings named "scope" (one per entity) and "visibility". One thread, used once.
class RightsCheck {
 public:
  RightsCheck(const Settings& settings, Session& session, sdk::Findings& findings)
      : settings_(settings), session_(session), findings_(findings) {}

  /// Throws Failure(cancelled) only; a list that cannot be read is a finding.
  void look_at_lists(std::span<const std::string_view> entities, const std::string& agent);
  /// Whether what one record names can be seen as well. Throws Failure.
  void look_behind_a_ticket();

 private:
  void look_at(std::string_view name);
  void look_at_notes(const Entity& entity);
  void look_at_custom_fields();
  void judge(const Entity& entity, const Probe& probe);
  void refuse(const Entity& entity, int status);
  void suspect(const Entity& entity);
  /// Asked once, for tickets and what hangs on them.
  const Probe& tickets();
  std::string fix_for(const Entity& entity) const;

  const Settings& settings_;
  Session& session_;
  sdk::Findings& findings_;
  std::string agent_;
  std::optional<Probe> tickets_;
  bool clients_hidden_ = false;  // all of them, and told
};

}  // namespace psabridge::halo
