// The whole program behind main().
#pragma once

namespace psabridge::app {

/// Does what the command line asks for; stdout is data, stderr is talk. Returns the exit status. Never
/// throws.
int run(int argc, const char* const* argv);

}  // namespace psabridge::app
