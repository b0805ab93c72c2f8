// Who sits at the command line.
#pragma once
#include <string>

namespace psabridge::app {

/// Who decides, when nobody says so: who called sudo, else the user of this process.
std::string own_name();

}  // namespace psabridge::app
