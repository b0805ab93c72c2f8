#include "core/connection/browser_sign_in.h"

#include <sodium.h>

#include <array>

#include "core/base/error.h"
#include "core/net/query.h"

namespace psabridge::connection {
namespace {

constexpr std::size_t kRandomBytes = 32;  // 43 letters: the least that RFC 7636 takes as a verifier

std::string base64url(const unsigned char* bytes, std::size_t size) {
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_encoded_len(size, kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes, size, kVariant);
  text.pop_back();  // the NUL
  return text;
}

std::string random_text() {
  std::array<unsigned char, kRandomBytes> bytes;
  randombytes_buf(bytes.data(), bytes.size());
  return base64url(bytes.data(), bytes.size());
}

std::string challenge_of(const std::string& verifier) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest;
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(verifier.data()), verifier.size());
  return base64url(digest.data(), digest.size());
}

std::string parameter(const std::map<std::string, std::string>& query, const std::string& name) {
  const auto found = query.find(name);
  return found == query.end() ? std::string() : found->second;
}

bool equal_in_constant_time(const std::string& a, const std::string& b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

BrowserSignIn::BrowserSignIn(const SignIn& sign_in, Clock& clock)
    : sign_in_(sign_in), clock_(clock), until_(clock.monotonic() + kBrowserPatience) {
  if (sodium_init() < 0) throw Error("PB1499", "libsodium cannot be initialised.");
  state_ = random_text();
  verifier_ = random_text();
  net::QueryParameters query{{"response_type", "code"},
                             {"client_id", sign_in.client_id},
                             {"redirect_uri", sign_in.redirect_uri},
                             {"scope", sign_in.scope_text()},
                             {"state", state_},
                             {"code_challenge", challenge_of(verifier_)},
                             {"code_challenge_method", "S256"}};
  query.insert(query.end(), sign_in.parameters.begin(), sign_in.parameters.end());
  const bool has_query = sign_in.authorize_url.find('?') != std::string::npos;
  url_ = sign_in.authorize_url + (has_query ? "&" : "?") + net::encode_query(query);
}

std::string BrowserSignIn::code(const std::map<std::string, std::string>& query) {
  if (state_.empty()) throw Error("PB1905", "This sign-in was answered already; an answer counts once.");
  if (clock_.monotonic() >= until_)
    throw Error("PB1905", "The answer of the browser came too late: a sign-in is open for ten minutes.");
  if (!equal_in_constant_time(parameter(query, "state"), state_))
    throw Error("PB1905",
                "The browser came back without the state of this sign-in. It belongs to another attempt, or "
                "somebody else made it; nothing was done with it.");
  state_.clear();
  if (const std::string error = parameter(query, "error"); !error.empty()) {
    const std::string words = parameter(query, "error_description");
    const std::string_view advice = sign_in_.advice_for(error);
    throw Error("PB1904", "The authorisation server did not let you in: " + error +
                              (words.empty() ? "." : " (" + words + ").") +
                              (advice.empty() ? "" : " " + std::string(advice)));
  }
  std::string code = parameter(query, "code");
  if (code.empty()) throw Error("PB1904", "The browser came back with neither a code nor an error.");
  return code;
}

}  // namespace psabridge::connection
