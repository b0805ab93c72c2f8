// What the tests of webhooks share: requests, signatures made by another library than the one that judges
// them, and connections with their secrets in a vault.
#pragma once
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/webhook/keys.h"
#include "tests/unit/net/fake_clock.h"
#include "tests/unit/store/store_fixture.h"

namespace psabridge::webhook {

using Headers = std::vector<std::pair<std::string, std::string>>;

inline net::RequestHead post(const std::string& path, Headers headers = {}) {
  net::RequestHead head;
  head.method = "POST";
  head.path = path;
  head.headers = std::move(headers);
  head.peer = "192.0.2.7";
  return head;
}

/// HMAC-SHA256 as bytes.
inline std::string mac_of(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  return {mac.begin(), mac.begin() + size};
}

/// Padded.
inline std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

inline std::string basic(const std::string& user, const std::string& secret) {
  return "Basic " + base64(user + ":" + secret);
}

/// `connections` are lines below that key, each with its connector left out: "acme: { auth: hmac }" gives
/// the connection acme that webhook.
inline config::Config config_of(const std::vector<std::pair<std::string, std::string>>& webhooks) {
  std::string yaml = "version: 1\nconnections:\n";
  for (const auto& [name, webhook] : webhooks)
    yaml += "  " + name + ": { connector: halo" + (webhook.empty() ? "" : ", webhook: { " + webhook + " }") +
            " }\n";
  return config::load_text(yaml, "acme.yaml");
}

/// The webhook of the only connection.
inline config::Webhook webhook_of(const std::string& keys) {
  return config_of({{"acme", keys}}).connections.at(0).webhook;
}

/// A vault beside a store, and what else keys need.
struct Installation {
  Installation() : control(folder.url(), clock), vault(control, {}, folder.file().string() + ".key", clock) {}

  FakeClock clock;
  store::TestFolder folder;
  store::Control control;
  vault::Vault vault;
  vault::Secrets secrets{folder.path(), vault};
  Redactor redactor;
};

}  // namespace psabridge::webhook
