// Keeps secrets out of everything that leaves the process as text: whoever resolves a secret adds it, every
// sink applies it.
#pragma once
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace psabridge {

/// Thread-safe.
class Redactor {
 public:
  /// Values shorter than 4 bytes are ignored: hiding them would blot out ordinary text.
  void add(std::string_view secret);
  /// `text` with every known secret, plain or percent-encoded, replaced by "[secret]".
  std::string apply(std::string text) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> secrets_;
};

}  // namespace psabridge
