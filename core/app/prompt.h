// Questions to the person at the terminal.
#pragma once
#include <string>

namespace psabridge::app {

/// True when somebody sits there who can be asked: standard input and standard error are terminals.
bool can_ask();

/// Asks on standard error and gives the line that was typed, without its end; empty at the end of the input.
/// Throws Error PB1410 when a signal asks to stop meanwhile.
std::string ask(const std::string& question);

}  // namespace psabridge::app
