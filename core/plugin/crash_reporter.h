// Names the plugin when the process dies inside one.
#pragma once

namespace psabridge::plugin {

/// The call that this thread is in. The texts are kept by whoever makes the scope, until it ends; no copies
/// are made, because a crash may have damaged the heap.
struct CallName {
  const char* plugin;
  const char* role;  ///< "connector \"halo\""
  const char* verb;
};

/// Marks the current thread as being inside a plugin, until the end of the scope. Scopes nest.
class CrashScope {
 public:
  explicit CrashScope(const CallName& name) noexcept;
  ~CrashScope();
  CrashScope(const CrashScope&) = delete;
  CrashScope& operator=(const CrashScope&) = delete;

 private:
  CallName name_;
  const CallName* outer_;
};

/// From now on a SIGSEGV, SIGBUS, SIGFPE, SIGILL or SIGABRT writes one line to stderr that names plugin, role
/// and verb, and then ends the process just as it would have ended without. Call it once, early in main().
void install_crash_reporter();

}  // namespace psabridge::plugin
