#include "core/dedup/keyed_record.h"

#include <xxhash.h>

#include <cstring>

#include "core/base/error.h"

namespace psabridge::dedup {
namespace {

/// How many keys of each kind follow.
struct Header {
  Identity identity;
  std::uint32_t blocks, terms;
};

template <class Number>
void append(std::string& bytes, const Number* numbers, std::size_t count) {
  bytes.append(reinterpret_cast<const char*>(numbers), count * sizeof(Number));
}

template <class Number>
std::vector<Number> numbers_in(std::string_view bytes) {
  std::vector<Number> numbers(bytes.size() / sizeof(Number));
  if (!bytes.empty()) std::memcpy(numbers.data(), bytes.data(), bytes.size());  // nothing has no address
  return numbers;
}

[[noreturn]] void refuse() {
  throw Error("PB1703", "What the store keeps for finding duplicates is damaged.");
}

std::string_view take(std::string_view& bytes, std::size_t size) {
  if (size > bytes.size()) refuse();
  const std::string_view taken = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return taken;
}

}  // namespace

Identity identity_of(std::string_view connection, std::string_view source_id) noexcept {
  return XXH3_64bits_withSeed(source_id.data(), source_id.size(),
                              XXH3_64bits(connection.data(), connection.size()));
}

std::string pack(const KeyedRecord& record) {
  const Header header{record.identity, static_cast<std::uint32_t>(record.blocks.size()),
                      static_cast<std::uint32_t>(record.terms.size())};
  std::string bytes;
  append(bytes, &header, 1);
  append(bytes, record.blocks.data(), record.blocks.size());
  append(bytes, record.terms.data(), record.terms.size());
  for (const std::string& form : record.forms) {
    const auto size = static_cast<std::uint32_t>(form.size());
    append(bytes, &size, 1);
    bytes += form;
  }
  return bytes;
}

PackedRecord::PackedRecord(std::string_view bytes) {
  Header header;
  std::memcpy(&header, take(bytes, sizeof header).data(), sizeof header);
  identity_ = header.identity;
  blocks_ = take(bytes, header.blocks * sizeof(BlockKey));
  terms_ = take(bytes, header.terms * sizeof(TermKey));
  forms_ = bytes;
}

std::vector<BlockKey> PackedRecord::blocks() const { return numbers_in<BlockKey>(blocks_); }
std::vector<TermKey> PackedRecord::terms() const { return numbers_in<TermKey>(terms_); }

std::string_view form_of(std::string_view forms, std::size_t strategy) noexcept {
  for (std::size_t i = 0;; ++i) {
    std::uint32_t size = 0;
    if (forms.size() < sizeof size) return {};
    std::memcpy(&size, forms.data(), sizeof size);
    forms.remove_prefix(sizeof size);
    if (size > forms.size()) return {};
    if (i == strategy) return forms.substr(0, size);
    forms.remove_prefix(size);
  }
}

}  // namespace psabridge::dedup
