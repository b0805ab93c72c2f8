// SIGINT and SIGTERM: the first asks the program to end in order, the second ends it at once. SIGHUP asks a
// daemon to read its configuration again.
#pragma once

namespace psabridge::app {

/// Call once, early in main(). SIGPIPE becomes a failed write.
void catch_signals();

/// The signal that asked to stop, or 0. Any thread.
int stop_signal() noexcept;
/// True once a signal asked to stop. Any thread.
bool stop_asked() noexcept;

/// From here on SIGHUP does not end the program. Call it once, in a daemon.
void catch_reload();
/// True once for each SIGHUP (several may count as one).
bool take_reload() noexcept;

}  // namespace psabridge::app
