#include "core/app/program.h"

#include <algorithm>
#include <iostream>
#include <string_view>

#include "core/app/commands.h"
#include "core/app/local_door.h"
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
  auto failure = describe(error);
  for (auto& entry : failure.entries) entry.message = redactor.apply(std::move(entry.message));
  if (json) std::cout << envelope(command, failure) << std::flush;
  std::cerr << to_text(failure, colours_on(Stream::err));
  return failure.status;
}

/// An answer may repeat what a server once said: it passes the redactor like every other text.
int show_outcome(Outcome outcome, const std::string& command, bool json, const Redactor& redactor) {
  std::cerr << redactor.apply(std::move(outcome.talk));
  if (json) redact(outcome.data, redactor);
  std::cout << (json ? envelope(command, outcome) : redactor.apply(std::move(outcome.text))) << std::flush;
  if (std::cout) return outcome.status;
  throw Error("PB1603", "The answer could not be written to standard output.");
}

/// A command for the daemon that holds the store; nothing when there is none.
std::optional<int> invoke_at_daemon(Context& context, const Invocation& invocation, int argc,
                                    const char* const* argv) {
  const auto answer = ask_daemon(door_of(context.config().store),
                                 {{argv + 1, argv + argc}, context.inputs(), context.caller()});
  if (!answer) return std::nullopt;
  const bool json = context.options().json;
  if (answer->outcome) return show_outcome(*answer->outcome, invocation.command, json, context.redactor());
  if (json) std::cout << envelope(invocation.command, *answer->failure) << std::flush;
  std::cerr << to_text(*answer->failure, colours_on(Stream::err));
  return answer->failure->status;
}

/// Somebody else holds what the command needs. It has done nothing yet: locks are taken first.
bool is_held(const Error& error) { return error.code() == "PB1302"; }

int invoke(const Invocation& invocation, const GlobalOptions& options, int argc, const char* const* argv) {
  Context context(options, system_clock());
  try {
    if (invocation.daemon_first)
      if (const auto status = invoke_at_daemon(context, invocation, argc, argv)) return *status;
    try {
      Outcome outcome = (*invocation.action)(context);
      return show_outcome(std::move(outcome), invocation.command, options.json, context.redactor());
    } catch (const Error& error) {
      if (!is_held(error)) throw;
      if (const auto status = invoke_at_daemon(context, invocation, argc, argv)) return *status;
      throw;
    }
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
  return invoke(invocation, options, argc, argv);
} catch (const std::exception& error) {
  return show_failure(error, "", asks_for_json(argc, argv), Redactor());
}

CommandAnswer run_lent(const Question& question, const Lent& lent) {
  const Redactor& redactor = lent.premises.installation.redactor;
  try {
    GlobalOptions options;
    CommandTree tree(options);
    add_commands(tree);
    std::vector<const char*> words{"psabridge"};
    for (const std::string& argument : question.arguments) words.push_back(argument.c_str());
    const auto invocation = tree.parse(static_cast<int>(words.size()), words.data());
    options.quiet = true;  // its progress would go to the daemon's log
    Context context(options, lent.premises.installation.clock, lent, question.caller, question.inputs);
    Outcome outcome = (*invocation.action)(context);
    redact(outcome.data, redactor);
    outcome.text = redactor.apply(std::move(outcome.text));
    outcome.talk = redactor.apply(std::move(outcome.talk));
    return {std::move(outcome), std::nullopt};
  } catch (const std::exception& error) {
    Failure failure = describe(error);
    for (auto& entry : failure.entries) entry.message = redactor.apply(std::move(entry.message));
    return {std::nullopt, std::move(failure)};
  }
}

}  // namespace psabridge::app
