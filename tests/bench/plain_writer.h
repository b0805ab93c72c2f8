// The yardstick of a full sync: the least that any program must do to write the same rows into SQLite.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace psabridge::bench {

struct Written {
  std::int64_t rows = 0;
  std::chrono::duration<double> elapsed{};  ///< of the writing alone
};

/// Writes the entity tables of a store, with the same columns and indexes, into a new file: SQLite's C API,
/// one prepared statement per table, 1,000 rows per transaction, WAL, synchronous=NORMAL. Rows are read into
/// memory beforehand, some thousands at a time, outside of the measured time. Throws std::runtime_error.
Written write_plainly(const std::filesystem::path& store, const std::filesystem::path& copy);

/// A number for everything in a store but the log of its runs: the same content, the same number.
std::uint64_t digest_of(const std::filesystem::path& store);

}  // namespace psabridge::bench
