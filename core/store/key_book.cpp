#include "core/store/key_book.h"

#include <sodium.h>

#include <algorithm>

namespace psabridge::store {
namespace {

const unsigned char* bytes_of(const void* data) { return static_cast<const unsigned char*>(data); }

}  // namespace

Digest digest_of(std::initializer_list<std::string_view> texts) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (const std::string_view text : texts) {
    const std::uint64_t size = text.size();
    crypto_hash_sha256_update(&state, bytes_of(&size), sizeof size);
    crypto_hash_sha256_update(&state, bytes_of(text.data()), size);
  }
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> whole{};
  crypto_hash_sha256_final(&state, whole.data());
  Digest digest{};
  std::copy_n(whole.begin(), digest.size(), digest.begin());
  return digest;
}

}  // namespace psabridge::store
