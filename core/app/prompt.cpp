#include "core/app/prompt.h"

#include <poll.h>
#include <unistd.h>

#include <iostream>

#include "core/app/signals.h"
#include "core/app/terminal.h"
#include "core/base/error.h"

namespace psabridge::app {
namespace {

constexpr int kLookForSignals = 200;  // milliseconds: reads begin again by themselves after a signal

void wait_for_input() {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  while (::poll(&input, 1, kLookForSignals) <= 0)
    if (stop_signal() != 0) throw Error("PB1410", "Stopped on request, before the question was answered.");
}

}  // namespace

bool can_ask() { return is_terminal(Stream::in) && is_terminal(Stream::err); }

/// Byte by byte, so that nothing that follows the line is taken from whoever reads next.
std::string ask(const std::string& question) {
  std::cerr << question << std::flush;
  std::string line;
  for (char c = 0;;) {
    wait_for_input();
    if (::read(STDIN_FILENO, &c, 1) != 1 || c == '\n') return line;
    line += c;
  }
}

}  // namespace psabridge::app
