// The one error type of the host: a code for `explain`, a class that decides what happens next, a sentence
// for an admin.
#pragma once
#include <chrono>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace psabridge {

/// What an error means for the work that met it (docs/guide/errors.md).
enum class ErrorClass {
  usage,         ///< the command line is wrong
  config,        ///< the configuration is wrong: stops
  auth,          ///< sign-in refused: pauses the connection
  permission,    ///< a right is missing: degrades one entity
  rate_limited,  ///< wait; costs no try
  transient,     ///< network or server trouble: retried with full jitter
  data,          ///< one record or event is bad: dead letter
  guard,         ///< a threshold holds and asks
  environment,   ///< disk, file, store not reachable on this machine
  conflict,      ///< somebody else holds the lock, or a plan no longer fits
  integrity,     ///< the store is damaged or an invariant is broken: stops
  cancelled,     ///< stopped on request; work can be resumed
  internal       ///< a defect of psabridge or of a plugin
};

/// One entry of the catalog: what `psabridge explain CODE` prints.
struct ErrorInfo {
  std::string_view code;  ///< "PB1203"
  ErrorClass error_class;
  std::string_view title;        ///< a few words
  std::string_view explanation;  ///< why it happens
  std::string_view remedy;       ///< what to do
};

/// Thrown by every part of the host. `what()` is "PB1203: message".
/// The message says what happened, where and why; the catalog's remedy is appended by whoever prints it.
class Error : public std::runtime_error {
 public:
  /// `code` must be in the catalog (asserted).
  Error(std::string_view code, std::string message);

  std::string_view code() const noexcept { return info_->code; }
  ErrorClass error_class() const noexcept { return info_->error_class; }
  const ErrorInfo& info() const noexcept { return *info_; }
  /// The sentence without the code.
  const std::string& message() const noexcept { return message_; }

  /// How long the peer asked to wait, when it did.
  std::optional<std::chrono::milliseconds> retry_after;

 private:
  const ErrorInfo* info_;
  std::string message_;
};

/// All codes, ordered. The array lives for ever.
std::span<const ErrorInfo> error_catalog() noexcept;
/// Null when the code is unknown.
const ErrorInfo* find_error(std::string_view code) noexcept;
/// "auth", "rate_limited", ...
std::string_view name_of(ErrorClass error_class) noexcept;
/// Exit status of the command line for an error of this class (docs/guide/command-line.md).
int exit_status(ErrorClass error_class) noexcept;

}  // namespace psabridge
