#include "core/store/packing.h"

#include <zstd.h>

namespace psabridge::store {
namespace {

// A record is refused long before it gets this large, so a frame that claims more is damaged.
constexpr unsigned long long kMostBytes = 256ULL << 20;

}  // namespace

std::optional<std::string> unpacked(std::string_view packed) {
  if (packed.empty()) return std::string();
  const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size > kMostBytes) return std::nullopt;  // also "unknown" and "error", which are the largest numbers
  std::string text(static_cast<std::size_t>(size), '\0');
  const std::size_t got = ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) || got != text.size()) return std::nullopt;
  return text;
}

}  // namespace psabridge::store
