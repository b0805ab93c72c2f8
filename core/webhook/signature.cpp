#include "core/webhook/signature.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/vault/key.h"

namespace psabridge::webhook {
namespace {

using config::Webhook;

constexpr std::string_view kStandardPrefix = "whsec_";
constexpr std::size_t kSecretBytes = 32;

using Mac = std::array<unsigned char, crypto_auth_hmacsha256_BYTES>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool is_same(const Mac& a, const Mac& b) { return sodium_memcmp(a.data(), b.data(), a.size()) == 0; }

/// Of the parts one behind the other.
Mac hmac(std::string_view key, std::initializer_list<std::string_view> parts) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes_of(key), key.size());
  for (const std::string_view part : parts)
    crypto_auth_hmacsha256_update(&state, bytes_of(part), part.size());
  Mac mac;
  crypto_auth_hmacsha256_final(&state, mac.data());
  return mac;
}

/// With or without its padding. Nothing when it is no base64.
std::optional<std::string> decode_base64(std::string_view text) {
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, nullptr, sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0)
    return std::nullopt;
  bytes.resize(size);
  return bytes;
}

/// Digits of either case. Nothing when it is no such text.
std::optional<std::string> decode_hexadecimal(std::string_view text) {
  std::string bytes(text.size() / 2, '\0');
  std::size_t size = 0;
  if (sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(), text.size(),
                     nullptr, &size, nullptr) != 0)
    return std::nullopt;
  bytes.resize(size);
  return bytes;
}

/// Nothing when the bytes cannot be one.
std::optional<Mac> mac_of(const std::optional<std::string>& bytes) {
  Mac mac;
  if (!bytes || bytes->size() != mac.size()) return std::nullopt;
  std::ranges::copy(*bytes, mac.begin());
  return mac;
}

std::optional<std::string_view> without_prefix(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size() || !equals_ignoring_case(text.substr(0, prefix.size()), prefix))
    return std::nullopt;
  return text.substr(prefix.size());
}

/// Both secrets. Without a previous one the current one stands twice, so that a refusal costs the same during
/// a rotation as at any other time.
std::array<std::string, 2> both(const ProofSecrets& secrets) {
  if (secrets.current.empty() || (secrets.previous && secrets.previous->empty()))
    throw Error("PB1807", "The secret of the webhook is empty.");
  return {secrets.current, secrets.previous.value_or(secrets.current)};
}

/// The sender shows the secret itself. Keyed hashes are compared, so that the time tells nothing of its
/// length.
class ShownSecret final : public Proof {
 public:
  /// Finds what was presented; nothing when there is nothing.
  using Find = std::function<std::optional<std::string>(const Presented&)>;

  ShownSecret(const std::array<std::string, 2>& expected, Find find, std::string_view challenge)
      : find_(std::move(find)), challenge_(challenge) {
    randombytes_buf(key_.data(), key_.size());
    std::ranges::transform(expected, expected_.begin(), [this](const auto& text) { return hash(text); });
  }

  Verdict judge(const Presented& presented, SysMilliseconds) const override {
    const auto shown = find_(presented);
    const Mac hashed = hash(shown.value_or(""));
    bool found = false;
    for (const Mac& expected : expected_) found |= is_same(hashed, expected);
    if (!shown) return Verdict::no_proof;
    return found ? Verdict::genuine : Verdict::wrong_proof;
  }
  std::string_view challenge() const noexcept override { return challenge_; }

 private:
  Mac hash(std::string_view text) const { return hmac({key_.data(), key_.size()}, {text}); }

  const Find find_;
  const std::string_view challenge_;
  std::array<char, kSecretBytes> key_;
  std::array<Mac, 2> expected_;
};

/// The sender signs the body, in a header.
class SignedBody final : public Proof {
 public:
  SignedBody(const Webhook& webhook, std::array<std::string, 2> keys)
      : header_(webhook.header),
        prefix_(webhook.prefix),
        decode_(webhook.digest == "hex" ? decode_hexadecimal : decode_base64),
        keys_(std::move(keys)) {}

  Verdict judge(const Presented& presented, SysMilliseconds) const override {
    const std::string_view value = presented.head.header(header_);
    const auto text = without_prefix(value, prefix_);
    const auto mac = mac_of(text ? decode_(*text) : std::nullopt);
    const Mac compared = mac.value_or(Mac{});
    bool found = false;
    for (const std::string& key : keys_) found |= is_same(compared, hmac(key, {presented.body}));
    if (value.empty()) return Verdict::no_proof;
    return found && mac ? Verdict::genuine : Verdict::wrong_proof;
  }
  std::string_view challenge() const noexcept override { return "Signature"; }

 private:
  const std::string header_, prefix_;
  std::optional<std::string> (*const decode_)(std::string_view);
  const std::array<std::string, 2> keys_;
};

/// The keys that a secret of Standard Webhooks may mean. Without the prefix it may have been given as base64
/// or as it stands: a text often is both, so both count.
std::array<std::string, 2> readings(const std::string& secret) {
  const bool has_prefix = secret.starts_with(kStandardPrefix);
  const auto decoded =
      decode_base64(has_prefix ? std::string_view(secret).substr(kStandardPrefix.size()) : secret);
  if (has_prefix && (!decoded || decoded->empty()))
    throw Error("PB1807", "The secret of the webhook begins with whsec_, and what follows is no base64.");
  const std::string& plain = has_prefix ? *decoded : secret;
  return {decoded && !decoded->empty() ? *decoded : plain, plain};
}

/// The signatures of a header that this program knows: "v1,BASE64 v1,BASE64 v1a,...". Others are of newer
/// senders or other keys.
std::vector<Mac> signatures_in(std::string_view header) {
  std::vector<Mac> signatures;
  while (!header.empty()) {
    const std::string_view one = header.substr(0, header.find(' '));
    header.remove_prefix(std::min(header.size(), one.size() + 1));
    if (one.starts_with("v1,"))
      if (const auto mac = mac_of(decode_base64(one.substr(3)))) signatures.push_back(*mac);
  }
  return signatures;
}

/// Seconds since 1970. Nothing when it is no such number.
std::optional<SysMilliseconds> parse_timestamp(std::string_view text) {
  constexpr std::int64_t kMost = 253'402'300'799;  // the end of the year 9999
  std::int64_t seconds = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (status != std::errc{} || end != text.data() + text.size() || seconds < 0 || seconds > kMost)
    return std::nullopt;
  return SysMilliseconds(std::chrono::seconds{seconds});
}

/// Standard Webhooks 1.0 with the symmetric signature (v1). Ed25519 (v1a) is not known here.
class Standard final : public Proof {
 public:
  Standard(const std::array<std::string, 2>& secrets, Milliseconds tolerance) : tolerance_(tolerance) {
    for (const std::string& secret : secrets)
      for (std::string& key : readings(secret)) keys_.push_back(std::move(key));
  }

  Verdict judge(const Presented& presented, SysMilliseconds now) const override {
    const std::string_view id = presented.head.header("webhook-id");
    const std::string_view timestamp = presented.head.header("webhook-timestamp");
    const std::string_view signature = presented.head.header("webhook-signature");
    std::vector<Mac> macs = signatures_in(signature);
    const bool is_signed = !macs.empty();
    if (!is_signed) macs.push_back({});  // compared all the same
    bool found = false;
    for (const std::string& key : keys_) {
      const Mac expected = hmac(key, {id, ".", timestamp, ".", presented.body});
      for (const Mac& mac : macs) found |= is_same(mac, expected);
    }
    if (id.empty() || timestamp.empty() || signature.empty()) return Verdict::no_proof;
    const auto sent = parse_timestamp(timestamp);
    if (!found || !is_signed || !sent) return Verdict::wrong_proof;
    return std::chrono::abs(now - *sent) > tolerance_ ? Verdict::stale_timestamp : Verdict::genuine;
  }
  std::string_view challenge() const noexcept override { return "Signature"; }

 private:
  const Milliseconds tolerance_;
  std::vector<std::string> keys_;
};

std::unique_ptr<const Proof> make_basic(const Webhook& webhook, std::array<std::string, 2> secrets) {
  for (std::string& secret : secrets) secret.insert(0, webhook.user + ":");
  const auto find = [](const Presented& presented) {
    const auto encoded = without_prefix(presented.head.header("Authorization"), "Basic ");
    return encoded ? decode_base64(*encoded) : std::nullopt;
  };
  return std::make_unique<ShownSecret>(secrets, find, "Basic realm=\"psabridge\"");
}

std::unique_ptr<const Proof> make_bearer(const Webhook& webhook, const std::array<std::string, 2>& secrets) {
  const auto find = [header = webhook.header, prefix = webhook.prefix](const Presented& presented) {
    const auto shown = without_prefix(presented.head.header(header), prefix);
    return shown && !shown->empty() ? std::optional(std::string(*shown)) : std::nullopt;
  };
  return std::make_unique<ShownSecret>(secrets, find, "Bearer");
}

std::unique_ptr<const Proof> make_url(const std::array<std::string, 2>& secrets) {
  const auto find = [](const Presented& presented) {
    return presented.token.empty() ? std::nullopt : std::optional(std::string(presented.token));
  };
  return std::make_unique<ShownSecret>(secrets, find, "Address");
}

std::string base64(std::span<const unsigned char> bytes, int variant) {
  std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), variant);
  text.pop_back();  // the NUL
  return text;
}

}  // namespace

std::unique_ptr<const Proof> make_proof(const Webhook& webhook, const ProofSecrets& secrets) {
  vault::start_sodium();
  const auto pair = both(secrets);
  if (webhook.auth == "basic") return make_basic(webhook, pair);
  if (webhook.auth == "bearer") return make_bearer(webhook, pair);
  if (webhook.auth == "url") return make_url(pair);
  if (webhook.auth == "hmac") return std::make_unique<SignedBody>(webhook, pair);
  return std::make_unique<Standard>(pair, webhook.tolerance);
}

std::string new_secret(const Webhook& webhook) {
  const vault::Key key = vault::Key::random();
  if (webhook.auth == "standard")
    return std::string(kStandardPrefix) + base64(key.bytes(), sodium_base64_VARIANT_ORIGINAL);
  return base64(key.bytes(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

}  // namespace psabridge::webhook
