// How connections stand: one state each, since when and why, for everybody who works with the store.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/redactor.h"
#include "core/config/config.h"
#include "core/store/control.h"

namespace psabridge::connection {

/// docs/guide/connections.md explains each. Kept by its name.
enum class State { fresh, connected, degraded, unauthorized, rate_limited, paused, maintenance, failed };
/// "new", "connected", ...
std::string_view name_of(State state) noexcept;

/// What somebody has just found out about a connection.
struct Observation {
  State state = State::connected;
  std::string code;   ///< of the error; empty when all is well
  std::string cause;  ///< a sentence
};
/// What an error (its code and message) says about the connection that met it. Nothing when it says nothing
/// about the connection (a full disk, a lock).
std::optional<Observation> observe(std::string_view code, std::string_view message);

/// Thread-safe, and true for several processes at once.
class Standing {
 public:
  /// Everything referred to outlives it.
  Standing(store::Control& control, const Redactor& redactor, Clock& clock)
      : control_(control), redactor_(redactor), clock_(clock) {}

  /// As it was last noted; `new` when it never was. A maintenance window of the configuration counts while it
  /// is open.
  store::ConnectionState of(const config::Connection& connection);
  /// Notes what was found out. A paused connection stays paused. True when that changed the state or its
  /// code: somebody should be told.
  bool note(const config::Connection& connection, const Observation& observation);
  void pause(const config::Connection& connection, std::string_view reason);
  /// The next run decides how it stands: until then it is `new`.
  void resume(const config::Connection& connection);
  /// Throws Error PB1906 when an admin paused it, PB1907 when it waits for a new sign-in, PB1908 in a
  /// maintenance window.
  void require_usable(const config::Connection& connection);

 private:
  bool put(const config::Connection& connection, const Observation& observation);

  store::Control& control_;
  const Redactor& redactor_;  ///< servers may repeat what they were sent, and causes are kept on disk
  Clock& clock_;
};

}  // namespace psabridge::connection
