// The file with a key-encryption key: 32 random bytes as one line of base64, for its owner alone.
#pragma once
#include <filesystem>
#include <string>

#include "core/base/descriptor.h"
#include "core/vault/key.h"

namespace psabridge::vault {

/// Reads a key from a file that holds it as base64; `others` are the permission bits that must not be set.
/// `what` names the file for messages ("the key file"). Throws Error PB1802 (cannot be read, holds no key),
/// PB1804 (open to others, or of another owner).
Key read_key(const std::filesystem::path& file, const std::string& what, unsigned others);

/// One key file. Not thread-safe; processes take turns with lock().
class KeyFile {
 public:
  explicit KeyFile(std::filesystem::path file) : file_(std::move(file)) {}

  const std::filesystem::path& path() const noexcept { return file_; }

  /// Throws like read_key.
  Key read() const;
  bool exists() const;
  /// Waits until no other process makes or exchanges a key in this folder; held until the result ends. The
  /// lock is on the folder, so that nothing is left behind. Throws Error PB1806.
  Descriptor lock() const;
  /// Writes a key beside the file ("psabridge.db.key.new"); it is on disk afterwards. Under lock(). Throws
  /// Error PB1806.
  void stage(const Key& key) const;
  /// Puts the staged key into its place at one stroke. Throws Error PB1806.
  void publish() const;

 private:
  std::filesystem::path staged() const { return file_.string() + ".new"; }

  std::filesystem::path file_;
};

}  // namespace psabridge::vault
