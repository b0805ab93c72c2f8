// The way of a secret into the program: typed unseen, or through standard input; never an argument, because
// every user of the machine can read those.
#pragma once
#include <string>

namespace psabridge::app {

/// At a terminal asks `question` and reads a line without showing it; otherwise reads standard input to its
/// end. One line end at the end is dropped; it may be empty, or longer than any secret: the vault judges.
/// The caller overwrites the result (vault::wipe). Throws Error PB1410 when a signal asks to stop meanwhile.
std::string read_secret(const std::string& question);

}  // namespace psabridge::app
