#include "core/store/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "core/base/error.h"

namespace psabridge::store {
namespace {

[[noreturn]] void refuse(std::string_view code, const std::string& store, const std::string& why) {
  throw Error(code, "The store " + store + " cannot be opened for writing: " + why + ".");
}

std::string system_message(int error) { return std::generic_category().message(error); }

std::string holder_of(int descriptor) {
  char text[32] = {};
  const ssize_t size = pread(descriptor, text, sizeof text - 1, 0);
  std::string holder(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!holder.empty() && holder.back() == '\n') holder.pop_back();
  return holder;
}

bool write_holder(int descriptor) {
  const std::string text = std::to_string(getpid()) + "\n";
  return ftruncate(descriptor, 0) == 0 &&
         pwrite(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

}  // namespace

LockFile::LockFile(const std::filesystem::path& store) {
  const std::string path = store.string() + ".lock";
  descriptor_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0)
    refuse("PB1301", store.string(), "its lock file " + path + ": " + system_message(errno));
  const bool locked = flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
  const int error = errno;
  const std::string holder = holder_of(descriptor_);
  was_left_behind_ = !holder.empty();
  if (locked && write_holder(descriptor_)) return;
  const int write_error = errno;
  close(descriptor_);
  if (locked)
    refuse(write_error == ENOSPC ? "PB1304" : "PB1301", store.string(),
           path + ": " + system_message(write_error));
  if (error != EWOULDBLOCK)
    refuse("PB1301", store.string(), "locking " + path + ": " + system_message(error));
  refuse("PB1302", store.string(),
         "process " + (holder.empty() ? "(unknown)" : holder) + " is writing to it");
}

LockFile::~LockFile() {
  // When this fails the next writer checks the store once more than needed.
  [[maybe_unused]] const int ignored = ftruncate(descriptor_, 0);
  close(descriptor_);
}

}  // namespace psabridge::store
