#include "core/app/prompt.h"

#include <poll.h>
#include <unistd.h>

#include <iostream>

#include "core/app/signals.h"
#include "core/app/terminal.h"
#include "core/base/error.h"

namespace psabridge::app {
namespace {

/// Milliseconds. A read would begin again by itself after a signal; so would a wait without end for a signal
/// that came just before it.
constexpr int kBetweenLooks = 200;

}  // namespace

bool can_ask() { return is_terminal(Stream::in) && is_terminal(Stream::err); }

void wait_for_input() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (::poll(&input, 1, kBetweenLooks) <= 0)
    if (stop_asked())
      throw Error("PB1410",
                  "Stopped on request while a question waited for its answer; nothing was changed.");
}

/// Byte by byte, so that nothing that follows the line is taken from whoever reads next.
std::string ask(std::string_view question) {
  std::cerr << question << ": " << std::flush;
  std::string line;
  while (true) {
    wait_for_input();
    char c = 0;
    if (::read(STDIN_FILENO, &c, 1) != 1 || c == '\n') return line;
    line += c;
  }
}

}  // namespace psabridge::app
