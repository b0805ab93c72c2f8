#include "core/app/own_name.h"

#include <pwd.h>
#include <unistd.h>

namespace psabridge::app {

std::string own_name() {
  const passwd* const entry = getpwuid(geteuid());
  return entry ? entry->pw_name : "uid " + std::to_string(geteuid());
}

}  // namespace psabridge::app
