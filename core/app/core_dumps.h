// Memory of this process holds secrets in plain text: none of it may reach a core file.
#pragma once

namespace psabridge::app {

/// Call first in main(). The kernel then writes no core file of this process, whatever the system's pattern
/// says, and other processes of the same user can neither trace it nor read its memory. What crashes is told
/// by the crash reporter, in words. Does nothing in a build with a sanitizer: LeakSanitizer traces its own
/// process.
void forbid_core_dumps() noexcept;

}  // namespace psabridge::app
