#include "tests/sandbox/resources.h"

#include <algorithm>
#include <vector>

#include "tests/sandbox/scopes.h"

namespace sandbox {
namespace {

std::vector<Resource> all_resources() {
  using enum ResourceKind;
  std::vector<Resource> all = {
      {"client", rows, "clients", kReadCustomers, kEditCustomers, 100, Entity::client},
      {"site", rows, "sites", kReadCustomers, kEditCustomers, 100, Entity::site},
      {"users", rows, "users", kReadCustomers, kEditCustomers, 100, Entity::contact},
      {"agent", rows, "", kAnyRead, kAdmin, 100, Entity::agent},
      {"team", rows, "", kAnyRead, kAdmin, 100, Entity::team},
      {"tickets", rows, "tickets", kReadTickets, kEditTickets, 100, Entity::ticket},
      {"asset", rows, "assets", kReadAssets, kEditAssets, 50, Entity::asset},
      {"actions", actions, "actions", kReadTickets, kEditTickets},
      {"webhook", webhooks, "", kAdmin, kAdmin},
      {"notification", webhooks, "", kAdmin, kAdmin},
      {"webhookevent", webhooks, "webhookevents", kAdmin, kAdmin},
      {"instanceinfo", instance_info, "", kAnyRead, kAdmin}};
  for (const Lookup& lookup : lookups()) {
    all.push_back({lookup.path, ResourceKind::lookup, "", kAnyRead, kAdmin, 100, Entity::client, &lookup});
  }
  return all;
}

}  // namespace

const Resource* resource_at(std::string_view path) {
  static const std::vector<Resource> all = all_resources();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Resource& resource) { return resource.path == path; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace sandbox
