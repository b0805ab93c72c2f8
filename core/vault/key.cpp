#include "core/vault/key.h"

#include <sodium.h>

#include <array>

#include "core/base/error.h"
#include "core/base/text.h"

namespace psabridge::vault {
namespace {

static_assert(Key::kSize == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
/// The first byte of everything sealed: another way of sealing would get another one.
constexpr char kFormat = 1;

/// The context with the format in front: both are authenticated.
std::string associated(std::string_view context) { return kFormat + std::string(context); }

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

/// Bytes of the plain text, or nothing when the form is not that of seal().
std::optional<std::size_t> plain_size(std::string_view sealed) {
  if (sealed.size() < 1 + kNonce + kTag || sealed.front() != kFormat) return std::nullopt;
  return sealed.size() - 1 - kNonce - kTag;
}

/// `plain` has room for plain_size().
bool open_into(unsigned char* plain, std::string_view sealed, std::string_view context, const Key& key) {
  const std::string data = associated(context);
  const std::string_view nonce = sealed.substr(1, kNonce), closed = sealed.substr(1 + kNonce);
  return crypto_aead_xchacha20poly1305_ietf_decrypt(plain, nullptr, nullptr, bytes_of(closed), closed.size(),
                                                    bytes_of(data), data.size(), bytes_of(nonce),
                                                    key.bytes().data()) == 0;
}

}  // namespace

void start_sodium() {
  if (sodium_init() < 0) throw Error("PB1808", "libsodium cannot be started on this machine.");
}

Key::Key() : bytes_(static_cast<unsigned char*>(sodium_malloc(kSize))) {
  if (!bytes_) throw Error("PB1808", "There is no memory left for a key.");
  sodium_memzero(bytes_, kSize);
}

Key::~Key() { sodium_free(bytes_); }  // overwrites first

Key Key::random() {
  start_sodium();
  Key key;
  randombytes_buf(key.bytes_, kSize);
  return key;
}

std::string Key::fingerprint() const {
  constexpr std::string_view kPurpose = "psabridge vault: fingerprint";
  std::array<char, crypto_generichash_BYTES_MIN> hash;
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(), bytes_of(kPurpose),
                     kPurpose.size(), bytes_, kSize);
  return hexadecimal({hash.data(), 8});
}

std::string Key::seal(std::string_view plain, std::string_view context) const {
  const std::string data = associated(context);
  std::string sealed(1 + kNonce + plain.size() + kTag, kFormat);
  unsigned char* const nonce = bytes_of(sealed) + 1;
  randombytes_buf(nonce, kNonce);
  crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + kNonce, nullptr, bytes_of(plain), plain.size(),
                                             bytes_of(data), data.size(), nullptr, nonce, bytes_);
  return sealed;
}

std::optional<std::string> Key::open(std::string_view sealed, std::string_view context) const {
  const auto size = plain_size(sealed);
  if (!size) return std::nullopt;
  std::string plain(*size, '\0');
  if (!open_into(bytes_of(plain), sealed, context, *this)) return std::nullopt;
  return plain;
}

std::optional<Key> Key::open_key(std::string_view sealed, std::string_view context) const {
  Key key;
  if (plain_size(sealed) != kSize || !open_into(key.bytes_, sealed, context, *this)) return std::nullopt;
  return key;
}

void wipe(std::string& text) noexcept {
  sodium_memzero(text.data(), text.size());
  text.clear();
}

}  // namespace psabridge::vault
