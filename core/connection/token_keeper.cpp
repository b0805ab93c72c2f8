#include "core/connection/token_keeper.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>

#include "core/base/descriptor.h"
#include "core/base/time.h"

namespace psabridge::connection {
namespace {

namespace json = boost::json;

constexpr Milliseconds kEarly = std::chrono::minutes{1};  // a token is renewed this long before it ends
constexpr Milliseconds kLockPatience{50};

std::string text_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

SysMilliseconds time_in(const json::object& object, std::string_view key) {
  return parse_time(text_in(object, key)).value_or(SysMilliseconds{});
}

}  // namespace

/// Held while one process renews; waits for the others without missing the wish to stop.
class TokenKeeper::FileLock {
 public:
  FileLock(const std::filesystem::path& file, Clock& clock, const net::Stop& stop)
      : descriptor_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (!descriptor_) refuse(file);
    while (::flock(descriptor_.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) refuse(file);
      if (stop && stop())
        throw Error("PB1410", "Stopped on request while another process renewed the token.");
      clock.sleep(
          kLockPatience, stop ? stop : [] { return false; });
    }
  }

 private:
  [[noreturn]] static void refuse(const std::filesystem::path& file) {
    throw Error("PB1301",
                "The lock file " + file.string() + " cannot be used: " + std::strerror(errno) + ".");
  }

  Descriptor descriptor_;  ///< closing it lifts the lock
};

TokenKeeper::TokenKeeper(std::string connection, std::filesystem::path lock_file, TokenEndpoint& endpoint,
                         vault::Vault& vault, Redactor& redactor, Clock& clock)
    : connection_(std::move(connection)),
      lock_file_(std::move(lock_file)),
      endpoint_(endpoint),
      vault_(vault),
      redactor_(redactor),
      clock_(clock) {}

std::string TokenKeeper::token(const SignIn& sign_in, std::string_view refused, const net::Stop& stop) {
  const std::scoped_lock lock(mutex_);
  if (cached_ && serves(*cached_, sign_in, refused)) return cached_->tokens.access;
  const FileLock file_lock(lock_file_, clock_, stop);
  std::optional<Sealed> sealed = load(sign_in);
  if (!sealed || !serves(*sealed, sign_in, refused)) sealed = renewed(sign_in, sealed, stop);
  cached_ = std::move(sealed);
  return cached_->tokens.access;
}

void TokenKeeper::renew(const SignIn& sign_in, const net::Stop& stop) {
  const std::scoped_lock lock(mutex_);
  const FileLock file_lock(lock_file_, clock_, stop);
  cached_ = renewed(sign_in, load(sign_in), stop);
}

void TokenKeeper::accept(const SignIn& sign_in, const Tokens& tokens, const net::Stop& stop) {
  const std::scoped_lock lock(mutex_);
  const FileLock file_lock(lock_file_, clock_, stop);
  const std::string consented =
      sign_in.grant == Grant::authorization_code ? format_time(clock_.now()) : std::string();
  Sealed sealed{tokens, sign_in.fingerprint(), consented};
  seal(sealed);
  cached_ = std::move(sealed);
}

std::optional<TokenKeeper::Kept> TokenKeeper::kept(const SignIn& sign_in) {
  const std::scoped_lock lock(mutex_);
  const std::optional<Sealed> sealed = load(sign_in);
  if (!sealed) return std::nullopt;
  return Kept{!sealed->tokens.refresh.empty(), format_time(sealed->tokens.granted_at),
              format_time(sealed->tokens.expires_at), sealed->consented_at};
}

bool TokenKeeper::serves(const Sealed& sealed, const SignIn& sign_in, std::string_view refused) const {
  const Tokens& tokens = sealed.tokens;
  const Milliseconds life = tokens.expires_at - tokens.granted_at;
  return !tokens.access.empty() && tokens.access != refused &&
         clock_.now() < tokens.expires_at - std::min(kEarly, life / 2) &&
         sealed.fingerprint == sign_in.fingerprint();
}

TokenKeeper::Sealed TokenKeeper::renewed(const SignIn& sign_in, const std::optional<Sealed>& old,
                                         const net::Stop& stop) {
  if (sign_in.grant == Grant::authorization_code) {
    if (!old || old->tokens.refresh.empty())
      throw Error("PB1902", "Nobody has signed in to the connection " + connection_ +
                                " with a browser yet, or its url, client_id or scopes were changed since, or "
                                "the server gave no refresh token.");
    return refreshed(sign_in, *old, stop);
  }
  Sealed sealed{endpoint_.client_credentials(sign_in, stop), sign_in.fingerprint(), {}};
  seal(sealed);
  return sealed;
}

TokenKeeper::Sealed TokenKeeper::refreshed(const SignIn& sign_in, const Sealed& old,
                                           const net::Stop& stop) try {
  Sealed sealed{endpoint_.refresh(sign_in, old.tokens.refresh, stop), sign_in.fingerprint(),
                old.consented_at};
  seal(sealed);
  return sealed;
} catch (const Refused& refused) {
  if (refused.oauth_error() != "invalid_grant") throw;
  throw Error("PB1903", "The consent that was given to the connection " + connection_ +
                            (old.consented_at.empty() ? "" : " at " + old.consented_at) + " has ended. " +
                            refused.message());
}

/// Tokens that were got with another sign-in are none of this one.
std::optional<TokenKeeper::Sealed> TokenKeeper::load(const SignIn& sign_in) {
  const std::optional<std::string> text = vault_.open(entry());
  if (!text) return std::nullopt;
  const json::object object = json::parse(*text).as_object();
  Sealed sealed{{text_in(object, "access"), text_in(object, "refresh"), text_in(object, "scopes"),
                 time_in(object, "granted_at"), time_in(object, "expires_at")},
                text_in(object, "sign_in"),
                text_in(object, "consented_at")};
  if (sealed.fingerprint != sign_in.fingerprint()) return std::nullopt;
  redactor_.add(sealed.tokens.access);
  redactor_.add(sealed.tokens.refresh);
  return sealed;
}

void TokenKeeper::seal(const Sealed& sealed) {
  const Tokens& tokens = sealed.tokens;
  vault_.seal(entry(), json::serialize(json::object{{"access", tokens.access},
                                                    {"refresh", tokens.refresh},
                                                    {"scopes", tokens.scopes},
                                                    {"granted_at", format_time(tokens.granted_at)},
                                                    {"expires_at", format_time(tokens.expires_at)},
                                                    {"sign_in", sealed.fingerprint},
                                                    {"consented_at", sealed.consented_at}}));
}

}  // namespace psabridge::connection
