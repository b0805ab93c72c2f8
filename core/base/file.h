// Steps of writing a file so that a crash leaves the old one or the new one, whole.
#pragma once
#include <filesystem>
#include <string_view>

#include "core/base/descriptor.h"

namespace psabridge {

// Each tells by false, or by an empty descriptor, that it failed; errno says why.

/// Every byte, however many calls that takes.
bool write_whole(const Descriptor& file, std::string_view bytes) noexcept;
/// The folder that holds `file`, for lock() and for fsync(2) after a rename.
Descriptor open_folder_of(const std::filesystem::path& file);
/// Waits until no other process holds the lock; it is held until the descriptor is closed. A lock on a folder
/// leaves nothing behind.
bool lock(const Descriptor& descriptor) noexcept;

}  // namespace psabridge
