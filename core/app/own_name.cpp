#include "core/app/own_name.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace psabridge::app {

std::string own_name() {
  if (const char* const caller = std::getenv("SUDO_USER"); caller && *caller) return caller;
  const passwd* const entry = getpwuid(geteuid());
  return entry ? entry->pw_name : "uid " + std::to_string(geteuid());
}

}  // namespace psabridge::app
