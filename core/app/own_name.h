// Who sits at the command line.
#pragma once
#include <string>

namespace psabridge::app {

/// Name of the user of this process: who decides, when nobody says so.
std::string own_name();

}  // namespace psabridge::app
