// A shared library as it lies in its file: read, never run. Every access is bounds-checked, for the file may
// be anything.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace psabridge::plugin {

/// Bytes that are no shared library for this machine. what() says what they are: "an empty file".
class NotALibrary : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Borrows the bytes of the file. Addresses are those that the file gives itself, before it is placed in
/// memory.
class ElfImage {
 public:
  /// Throws NotALibrary.
  explicit ElfImage(std::span<const std::byte> bytes);

  /// Address of a symbol that the library exports.
  std::optional<std::uint64_t> exported(std::string_view name) const;
  /// Bytes of constant or initialised data; nothing when [address, address + size) is not wholly in the file.
  std::optional<std::span<const std::byte>> data(std::uint64_t address, std::uint64_t size) const;
  /// The pointer stored at an address, as the loader will see it (relocations applied); 0 is the null
  /// pointer.
  std::optional<std::uint64_t> pointer(std::uint64_t address) const;

 private:
  struct Segment {
    std::uint64_t address, offset, size;
  };
  struct Symbol {
    std::string_view name;
    std::uint64_t address;
    bool exported;
  };

  void read_segments();
  void read_sections();
  void read_symbols(std::uint64_t symbols_offset, std::uint64_t symbols_size,
                    std::span<const std::byte> names);
  void read_relocations(std::span<const std::byte> table);

  std::span<const std::byte> bytes_;
  std::vector<Segment> segments_;
  std::vector<Symbol> symbols_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> relocations_;  // address -> pointer, sorted
};

}  // namespace psabridge::plugin
