// A record as the strategies of its entity see it: hashes of its keys, and the form of each strategy. This is
// what the store keeps of it beside the record itself.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/dedup/key_index.h"

namespace psabridge::dedup {

/// Of the keys of a record so many count, the rest is ignored: a bound for memory and time, far above what a
/// strategy needs.
inline constexpr std::size_t kMostBlocks = 64, kMostTerms = 256;

/// What a record is in the world of the sources, as a hash.
using Identity = std::uint64_t;
Identity identity_of(std::string_view connection, std::string_view source_id) noexcept;

struct KeyedRecord {
  Identity identity = 0;
  std::vector<BlockKey> blocks;    ///< ascending, each once
  std::vector<TermKey> terms;      ///< ascending, each once
  std::vector<std::string> forms;  ///< of each strategy; empty when it made none
};

/// As bytes; the same on every machine of one byte order.
std::string pack(const KeyedRecord& record);

/// Looks into packed bytes without a copy. The bytes outlive it.
class PackedRecord {
 public:
  /// Throws Error PB1703 when the bytes are not of the form.
  explicit PackedRecord(std::string_view bytes);
  Identity identity() const noexcept { return identity_; }
  /// Copies, because the bytes lie at any address.
  std::vector<BlockKey> blocks() const;
  std::vector<TermKey> terms() const;
  /// What stands behind the keys: the forms of all strategies.
  std::string_view forms() const { return forms_; }

 private:
  Identity identity_ = 0;
  std::string_view blocks_, terms_, forms_;
};

/// The form of one strategy out of PackedRecord::forms(); empty when it made none.
std::string_view form_of(std::string_view forms, std::size_t strategy) noexcept;

}  // namespace psabridge::dedup
