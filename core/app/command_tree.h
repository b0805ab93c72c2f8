// The commands with their options and help texts, and the way from argv to the one that was asked for.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/app/context.h"
#include "core/app/options.h"
#include "core/app/outcome.h"

namespace psabridge::app {

/// Does the work of one command. Throws Error.
using Action = std::function<Outcome(Context&)>;

/// How a command is called and what its help says.
struct CommandWords {
  std::string name, summary, example;
};

/// What the command line asks for.
struct Invocation {
  std::string command;  ///< "runs list"
  std::string help;     ///< text to print instead of doing anything; empty: do it
  const Action* action = nullptr;
  bool daemon_first = false;  ///< a daemon that runs knows more
};

class CommandTree {
 public:
  /// `options` is filled by parse() and outlives the tree.
  explicit CommandTree(GlobalOptions& options);

  CLI::App& root() noexcept { return root_; }
  /// A command that only holds others.
  CLI::App& add_group(const std::string& name, const std::string& summary);
  /// A command; its options are added to the result by the caller, who keeps their values alive in the
  /// action.
  CLI::App& add(CLI::App& parent, const CommandWords& words, Action action);

  /// A command that only a running daemon can answer whole: it is asked first.
  void ask_daemon_first(const CLI::App& command) { daemon_first_.insert(&command); }

  /// Throws Error PB1601 that says what is wrong and what was probably meant.
  Invocation parse(int argc, const char* const* argv);
  /// Every command with its help, as docs/reference/commands.md.
  std::string reference() const;

 private:
  Invocation select() const;

  CLI::App root_;
  std::map<const CLI::App*, Action> actions_;
  std::set<const CLI::App*> daemon_first_;
};

}  // namespace psabridge::app
