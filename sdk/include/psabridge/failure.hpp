// How a call ends that cannot do its work; part of <psabridge/plugin.hpp>.
#pragma once
#include <psabridge/abi.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

namespace psabridge::sdk {

/// How a call ended that did not succeed; decides what the pipeline does next.
enum class Outcome : psabridge_code {
  retry = PSABRIDGE_RETRY,                ///< transient; tried again with back-off
  throttled = PSABRIDGE_THROTTLED,        ///< rate limited; waits `retry_after`, which costs no try
  unauthorized = PSABRIDGE_UNAUTHORIZED,  ///< sign-in refused; the connection pauses
  forbidden = PSABRIDGE_FORBIDDEN,        ///< a right is missing; this entity is left out, the others go on
  invalid = PSABRIDGE_INVALID,            ///< settings or arguments are wrong; trying again cannot help
  cancelled = PSABRIDGE_CANCELLED,        ///< the host asked to stop and the call obeyed
  failed = PSABRIDGE_FAILED               ///< anything else
};

/// Thrown by a verb, or by a Host function, that cannot do its work.
class Failure : public std::runtime_error {
 public:
  /// `message`: one paragraph for an admin: what, where, why, what to do. `error_code`: for `psabridge
  /// explain`
  /// ("PB1203"), or empty. `retry_after`: how long the source asked to wait; zero lets the host decide.
  Failure(Outcome outcome, const std::string& message, std::string error_code = {},
          std::chrono::milliseconds retry_after = {})
      : std::runtime_error(message),
        outcome_(outcome),
        error_code_(std::move(error_code)),
        retry_after_(retry_after) {}

  Outcome outcome() const noexcept { return outcome_; }
  const std::string& error_code() const noexcept { return error_code_; }
  std::chrono::milliseconds retry_after() const noexcept { return retry_after_; }

 private:
  Outcome outcome_;
  std::string error_code_;
  std::chrono::milliseconds retry_after_;
};

}  // namespace psabridge::sdk
