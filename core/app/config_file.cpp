#include "core/app/config_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

#include "core/base/error.h"
#include "core/base/file.h"

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

/// Nobody else changes a file of the folder as long as the result lives.
Descriptor wait_for_turn(const fs::path& file) {
  Descriptor folder = open_folder_of(file);
  if (!folder || !lock(folder)) unwritable(file, errno);
  return folder;
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
  const bool written = descriptor && write_whole(descriptor, text) && take_after(descriptor.get(), model) &&
                       ::fsync(descriptor.get()) == 0 && ::rename(next.c_str(), file.c_str()) == 0 &&
                       ::fsync(folder.get()) == 0;
  if (written) return;
  const int reason = errno;
  ::unlink(next.c_str());
  unwritable(file, reason);
}

}  // namespace

FileChange change_file(const fs::path& path, const TextChange& change) {
  const fs::path file = real_file(path);
  const Descriptor folder = wait_for_turn(file);
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
