// SIGINT and SIGTERM: the first asks the program to end in order, the second ends it at once.
#pragma once

namespace psabridge::app {

/// Call once, early in main(). SIGPIPE becomes a failed write.
void catch_signals();

/// The signal that asked to stop, or 0. Any thread.
int stop_signal() noexcept;
/// True once a signal asked to stop. Any thread.
bool stop_asked() noexcept;

}  // namespace psabridge::app
