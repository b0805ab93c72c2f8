// The tokens of one connection: in memory for this process, sealed in the vault for all, renewed by one at a
// time.
#pragma once
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/connection/token_endpoint.h"
#include "core/vault/vault.h"

namespace psabridge::connection {

/// The name under which the tokens of a connection are in the vault.
inline std::string token_entry(std::string_view connection) { return "oauth." + std::string(connection); }

/// The file that whoever renews the tokens of a connection holds a lock on, beside the control file.
inline std::filesystem::path renewal_lock(const std::filesystem::path& control_file,
                                          const std::string& connection) {
  return control_file.string() + "." + connection + ".lock";
}

/// Thread-safe. Several processes may keep the tokens of one connection at once: whoever renews them holds a
/// file lock, which the system lifts when the process dies, and the others take what was sealed meanwhile. A
/// rotated refresh token is sealed before the access token that came with it is used, so that a crash cannot
/// lose it.
class TokenKeeper {
 public:
  /// `lock_file` is made when missing. Everything referred to outlives the keeper.
  TokenKeeper(std::string connection, std::filesystem::path lock_file, TokenEndpoint& endpoint,
              vault::Vault& vault, Redactor& redactor, Clock& clock);

  /// A token that is good for a minute at least. `refused`: the token that the server has just refused, or
  /// empty. Throws Error PB1902 when nobody has signed in with a browser yet, PB1903 when the consent has
  /// ended, else what TokenEndpoint throws; PB18xx when the vault cannot keep a rotated refresh token.
  std::string token(const SignIn& sign_in, std::string_view refused, const net::Stop& stop);

  /// Seals the tokens of a sign-in that has just been made.
  void accept(const SignIn& sign_in, const Tokens& tokens, const net::Stop& stop);

  /// Gets new tokens whatever the old ones are: tries the client's secret. Throws like token().
  void renew(const SignIn& sign_in, const net::Stop& stop);

  /// What is sealed for this sign-in, good or not; nothing when there is nothing. For people: without tokens.
  struct Kept {
    bool refreshable = false;
    std::string granted_at, expires_at, consented_at;  ///< times RFC 3339; the last may be empty
  };
  std::optional<Kept> kept(const SignIn& sign_in);

 private:
  class FileLock;
  struct Sealed {
    Tokens tokens;
    std::string fingerprint;
    std::string consented_at;  ///< when a person agreed in the browser; empty: nobody had to
  };

  bool serves(const Sealed& sealed, const SignIn& sign_in, std::string_view refused) const;
  Sealed renewed(const SignIn& sign_in, const std::optional<Sealed>& old, const net::Stop& stop);
  Sealed refreshed(const SignIn& sign_in, const Sealed& old, const net::Stop& stop);
  std::optional<Sealed> load(const SignIn& sign_in);
  void seal(const Sealed& sealed);
  std::string entry() const { return token_entry(connection_); }

  const std::string connection_;
  const std::filesystem::path lock_file_;
  TokenEndpoint& endpoint_;
  vault::Vault& vault_;
  Redactor& redactor_;
  Clock& clock_;
  std::mutex mutex_;
  std::optional<Sealed> cached_;
};

}  // namespace psabridge::connection
