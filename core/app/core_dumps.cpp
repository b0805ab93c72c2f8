#include "core/app/core_dumps.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace psabridge::app {

void forbid_core_dumps() noexcept {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // The limit alone does not hold where core_pattern is a pipe; the flag alone is lost by execve.
  constexpr rlimit kNone{0, 0};
  setrlimit(RLIMIT_CORE, &kNone);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

}  // namespace psabridge::app
