#include "core/config/secrets.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "core/base/error.h"
#include "core/base/text.h"

namespace psabridge::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnv = "env://", kFile = "file://", kSecret = "secret://";
constexpr off_t kMaxBytes = 64 << 10;

[[noreturn]] void refuse(std::string_view reference, const std::string& why) {
  throw Error("PB1010", "the secret " + std::string(reference) + " cannot be read: " + why);
}

/// A file name that stays in its folder.
bool is_plain_name(std::string_view name) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return !name.empty() && name.front() != '.' && std::ranges::all_of(name, is_plain);
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  operator int() const { return number_; }

 private:
  int number_;
};

/// What is wrong with the open file itself, or nothing. Asked of the descriptor, so that nobody swaps the
/// file in between.
std::string objection_to(int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return std::strerror(errno);
  if (!S_ISREG(status.st_mode)) return "it is no regular file";
  if (status.st_mode & S_IRWXO)
    return "every user of this machine may open it; take that away: chmod o= FILE";
  if (status.st_size > kMaxBytes) return "it is larger than 64 KiB, so it is no secret";
  return "";
}

std::string read_all(int descriptor, std::string_view reference, const std::string& where) {
  std::string text;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t count = read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse(reference, where + ": " + std::strerror(errno));
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

/// O_NONBLOCK: a pipe in the place of the file is refused, not waited for.
std::string file_text(const fs::path& file, std::string_view reference) {
  const std::string where = "the file " + file.string();
  const Descriptor descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor < 0) refuse(reference, where + ": " + std::strerror(errno));
  if (const std::string objection = objection_to(descriptor); !objection.empty())
    refuse(reference, where + ": " + objection);
  std::string text = read_all(descriptor, reference, where);
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) refuse(reference, where + " is empty");
  return text;
}

std::string env_text(std::string_view name, std::string_view reference) {
  const char* const value = std::getenv(std::string(name).c_str());
  if (!value)
    refuse(reference, "the environment variable " + std::string(name) + " is not set for this process");
  if (!*value) refuse(reference, "the environment variable " + std::string(name) + " is empty");
  return value;
}

/// systemd puts credentials into a folder of their own, which only the service can read.
fs::path file_of_name(std::string_view name, const fs::path& folder) {
  std::error_code error;
  if (const char* const credentials = std::getenv("CREDENTIALS_DIRECTORY"); credentials && *credentials)
    if (const fs::path file = fs::path(credentials) / name; fs::exists(file, error)) return file;
  return folder / "secrets" / name;
}

std::string checked_text(std::string text, std::string_view reference) {
  if (!is_utf8(text) || text.find('\0') != std::string::npos)
    refuse(reference, "it holds bytes that are no text");
  return text;
}

}  // namespace

bool is_secret_reference(std::string_view text) {
  if (text.starts_with(kEnv)) return text.size() > kEnv.size() && text.find('=') == std::string_view::npos;
  if (text.starts_with(kFile)) return text.size() > kFile.size() + 1 && text[kFile.size()] == '/';
  return text.starts_with(kSecret) && is_plain_name(text.substr(kSecret.size()));
}

std::string resolve_secret(std::string_view reference, const fs::path& folder) {
  if (!is_secret_reference(reference)) return std::string(reference);
  if (reference.starts_with(kEnv))
    return checked_text(env_text(reference.substr(kEnv.size()), reference), reference);
  if (reference.starts_with(kFile))
    return checked_text(file_text(reference.substr(kFile.size()), reference), reference);
  return checked_text(file_text(file_of_name(reference.substr(kSecret.size()), folder), reference),
                      reference);
}

}  // namespace psabridge::config
