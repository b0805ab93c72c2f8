#include "core/app/secret_users.h"

#include <algorithm>

namespace psabridge::app {
namespace {

namespace json = boost::json;

bool names(const json::value& value, std::string_view reference) {
  if (const auto* text = value.if_string()) return std::string_view(*text) == reference;
  if (const auto* list = value.if_array())
    return std::ranges::any_of(*list, [&](const json::value& item) { return names(item, reference); });
  if (const auto* object = value.if_object())
    return std::ranges::any_of(*object, [&](const auto& member) { return names(member.value(), reference); });
  return false;
}

bool names(const config::Settings& settings, std::string_view reference) {
  return std::ranges::any_of(settings.values,
                             [&](const auto& member) { return names(member.value(), reference); });
}

bool names(const std::vector<config::RoleUse>& roles, std::string_view reference) {
  return std::ranges::any_of(roles, [&](const auto& role) { return names(role.settings, reference); });
}

bool names(const config::Connection& connection, std::string_view reference) {
  return connection.proxy == reference || names(connection.settings, reference);
}

bool names(const config::Pipeline& pipeline, std::string_view reference) {
  return names(pipeline.routing, reference) || names(pipeline.notify, reference) ||
         std::ranges::any_of(pipeline.dedup, [&](const auto& use) { return names(use.second, reference); }) ||
         std::ranges::any_of(pipeline.entities,
                             [&](const auto& use) { return names(use.filters, reference); });
}

}  // namespace

std::vector<std::string> users_of(const config::Config& config, std::string_view reference) {
  std::vector<std::string> users;
  for (const auto& connection : config.connections)
    if (names(connection, reference)) users.push_back("connections." + connection.name);
  for (const auto& pipeline : config.pipelines)
    if (names(pipeline, reference)) users.push_back("pipelines." + pipeline.name);
  return users;
}

}  // namespace psabridge::app
