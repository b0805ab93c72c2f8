// How outcomes and errors reach people and programs.
#pragma once
#include <boost/json.hpp>
#include <exception>
#include <string>
#include <vector>

#include "core/app/outcome.h"
#include "core/base/redactor.h"

namespace psabridge::app {

/// One error as it is shown; without a place, `file` is empty and `line` 0.
struct ErrorEntry {
  std::string code, error_class, message, remedy, file;
  int line = 0, column = 0;
};

/// A failed command: what to show and how to exit.
struct Failure {
  std::vector<ErrorEntry> entries;  ///< a configuration has one for each problem
  int status = 1;
};

/// Any exception; what is no Error of ours is an internal error (PB1499).
Failure describe(const std::exception& error);

/// "error PB1003 at acme.yaml:3:5: message" and the remedy, once for each code; coloured when `coloured`.
std::string to_text(const Failure& failure, bool coloured);

/// Takes the secrets out of the texts of an answer, not out of the answer as it is written: there a secret
/// may be escaped, and a secret of digits may look like a number.
void redact(boost::json::value& value, const Redactor& redactor);

/// The stable envelope: {"psabridge", "command", "ok", "data", "errors"}.
std::string envelope(const std::string& command, const Outcome& outcome);
std::string envelope(const std::string& command, const Failure& failure);

}  // namespace psabridge::app
