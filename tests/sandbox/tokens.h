// The authorisation server: clients, scopes and bearer tokens.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tests/sandbox/faults.h"
#include "tests/sandbox/http_message.h"
#include "tests/sandbox/ticks.h"

namespace sandbox {

// Bits of granted scopes; only what the sandbox's resources ask for has one of its own.
enum Scope : std::uint32_t {
  kReadTickets = 1U << 0,
  kEditTickets = 1U << 1,
  kReadCustomers = 1U << 2,
  kEditCustomers = 1U << 3,
  kReadAssets = 1U << 4,
  kEditAssets = 1U << 5,
  kReadOther = 1U << 6,
  kEditOther = 1U << 7,
  kAdmin = 1U << 8,
  kOffline = 1U << 9,
  kAnyRead = kReadTickets | kReadCustomers | kReadAssets | kReadOther | kAdmin,
  kAllStandard = 0xff,
  kAll = kAllStandard | kAdmin,
};

struct ClientCredentials {
  std::string id;
  std::string secret;
};

// Thread-safe.
class Tokens {
 public:
  Tokens(ClientCredentials client, Faults& faults, const VirtualClock& clock);

  // POST /auth/token.
  void grant(const Request& request, Response& response);
  // The scopes of a live token, from an Authorization header.
  std::optional<std::uint32_t> scopes_of(std::string_view authorization) const;
  void revoke_all();

 private:
  struct Token {
    Ticks expires = 0;
    std::uint32_t scopes = 0;
  };
  struct Granted {
    std::string scope_text;
    std::uint32_t scopes = 0;
  };

  bool client_is_known(const Request& request, const Query& form) const;
  void grant_refreshed(const Query& form, Response& response);
  void issue(const Granted& granted, Response& response);
  std::string new_secret();

  ClientCredentials client_;
  Faults& faults_;
  const VirtualClock& clock_;
  mutable std::mutex mutex_;
  std::uint64_t issued_ = 0;
  std::unordered_map<std::string, Token> tokens_;
  std::unordered_map<std::string, Granted> refresh_tokens_;
};

}  // namespace sandbox
