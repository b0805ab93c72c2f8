#include "core/app/config_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

#include "core/base/descriptor.h"
#include "core/base/error.h"

namespace psabridge::app {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kModeOfNew = 0640;  // and what the umask takes away

[[noreturn]] void unwritable(const fs::path& file, int error) {
  throw Error("PB1603",
              file.string() + " cannot be written: " + std::generic_category().message(error) + ".");
}

/// Behind symbolic links, which stay.
fs::path real_file(const fs::path& file) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(fs::absolute(file), error);
  return error ? fs::absolute(file) : real;
}

Descriptor open_folder(const fs::path& file) {
  Descriptor folder(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) unwritable(file, errno);
  return folder;
}

void wait_for_turn(const Descriptor& folder, const fs::path& file) {
  while (::flock(folder.get(), LOCK_EX) != 0)
    if (errno != EINTR) unwritable(file, errno);
}

std::optional<std::string> text_of(const fs::path& file) {
  if (!fs::exists(file)) return std::nullopt;
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream || (!text && fs::file_size(file) > 0))
    throw Error("PB1001", file.string() + " cannot be read; look at its permissions.");
  return std::move(text).str();
}

bool write_whole(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// Only root may give a file to somebody else; for others the owner is the same already, or cannot be kept.
bool take_after(int descriptor, const fs::path& model) {
  struct stat status {};
  if (::stat(model.c_str(), &status) != 0) return errno == ENOENT;  // as it was made, then
  const bool owner_kept = ::fchown(descriptor, status.st_uid, status.st_gid) == 0 || errno == EPERM;
  return owner_kept && ::fchmod(descriptor, status.st_mode & 07777) == 0;
}

/// `file` gets the text at one stroke, with mode and owner of `model`.
void replace(const fs::path& file, std::string_view text, const fs::path& model, const Descriptor& folder) {
  const fs::path next = file.string() + ".new";
  ::unlink(next.c_str());  // of a command that was killed
  const Descriptor descriptor(::open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kModeOfNew));
  const bool written = descriptor && write_whole(descriptor.get(), text) &&
                       take_after(descriptor.get(), model) && ::fsync(descriptor.get()) == 0 &&
                       ::rename(next.c_str(), file.c_str()) == 0 && ::fsync(folder.get()) == 0;
  if (written) return;
  const int reason = errno;
  ::unlink(next.c_str());
  unwritable(file, reason);
}

}  // namespace

FileChange change_file(const fs::path& path, const TextChange& change) {
  const fs::path file = real_file(path);
  const Descriptor folder = open_folder(file);
  wait_for_turn(folder, file);
  const auto before = text_of(file);
  const std::string after = change(before);
  FileChange changed{file, std::nullopt};
  if (before) {
    changed.backup = file.string() + ".bak";
    replace(*changed.backup, *before, file, folder);
  }
  replace(file, after, file, folder);
  return changed;
}

void take_back(const FileChange& change) {
  const int status =
      change.backup ? ::rename(change.backup->c_str(), change.file.c_str()) : ::unlink(change.file.c_str());
  if (status != 0) unwritable(change.file, errno);
}

}  // namespace psabridge::app
