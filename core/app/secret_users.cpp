#include "core/app/secret_users.h"

#include <algorithm>

#include "core/config/secrets.h"

namespace psabridge::app {
namespace {

bool names(const config::Settings& settings, std::string_view reference) {
  return config::secret_references(settings).contains(reference);
}

template <class Use>
bool names(const std::vector<Use>& roles, std::string_view reference) {
  return std::ranges::any_of(roles, [&](const auto& role) { return names(role.settings, reference); });
}

bool names(const config::Pipeline& pipeline, std::string_view reference) {
  return names(pipeline.routing, reference) || names(pipeline.shadow, reference) ||
         names(pipeline.notify, reference) ||
         std::ranges::any_of(pipeline.dedup, [&](const auto& use) { return names(use.second, reference); }) ||
         std::ranges::any_of(pipeline.entities,
                             [&](const auto& use) { return names(use.filters, reference); });
}

}  // namespace

std::vector<std::string> users_of(const config::Config& config, std::string_view reference) {
  std::vector<std::string> users;
  for (const auto& connection : config.connections)
    if (config::secret_references(connection).contains(reference))
      users.push_back("connections." + connection.name);
  for (const auto& pipeline : config.pipelines)
    if (names(pipeline, reference)) users.push_back("pipelines." + pipeline.name);
  return users;
}

}  // namespace psabridge::app
