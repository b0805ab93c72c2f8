#include "core/app/signals.h"

#include <atomic>
#include <csignal>

namespace psabridge::app {
namespace {

std::atomic<int> received{0};
std::atomic<bool> reload{false};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free,
              "a signal handler may touch nothing else");

void note(int number) {
  received = number;
  std::signal(number, SIG_DFL);
}

void note_reload(int) { reload = true; }

}  // namespace

void catch_signals() {
  std::signal(SIGINT, note);
  std::signal(SIGTERM, note);
  std::signal(SIGPIPE, SIG_IGN);
}

int stop_signal() noexcept { return received; }

bool stop_asked() noexcept { return received != 0; }

void catch_reload() { std::signal(SIGHUP, note_reload); }

bool take_reload() noexcept { return reload.exchange(false); }

}  // namespace psabridge::app
