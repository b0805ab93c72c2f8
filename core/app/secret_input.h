// How a secret comes into the program: typed without echo, or on standard input; never as an argument, which
// every user of the machine could read.
#pragma once
#include <string>
#include <string_view>

namespace psabridge::app {

/// The secret: asked for with `question` when a person sits at the terminal, else all of standard input. One
/// line end at its end is dropped. Throws Error PB1807 when it can be no secret (empty, larger than 64 KiB,
/// no text), PB1410 when a signal asked to stop.
std::string read_secret(std::string_view question);
/// The same for a secret that may be left out: empty when nothing was given.
std::string read_optional_secret(std::string_view question);

}  // namespace psabridge::app
