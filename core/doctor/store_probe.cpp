#include "core/doctor/store_probe.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "core/base/descriptor.h"
#include "core/base/error.h"
#include "core/store/store.h"

namespace psabridge::doctor {
namespace {

constexpr int kSyncs = 5;
constexpr std::size_t kBlock = 4096;

struct FileSystem {
  long magic;
  std::string_view name;
  bool remote;
};
constexpr FileSystem kFileSystems[] = {{EXT4_SUPER_MAGIC, "ext4", false},
                                       {XFS_SUPER_MAGIC, "xfs", false},
                                       {BTRFS_SUPER_MAGIC, "btrfs", false},
                                       {TMPFS_MAGIC, "tmpfs", false},
                                       {OVERLAYFS_SUPER_MAGIC, "overlayfs", false},
                                       {NFS_SUPER_MAGIC, "nfs", true},
                                       {SMB_SUPER_MAGIC, "smb", true},
                                       {0xFE534D42, "smb2", true},
                                       {0xFF534D42, "cifs", true},
                                       {CEPH_SUPER_MAGIC, "ceph", true},
                                       {V9FS_MAGIC, "9p", true}};

[[noreturn]] void refuse(const std::filesystem::path& folder, const char* what) {
  throw Error("PB1301",
              "The folder " + folder.string() + " cannot be " + what + ": " + std::strerror(errno) + ".");
}

/// A file in the folder that nobody else sees. Not O_TMPFILE: some file systems do not have it.
Descriptor nameless_file(const std::filesystem::path& folder) {
  std::string name = (folder / ".psabridge-doctor-XXXXXX").string();
  Descriptor file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file) refuse(folder, "written");
  ::unlink(name.c_str());
  return file;
}

}  // namespace

bool has_store(const config::Config& config) {
  return std::filesystem::exists(store::sqlite_file_of(config.store));
}

Place place_of(const std::filesystem::path& folder) {
  struct statfs status {};
  if (::statfs(folder.c_str(), &status) != 0) refuse(folder, "looked at");
  const auto known = std::ranges::find(kFileSystems, status.f_type, &FileSystem::magic);
  const auto block = static_cast<std::uint64_t>(status.f_bsize);
  Place place{"unknown", false, status.f_bavail * block, status.f_blocks * block};
  if (known != std::end(kFileSystems)) {
    place.file_system = known->name;
    place.remote = known->remote;
  }
  return place;
}

Milliseconds sync_time(const std::filesystem::path& folder, Clock& clock) {
  const Descriptor file = nameless_file(folder);
  const std::array<char, kBlock> block{};
  std::array<Milliseconds, kSyncs> times{};
  for (Milliseconds& time : times) {
    const Milliseconds began = clock.monotonic();
    const bool written =
        ::write(file.get(), block.data(), block.size()) == static_cast<ssize_t>(block.size());
    if (!written || ::fdatasync(file.get()) != 0) refuse(folder, "written");
    time = clock.monotonic() - began;
  }
  std::ranges::sort(times);
  return times[kSyncs / 2];
}

}  // namespace psabridge::doctor
