// Facts about the place where the store lives.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "core/base/clock.h"
#include "core/config/config.h"

namespace psabridge::doctor {

/// False until something was stored.
bool has_store(const config::Config& config);

struct Place {
  std::string_view file_system;  ///< "ext4", "nfs", ...; "unknown" for those that nobody needs to know
  bool remote = false;           ///< on a network: its locks and its durability cannot be trusted
  std::uint64_t free_bytes = 0;  ///< for this user
  std::uint64_t size_bytes = 0;
};
/// Throws Error PB1301 when the folder cannot be looked at.
Place place_of(const std::filesystem::path& folder);

/// How long the disk takes to make 4 KiB durable: the median of some tries with a file that has no name.
/// Throws Error PB1301 when the folder may not be written.
Milliseconds sync_time(const std::filesystem::path& folder, Clock& clock);

}  // namespace psabridge::doctor
