#include "core/plugin/plugin_file.h"

#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/base/error.h"
#include "core/base/text.h"

namespace psabridge::plugin {
namespace {

namespace fs = std::filesystem;

struct stat status_of(const fs::path& path, const fs::path& plugin_file) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    refuse(plugin_file, {},
           {"PB1101", "a readable file", std::strerror(errno), "check the path and its permissions"});
  return status;
}

void check_writers(const struct stat& status, const fs::path& path, const fs::path& plugin_file) {
  if (status.st_uid != 0 && status.st_uid != ::geteuid())
    refuse(plugin_file, {},
           {"PB1101", path.string() + " to belong to root or to the user that runs psabridge",
            "user id " + std::to_string(status.st_uid),
            "`chown root " + path.string() + "` if you trust the file"});
  if (status.st_mode & (S_IWGRP | S_IWOTH))
    refuse(
        plugin_file, {},
        {"PB1101", path.string() + " to be writable by its owner only",
         "that group or others may write to it", "`chmod go-w " + path.string() + "` if you trust the file"});
}

}  // namespace

void refuse(const fs::path& file, std::string_view plugin_id, const Ground& ground) {
  const std::string who = plugin_id.empty()
                              ? "The file " + file.string()
                              : "The plugin " + std::string(plugin_id) + " in the file " + file.string();
  throw Error(ground.code, who + " was not loaded: expected " + ground.expected + ", found " + ground.found +
                               "; " + ground.advice + ".");
}

void check_permissions(const fs::path& file) {
  std::error_code ignored;  // a broken path is reported by status_of
  const fs::path target = fs::weakly_canonical(file, ignored);
  const struct stat status = status_of(target, file);
  if (!S_ISREG(status.st_mode))
    refuse(file, {}, {"PB1101", "a regular file", "a folder, pipe or device", "name the plugin's .so file"});
  check_writers(status, target, file);
  check_writers(status_of(target.parent_path(), file), target.parent_path(), file);
}

std::vector<std::byte> read_bytes(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  std::vector<std::byte> bytes(stream ? static_cast<std::size_t>(stream.tellg()) : 0);
  stream.seekg(0);
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!stream)
    refuse(file, {},
           {"PB1101", "a readable file", "that it cannot be read", "check its permissions and the disk"});
  return bytes;
}

std::string sha256_hex(const std::vector<std::byte>& bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  ::SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return hexadecimal({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace psabridge::plugin
