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

/// The texts of an answer, not the answer as it is written: there a secret may be escaped, and a secret of
/// digits may look like a number.
void redact(boost::json::value& value, const Redactor& redactor) {
  if (value.is_string()) value = redactor.apply(std::string(value.get_string()));
  if (auto* array = value.if_array())
    for (auto& item : *array) redact(item, redactor);
  if (auto* object = value.if_object())
    for (auto& member : *object) redact(member.value(), redactor);
}

int show_failure(const std::exception& error, const std::string& command, bool json,
                 const Redactor& redactor) {
  auto failure = describe(error);
  for (auto& entry : failure.entries) entry.message = redactor.apply(std::move(entry.message));
  if (json) std::cout << envelope(command, failure) << std::flush;
  std::cerr << to_text(failure, colours_on(Stream::err));
  return failure.status;
}

/// An answer may repeat what a server once said: it passes the redactor like every other text.
int show_outcome(Outcome outcome, const std::string& command, bool json, const Redactor& redactor) {
  if (json) redact(outcome.data, redactor);
  std::cout << (json ? envelope(command, outcome) : redactor.apply(std::move(outcome.text))) << std::flush;
  if (std::cout) return outcome.status;
  throw Error("PB1603", "The answer could not be written to standard output.");
}

int invoke(const Invocation& invocation, const GlobalOptions& options) {
  Context context(options, system_clock());
  try {
    Outcome outcome = (*invocation.action)(context);
    return show_outcome(std::move(outcome), invocation.command, options.json, context.redactor());
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
    return show_outcome({.data = nullptr, .text = invocation.help}, invocation.command, false, Redactor());
  return invoke(invocation, options);
} catch (const std::exception& error) {
  return show_failure(error, "", asks_for_json(argc, argv), Redactor());
}

}  // namespace psabridge::app
