// The whole program behind main().
#pragma once
#include "core/app/lent.h"
#include "core/app/local_door.h"

namespace psabridge::app {

/// Does what the command line asks for; stdout is data, stderr is talk. Returns the exit status. Never
/// throws.
int run(int argc, const char* const* argv);

/// Does a command inside of a daemon, for somebody who asked through its door. Several at once.
CommandAnswer run_lent(const Question& question, const Lent& lent);

}  // namespace psabridge::app
