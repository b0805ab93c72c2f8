// How a delivery proves that it comes from its source.
//
// Every refusal of a proof costs the same: whatever was presented, or was not, the same keys are tried on the
// same bytes, and secrets and signatures are compared in constant time.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.h"
#include "core/config/config.h"
#include "core/net/http_server.h"

namespace psabridge::webhook {

/// A delivery, not believed yet. Everything is the caller's.
struct Presented {
  const net::RequestHead& head;
  std::string_view token;  ///< of the path, behind the connection's name
  std::string_view body;
};

enum class Verdict {
  genuine,
  no_proof,        ///< nothing is there that could be a proof
  wrong_proof,     ///< it is of another secret, another body, or of no known form
  stale_timestamp  ///< genuine, but made too long ago, or by a clock that is ahead
};

/// The secrets that are taken at one moment.
struct ProofSecrets {
  std::string current;
  std::optional<std::string> previous;  ///< still good while the source learns the current one
  bool operator==(const ProofSecrets&) const = default;
};

/// Judges the deliveries of one connection. Thread-safe: it never changes.
class Proof {
 public:
  virtual ~Proof() = default;
  virtual Verdict judge(const Presented& presented, SysMilliseconds now) const = 0;
  /// What WWW-Authenticate asks for when a proof was refused.
  virtual std::string_view challenge() const noexcept = 0;
};

/// `webhook.auth` is not empty. Throws Error PB1807 when a secret cannot serve this kind of proof; the
/// message does not repeat it.
std::unique_ptr<const Proof> make_proof(const config::Webhook& webhook, const ProofSecrets& secrets);

/// A new secret of 32 random bytes, written as this kind of proof wants it.
std::string new_secret(const config::Webhook& webhook);

}  // namespace psabridge::webhook
