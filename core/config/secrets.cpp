#include "core/config/secrets.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/base/descriptor.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/config/config.h"

namespace psabridge::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnv = "env://", kFile = "file://", kSecret = "secret://";
constexpr std::size_t kMaxBytes = 64 << 10;
constexpr const char* kTooLarge = "is larger than 64 KiB, so it is no secret";

[[noreturn]] void refuse(std::string_view reference, const std::string& why) {
  throw Error("PB1010", "the secret " + std::string(reference) + " cannot be read: " + why);
}

/// What is wrong with the open file itself, or nothing. Asked of the descriptor, so that nobody swaps the
/// file in between.
std::string objection_to(int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return std::strerror(errno);
  if (!S_ISREG(status.st_mode)) return "it is no regular file";
  if (status.st_mode & S_IRWXO)
    return "every user of this machine may open it; take that away: chmod o= FILE";
  if (status.st_size > static_cast<off_t>(kMaxBytes)) return std::string("it ") + kTooLarge;
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
  if (!descriptor) refuse(reference, where + ": " + std::strerror(errno));
  if (const std::string objection = objection_to(descriptor.get()); !objection.empty())
    refuse(reference, where + ": " + objection);
  std::string text = read_all(descriptor.get(), reference, where);
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (const std::string objection = objection_to_secret(text); !objection.empty())
    refuse(reference, where + " " + objection);
  return text;
}

std::string env_text(std::string_view name, std::string_view reference) {
  const std::string where = "the environment variable " + std::string(name);
  const char* const value = std::getenv(std::string(name).c_str());
  if (!value) refuse(reference, where + " is not set for this process");
  if (const std::string objection = objection_to_secret(value); !objection.empty())
    refuse(reference, where + " " + objection);
  return value;
}

using References = std::set<std::string, std::less<>>;

void collect(const boost::json::value& value, References& references) {
  if (const auto* text = value.if_string(); text && is_secret_reference(*text)) references.emplace(*text);
  if (const auto* list = value.if_array())
    for (const auto& item : *list) collect(item, references);
  if (const auto* object = value.if_object())
    for (const auto& member : *object) collect(member.value(), references);
}

}  // namespace

References secret_references(const Settings& settings) {
  References references;
  for (const auto& member : settings.values) collect(member.value(), references);
  return references;
}

References secret_references(const Connection& connection) {
  References references = secret_references(connection.settings);
  for (const std::string& own : {connection.proxy, connection.webhook.secret})
    if (is_secret_reference(own)) references.insert(own);
  return references;
}

bool is_secret_name(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return !text.empty() && text.front() != '.' && std::ranges::all_of(text, is_plain);
}

std::optional<std::string_view> secret_name(std::string_view reference) {
  if (!reference.starts_with(kSecret) || !is_secret_name(reference.substr(kSecret.size())))
    return std::nullopt;
  return reference.substr(kSecret.size());
}

bool is_secret_reference(std::string_view text) {
  if (text.starts_with(kEnv)) return text.size() > kEnv.size() && text.find('=') == std::string_view::npos;
  if (text.starts_with(kFile)) return text.size() > kFile.size() + 1 && text[kFile.size()] == '/';
  return secret_name(text).has_value();
}

std::string objection_to_secret(std::string_view text) {
  if (text.empty()) return "is empty";
  if (text.size() > kMaxBytes) return kTooLarge;
  if (!is_utf8(text) || text.find('\0') != std::string_view::npos) return "holds bytes that are no text";
  return "";
}

/// systemd puts credentials into a folder of their own, which only the service can read.
std::optional<fs::path> credential_file(std::string_view name) {
  const char* const credentials = std::getenv("CREDENTIALS_DIRECTORY");
  if (!credentials || !*credentials) return std::nullopt;
  fs::path file = fs::path(credentials) / name;
  std::error_code error;
  return fs::exists(file, error) ? std::optional(std::move(file)) : std::nullopt;
}

fs::path secret_file(std::string_view name, const fs::path& folder) { return folder / "secrets" / name; }

std::string resolve_secret(std::string_view reference, const fs::path& folder) {
  if (!is_secret_reference(reference)) return std::string(reference);
  if (reference.starts_with(kEnv)) return env_text(reference.substr(kEnv.size()), reference);
  if (reference.starts_with(kFile)) return file_text(reference.substr(kFile.size()), reference);
  const std::string_view name = *secret_name(reference);
  return file_text(credential_file(name).value_or(secret_file(name, folder)), reference);
}

}  // namespace psabridge::config
