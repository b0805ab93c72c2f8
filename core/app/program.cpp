#include "core/app/program.h"

#include <algorithm>
#include <iostream>
#include <string_view>

#include "core/app/commands.h"
#include "core/app/report.h"
#include "core/app/signals.h"
#include "core/app/terminal.h"
#include "core/plugin/crash_reporter.h"

namespace psabridge::app {
namespace {

/// A command line that is not understood may still have asked for JSON.
bool asks_for_json(int argc, const char* const* argv) {
  return std::any_of(argv + 1, argv + argc,
                     [](const char* word) { return std::string_view(word) == "--json"; });
}

int show_failure(const std::exception& error, const std::string& command, bool json,
                 const Redactor& redactor) {
  const auto failure = describe(error);
  if (json) std::cout << redactor.apply(envelope(command, failure)) << std::flush;
  std::cerr << redactor.apply(to_text(failure, colours_on(Stream::err)));
  return failure.status;
}

int show_outcome(const Outcome& outcome, const std::string& command, bool json) {
  std::cout << (json ? envelope(command, outcome) : outcome.text) << std::flush;
  if (std::cout) return outcome.status;
  throw Error("PB1603", "The answer could not be written to standard output.");
}

int invoke(const Invocation& invocation, const GlobalOptions& options) {
  Context context(options, system_clock());
  try {
    return show_outcome((*invocation.action)(context), invocation.command, options.json);
  } catch (const std::exception& error) {
    return show_failure(error, invocation.command, options.json, context.redactor());
  }
}

}  // namespace

int run(int argc, const char* const* argv) try {
  catch_signals();
  plugin::install_crash_reporter();
  GlobalOptions options;
  CommandTree tree(options);
  add_commands(tree);
  const auto invocation = tree.parse(argc, argv);
  if (!invocation.help.empty())
    return show_outcome({.data = nullptr, .text = invocation.help}, invocation.command, false);
  return invoke(invocation, options);
} catch (const std::exception& error) {
  return show_failure(error, "", asks_for_json(argc, argv), Redactor());
}

}  // namespace psabridge::app
