#include "core/plugin/crash_reporter.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace psabridge::plugin {
namespace {

thread_local const CallName* innermost_call = nullptr;

/// A stack for the handler, so that a plugin that has used up the thread's own stack is named too.
class HandlerStack {
 public:
  HandlerStack() noexcept {
    stack_t present{};
    if (::sigaltstack(nullptr, &present) != 0 || !(present.ss_flags & SS_DISABLE))
      return;  // somebody else's, leave it
    const stack_t ours{memory_.data(), 0, memory_.size()};
    installed_ = ::sigaltstack(&ours, nullptr) == 0;
  }
  ~HandlerStack() {
    const stack_t none{nullptr, SS_DISABLE, 0};
    if (installed_) ::sigaltstack(&none, nullptr);
  }
  HandlerStack(const HandlerStack&) = delete;
  HandlerStack& operator=(const HandlerStack&) = delete;

 private:
  alignas(std::max_align_t) std::array<std::byte, 32 * 1024> memory_;
  bool installed_ = false;
};

constexpr std::array kSignals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

std::string_view name_of_signal(int signal) noexcept {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV";
    case SIGBUS:
      return "SIGBUS";
    case SIGFPE:
      return "SIGFPE";
    case SIGILL:
      return "SIGILL";
    default:
      return "SIGABRT";
  }
}

/// One line put together in place: nothing here may allocate or lock.
class Line {
 public:
  Line& operator<<(std::string_view text) noexcept {
    const std::size_t taken = std::min(text.size(), text_.size() - size_);
    std::memcpy(text_.data() + size_, text.data(), taken);
    size_ += taken;
    return *this;
  }
  void write() const noexcept {
    [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, text_.data(), size_);  // dying anyway
  }

 private:
  std::array<char, 1024> text_;
  std::size_t size_ = 0;
};

/// SA_RESETHAND has restored the default action, which raise() then takes.
void report_crash(int signal) noexcept {
  Line line;
  line << "psabridge: crashed by " << name_of_signal(signal);
  if (const CallName* call = innermost_call)
    line << " in plugin " << call->plugin << ", " << call->role << ", verb " << call->verb
         << ". Stored data is safe; report this to the plugin's vendor.\n";
  else
    line << " outside of any plugin. Stored data is safe; report this to the makers of psabridge.\n";
  line.write();
  ::raise(signal);
}

}  // namespace

CrashScope::CrashScope(const CallName& name) noexcept : name_(name), outer_(innermost_call) {
  static thread_local const HandlerStack stack;
  innermost_call = &name_;
}

CrashScope::~CrashScope() { innermost_call = outer_; }

void install_crash_reporter() {
  struct sigaction action {};
  action.sa_handler = &report_crash;
  action.sa_flags = SA_RESETHAND | SA_NODEFER | SA_ONSTACK;
  for (const int signal : kSignals) ::sigaction(signal, &action, nullptr);
}

}  // namespace psabridge::plugin
