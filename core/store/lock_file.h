// The lock of a store: one writer per store, known by its process id; and the mark of an unclean stop.
#pragma once
#include <filesystem>

namespace psabridge::store {

/// Held as long as the object lives. The file beside the store ("psabridge.db.lock") is locked by flock(2),
/// which ends with the process however it ends, and holds the process id until the lock is given back: an id
/// in a file that nobody locks was left by a writer that was killed.
class LockFile {
 public:
  /// Throws Error PB1302 with the id of the process that has it, PB1301 when the file cannot be made.
  explicit LockFile(const std::filesystem::path& store);
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

  /// True when the last writer did not get to its end.
  bool was_left_behind() const { return was_left_behind_; }

 private:
  int descriptor_;
  bool was_left_behind_ = false;
};

}  // namespace psabridge::store
