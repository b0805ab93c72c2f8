// Halo's scopes, as bits: only what the sandbox's resources ask for has one of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sandbox {

enum Scope : std::uint32_t {
  kReadTickets = 1U << 0,
  kEditTickets = 1U << 1,
  kReadCustomers = 1U << 2,
  kEditCustomers = 1U << 3,
  kReadAssets = 1U << 4,
  kEditAssets = 1U << 5,
  kReadOther = 1U << 6,
  kEditOther = 1U << 7,
  kAdmin = 1U << 8,
  kOffline = 1U << 9,
  kAnyRead = kReadTickets | kReadCustomers | kReadAssets | kReadOther | kAdmin,
  kAllStandard = 0xff,
  kAll = kAllStandard | kAdmin,
};

// Nothing for a scope that does not exist.
std::optional<std::uint32_t> scope_bits(std::string_view name);
// The words of "read:tickets offline_access".
std::vector<std::string> scope_names(std::string_view text);

}  // namespace sandbox
