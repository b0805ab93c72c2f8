// A symmetric key in memory of its own: outside of the heap, not swapped, not in core files, overwritten at
// its end; and what is closed and opened with it (XChaCha20-Poly1305, libsodium).
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace psabridge::vault {

/// Starts libsodium. Call before anything else of this file; any number of times, from any thread. Throws
/// Error PB1808.
void start_sodium();

/// Secret bytes, zero at first. Moves, is never copied.
class Key {
 public:
  static constexpr std::size_t kSize = 32;

  /// Throws Error PB1808 when there is no memory.
  Key();
  Key(Key&& other) noexcept : bytes_(std::exchange(other.bytes_, nullptr)) {}
  Key& operator=(Key&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Key();
  static Key random();

  std::span<unsigned char, kSize> bytes() noexcept { return std::span<unsigned char, kSize>(bytes_, kSize); }
  std::span<const unsigned char, kSize> bytes() const noexcept {
    return std::span<const unsigned char, kSize>(bytes_, kSize);
  }

  /// 16 hexadecimal digits by which people tell keys apart; they say nothing about the key.
  std::string fingerprint() const;

  /// Closes `plain`; `context` must be the same when it is opened. Every call gives other bytes.
  std::string seal(std::string_view plain, std::string_view context) const;
  /// Nothing when the key or the context is another one or a byte was changed.
  std::optional<std::string> open(std::string_view sealed, std::string_view context) const;
  /// A key that was closed with seal(); straight into memory of its own.
  std::optional<Key> open_key(std::string_view sealed, std::string_view context) const;

 private:
  unsigned char* bytes_;
};

/// Overwrites the text, in a way that compilers keep.
void wipe(std::string& text) noexcept;

}  // namespace psabridge::vault
