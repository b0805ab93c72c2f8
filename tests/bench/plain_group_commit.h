// The yardstick of the intake of webhooks: the least that any program must do to have many callers' rows on
// the disk before it answers them, and what the disk itself takes for that.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace psabridge::bench {

/// Writes the rows into a file of SQLite, which is made when it is missing: so many threads hand one row
/// after the other to one writer and wait until it is committed. The writer puts what waits into one
/// transaction, at most 256 rows; WAL, synchronous=FULL, `id INTEGER PRIMARY KEY` and a blob. Returns the
/// time from the first row to the last commit. Throws std::runtime_error.
std::chrono::duration<double> commit_in_groups(const std::filesystem::path& file,
                                               const std::vector<std::string>& rows, std::size_t producers);

/// Times of `count` appends of 8 KB, each followed by fdatasync, in ms, ascending.
std::vector<double> append_times(const std::filesystem::path& file, std::size_t count);

}  // namespace psabridge::bench
