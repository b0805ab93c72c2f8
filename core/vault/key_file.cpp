#include "core/vault/key_file.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

#include "core/base/error.h"
#include "core/base/file.h"

namespace psabridge::vault {
namespace {

namespace fs = std::filesystem;

constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL;
constexpr std::size_t kLine =
    sodium_base64_ENCODED_LEN(Key::kSize, kBase64);  // with a line end in place of NUL
constexpr std::size_t kMostBytes = 128;              // room for line ends and blanks that an editor added

/// Memory like a key's own for its text.
using KeyText = std::unique_ptr<char, decltype(&sodium_free)>;
KeyText key_text(std::size_t size) {
  KeyText text(static_cast<char*>(sodium_malloc(size)), sodium_free);
  if (!text) throw Error("PB1808", "There is no memory left for a key.");
  return text;
}

std::string system_message(int error) { return std::generic_category().message(error); }

[[noreturn]] void unreadable(const std::string& what, const std::string& why) {
  throw Error("PB1802", "The vault cannot be opened: " + what + " " + why + ".");
}

[[noreturn]] void unwritable(const fs::path& file, int error) {
  throw Error("PB1806",
              "The vault's key file " + file.string() + " cannot be written: " + system_message(error) + ".");
}

/// Asked of the descriptor, so that nobody swaps the file in between.
void check_owner(int descriptor, const std::string& what, unsigned others) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) unreadable(what, "cannot be read: " + system_message(errno));
  if (!S_ISREG(status.st_mode)) unreadable(what, "is no regular file");
  if (status.st_mode & others)
    throw Error("PB1804", "Others than its owner may read " + what + ": chmod 600 takes that away.");
  if (status.st_uid != geteuid() && status.st_uid != 0 && geteuid() != 0)
    throw Error("PB1804", "The owner of " + what + " is user " + std::to_string(status.st_uid) +
                              ", and psabridge runs as user " + std::to_string(geteuid()) + ".");
}

/// Bytes read, at most `size`.
std::size_t read_up_to(int descriptor, char* bytes, std::size_t size, const std::string& what) {
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t count = ::read(descriptor, bytes + filled, size - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) unreadable(what, "cannot be read: " + system_message(errno));
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

}  // namespace

Key read_key(const fs::path& file, const std::string& what, unsigned others) {
  const Descriptor descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!descriptor) unreadable(what, "cannot be read: " + system_message(errno));
  check_owner(descriptor.get(), what, others);
  const KeyText text = key_text(kMostBytes);
  const std::size_t size = read_up_to(descriptor.get(), text.get(), kMostBytes, what);
  Key key;
  std::size_t decoded = 0;
  const char* end = nullptr;
  const int status =
      sodium_base642bin(key.bytes().data(), Key::kSize, text.get(), size, " \t\r\n", &decoded, &end, kBase64);
  if (status != 0 || decoded != Key::kSize || end != text.get() + size)
    unreadable(what, "holds no key (32 bytes as base64)");
  return key;
}

Key KeyFile::read() const { return read_key(file_, "the key file " + file_.string(), S_IRWXG | S_IRWXO); }

bool KeyFile::exists() const {
  std::error_code ignored;
  return fs::exists(file_, ignored);
}

Descriptor KeyFile::lock() const {
  Descriptor folder = open_folder_of(file_);
  if (!folder || !psabridge::lock(folder)) unwritable(file_, errno);
  return folder;
}

void KeyFile::stage(const Key& key) const {
  const fs::path file = staged();
  if (unlink(file.c_str()) != 0 && errno != ENOENT) unwritable(file, errno);  // of a rotation that was killed
  const Descriptor descriptor(open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!descriptor) unwritable(file, errno);
  const KeyText line = key_text(kLine);
  sodium_bin2base64(line.get(), kLine, key.bytes().data(), Key::kSize, kBase64);
  line.get()[kLine - 1] = '\n';
  if (!write_whole(descriptor, {line.get(), kLine}) || fsync(descriptor.get()) != 0) unwritable(file, errno);
}

void KeyFile::publish() const {
  const Descriptor folder = open_folder_of(file_);
  if (!folder || rename(staged().c_str(), file_.c_str()) != 0 || fsync(folder.get()) != 0)
    unwritable(file_, errno);
}

}  // namespace psabridge::vault
