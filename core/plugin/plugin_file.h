// A plugin's file before any of its code runs: who may have written it, what its bytes are.
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace psabridge::plugin {

/// Why a file is refused. The three texts continue "expected ..., found ...; ...".
struct Ground {
  std::string_view code;  ///< PB11xx
  std::string expected, found, advice;
};
/// Throws Error: one sentence with plugin (when its id is known already), file, expected, found and what to
/// do.
[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view plugin_id, const Ground& ground);

/// Throws Error PB1101 unless `file` is a regular file that, like its folder, belongs to root or the running
/// user and that nobody else may write to. Symbolic links are followed first.
void check_permissions(const std::filesystem::path& file);

/// The whole file. Throws Error PB1101 when it cannot be read.
std::vector<std::byte> read_bytes(const std::filesystem::path& file);

/// SHA-256 in lower-case hex.
std::string sha256_hex(const std::vector<std::byte>& bytes);

}  // namespace psabridge::plugin
