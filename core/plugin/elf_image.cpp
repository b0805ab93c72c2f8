#include "core/plugin/elf_image.h"

#include <elf.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

namespace psabridge::plugin {
namespace {

#if defined(__x86_64__)
constexpr std::uint16_t kMachine = EM_X86_64;
constexpr std::uint64_t kRelative = R_X86_64_RELATIVE, kAbsolute = R_X86_64_64;
#elif defined(__aarch64__)
constexpr std::uint16_t kMachine = EM_AARCH64;
constexpr std::uint64_t kRelative = R_AARCH64_RELATIVE, kAbsolute = R_AARCH64_ABS64;
#else
#error "psabridge loads plugins on x86-64 and aarch64"
#endif
constexpr unsigned char kByteOrder = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;

using Bytes = std::span<const std::byte>;

std::optional<Bytes> slice(Bytes bytes, std::uint64_t offset, std::uint64_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) return std::nullopt;
  return bytes.subspan(offset, size);
}

/// The structure at an offset, copied out, for the file aligns nothing.
template <class T>
T read(Bytes bytes, std::uint64_t offset) {
  const std::optional<Bytes> found = slice(bytes, offset, sizeof(T));
  if (!found) throw NotALibrary("an ELF file that is cut short or damaged");
  T value;
  std::memcpy(&value, found->data(), sizeof(T));
  return value;
}

Elf64_Ehdr read_header(Bytes bytes) {
  if (bytes.empty()) throw NotALibrary("an empty file");
  if (bytes.size() < EI_NIDENT || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0)
    throw NotALibrary("a file that is no ELF library");
  const auto identity = [&](std::size_t index) { return std::to_integer<unsigned char>(bytes[index]); };
  if (identity(EI_CLASS) != ELFCLASS64) throw NotALibrary("an ELF file that is not of 64 bits");
  if (identity(EI_DATA) != kByteOrder) throw NotALibrary("an ELF file of another byte order");
  const auto header = read<Elf64_Ehdr>(bytes, 0);
  if (header.e_machine != kMachine)
    throw NotALibrary("an ELF file for another processor (machine number " +
                      std::to_string(header.e_machine) + ")");
  if (header.e_type != ET_DYN) throw NotALibrary("an ELF file that is no shared library");
  return header;
}

/// Text at an offset of a string table; empty when the table does not hold it.
std::string_view text_at(Bytes table, std::uint64_t offset) {
  if (offset >= table.size()) return {};
  const char* begin = reinterpret_cast<const char*>(table.data()) + offset;
  return {begin, ::strnlen(begin, table.size() - offset)};
}

}  // namespace

ElfImage::ElfImage(Bytes bytes) : bytes_(bytes) {
  read_segments();
  read_sections();
  std::ranges::sort(relocations_);
}

void ElfImage::read_segments() {
  const Elf64_Ehdr header = read_header(bytes_);
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = read<Elf64_Phdr>(bytes_, header.e_phoff + i * sizeof(Elf64_Phdr));
    if (segment.p_type == PT_LOAD) segments_.push_back({segment.p_vaddr, segment.p_offset, segment.p_filesz});
  }
}

void ElfImage::read_sections() {
  const auto header = read<Elf64_Ehdr>(bytes_, 0);
  const auto section_at = [&](std::uint64_t index) {
    return read<Elf64_Shdr>(bytes_, header.e_shoff + index * sizeof(Elf64_Shdr));
  };
  const auto content = [&](const Elf64_Shdr& section) {
    return slice(bytes_, section.sh_offset, section.sh_size).value_or(Bytes());
  };
  std::vector<Bytes> relocation_tables;
  for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr section = section_at(i);
    if (section.sh_type == SHT_DYNSYM)
      read_symbols(section.sh_offset, section.sh_size, content(section_at(section.sh_link)));
    if (section.sh_type == SHT_RELA) relocation_tables.push_back(content(section));
  }
  for (const Bytes table : relocation_tables) read_relocations(table);
}

void ElfImage::read_symbols(std::uint64_t symbols_offset, std::uint64_t symbols_size, Bytes names) {
  for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= symbols_size; at += sizeof(Elf64_Sym)) {
    const auto symbol = read<Elf64_Sym>(bytes_, symbols_offset + at);
    const bool defined = symbol.st_shndx != SHN_UNDEF;
    const bool visible = ELF64_ST_BIND(symbol.st_info) != STB_LOCAL;
    symbols_.push_back({text_at(names, symbol.st_name), defined ? symbol.st_value : 0, defined && visible});
  }
}

void ElfImage::read_relocations(Bytes table) {
  for (std::uint64_t at = 0; at + sizeof(Elf64_Rela) <= table.size(); at += sizeof(Elf64_Rela)) {
    const auto entry = read<Elf64_Rela>(table, at);
    const auto addend = static_cast<std::uint64_t>(entry.r_addend);
    const std::uint64_t symbol = ELF64_R_SYM(entry.r_info);
    if (ELF64_R_TYPE(entry.r_info) == kRelative) {
      relocations_.emplace_back(entry.r_offset, addend);
    } else if (ELF64_R_TYPE(entry.r_info) == kAbsolute && symbol < symbols_.size()) {
      relocations_.emplace_back(entry.r_offset, symbols_[symbol].address + addend);
    }
  }
}

std::optional<std::uint64_t> ElfImage::exported(std::string_view name) const {
  for (const Symbol& symbol : symbols_)
    if (symbol.exported && symbol.name == name) return symbol.address;
  return std::nullopt;
}

std::optional<Bytes> ElfImage::data(std::uint64_t address, std::uint64_t size) const {
  for (const Segment& segment : segments_) {
    if (address < segment.address || address - segment.address > segment.size) continue;
    const std::uint64_t from = address - segment.address;
    if (size <= segment.size - from) return slice(bytes_, segment.offset + from, size);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ElfImage::pointer(std::uint64_t address) const {
  const auto relocated =
      std::ranges::lower_bound(relocations_, address, {}, [](const auto& entry) { return entry.first; });
  if (relocated != relocations_.end() && relocated->first == address) return relocated->second;
  const std::optional<Bytes> stored =
      data(address, sizeof(std::uint64_t));  // null, or packed (RELR): the target itself
  return stored ? std::optional(read<std::uint64_t>(*stored, 0)) : std::nullopt;
}

}  // namespace psabridge::plugin
