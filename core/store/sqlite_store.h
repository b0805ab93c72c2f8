// The store in one SQLite file.
#pragma once
#include <filesystem>
#include <memory>

#include "core/store/store.h"

namespace psabridge::store {

/// As open_reader and open_writer, for the file of a "sqlite:" address.
std::unique_ptr<Reader> open_sqlite_reader(const std::filesystem::path& file);
std::unique_ptr<Writer> open_sqlite_writer(const std::filesystem::path& file, Clock& clock,
                                           Durability durability);

}  // namespace psabridge::store
