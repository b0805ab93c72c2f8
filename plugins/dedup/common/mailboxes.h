// E-mail addresses that are nobody's. Pure functions, any thread.
#pragma once
#include <algorithm>
#include <array>
#include <string_view>

namespace psabridge::dedup {

/// True for what is made up where an address was asked for, and for addresses that programs send from:
/// "none@none.com", "noreply@acme.example". `email` in lower case.
inline bool is_nobodys_mailbox(std::string_view email) noexcept {
  constexpr auto kNobody =
      std::to_array<std::string_view>({"donotreply", "do-not-reply", "example", "invalid", "na", "no-reply",
                                       "nobody", "noemail", "nomail", "none", "noreply", "test", "unknown"});
  const std::size_t at = std::min(email.find('@'), email.size());
  const std::string_view local = email.substr(0, at);
  const std::string_view host = email.substr(std::min(at + 1, email.size()));
  const auto says_none = [&](std::string_view word) {
    return std::find(kNobody.begin(), kNobody.end(), word) != kNobody.end();
  };
  return says_none(local) || says_none(host.substr(0, host.find('.')));
}

}  // namespace psabridge::dedup
