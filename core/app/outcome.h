// What a command gives back; the program decides how it is shown.
#pragma once
#include <boost/json.hpp>
#include <string>

namespace psabridge::app {

/// The same facts twice: `data` for --json, `text` for people. `text` ends with a line end unless it is
/// empty.
struct Outcome {
  boost::json::value data;
  std::string text;
  int status = 0;         ///< exit status, docs/guide/command-line.md
  std::string talk = {};  ///< for stderr: what went wrong in part
};

}  // namespace psabridge::app
