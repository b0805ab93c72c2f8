// Questions to the person at the terminal.
#pragma once
#include <string>
#include <string_view>

namespace psabridge::app {

/// True when somebody sits there who can be asked: standard input and standard error are terminals.
bool can_ask();

/// Asks on standard error and gives the line that was typed, without its end; empty at the end of the input.
/// Throws Error PB1410 when a signal asks to stop meanwhile.
std::string ask(std::string_view question);

/// Waits until standard input has something, or has ended. Throws Error PB1410 when a signal asks to stop.
void wait_for_input();

}  // namespace psabridge::app
