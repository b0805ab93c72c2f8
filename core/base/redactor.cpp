#include "core/base/redactor.h"

#include <algorithm>

namespace psabridge {
namespace {

constexpr std::string_view kMask = "[secret]";
constexpr std::size_t kShortest = 4;

/// As a form body or query carries it.
std::string percent_encoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kHex[byte >> 4];
    encoded += kHex[byte & 15];
  }
  return encoded;
}

}  // namespace

void Redactor::add(std::string_view secret) {
  if (secret.size() < kShortest) return;
  const std::lock_guard lock(mutex_);
  for (std::string form : {std::string(secret), percent_encoded(secret)})
    if (std::ranges::find(secrets_, form) == secrets_.end()) secrets_.push_back(std::move(form));
  std::ranges::sort(secrets_, std::ranges::greater{},
                    &std::string::size);  // a secret that holds another goes first
}

std::string Redactor::apply(std::string text) const {
  const std::lock_guard lock(mutex_);
  for (const std::string& secret : secrets_)
    for (std::size_t at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + kMask.size()))
      text.replace(at, secret.size(), kMask);
  return text;
}

}  // namespace psabridge
