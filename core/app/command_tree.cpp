#include "core/app/command_tree.h"

#include "core/base/text.h"

namespace psabridge::app {
namespace {

constexpr const char* kVersion = PSABRIDGE_VERSION;

void add_global_options(CLI::App& root, GlobalOptions& options) {
  root.add_option("-c,--config", options.config, "Configuration file, or folder of *.yaml files")
      ->envname("PSABRIDGE_CONFIG")
      ->type_name("PATH")
      ->default_str(options.config);
  root.add_option("--plugins", options.plugin_folders,
                  "One more folder to load plugins from; may be repeated")
      ->type_name("DIR")
      ->allow_extra_args(false);
  root.add_flag("--json", options.json, "Answer with one JSON document on stdout");
  root.add_flag("-q,--quiet", options.quiet, "Say nothing on stderr but errors");
  root.add_flag("--debug", options.debug, "Say every step on stderr");
  root.add_flag("--allow-plain", options.allow_plain,
                "Accept secrets that stand in the configuration itself (for trials only)");
}

/// The command that was reached last, as far as the words were understood.
const CLI::App& deepest(const CLI::App& root) {
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

std::string path_of(const CLI::App& app) {
  const auto* parent = app.get_parent();
  return parent && parent->get_parent() ? path_of(*parent) + " " + app.get_name() : app.get_name();
}

std::string full_path(const CLI::App& app) {
  return app.get_parent() ? "psabridge " + path_of(app) : "psabridge";
}

std::vector<const CLI::App*> visible_commands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

/// What may stand where `word` stands: options for "--wrod", commands for others.
std::vector<std::string> candidates(const CLI::App& app, std::string_view word) {
  std::vector<std::string> names;
  if (word.starts_with('-')) {
    for (const auto* level = &app; level; level = level->get_parent())
      for (const auto* option : level->get_options())
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  } else {
    for (const auto* command : visible_commands(app)) names.push_back(command->get_name());
  }
  return names;
}

[[noreturn]] void fail(const CLI::App& app, const std::string& reason) {
  throw Error("PB1601", reason + " `" + full_path(app) + " --help` shows how it is used.");
}

[[noreturn]] void fail_at_word(const CLI::App& app, const std::string& word) {
  const auto names = candidates(app, word);
  const std::vector<std::string_view> views(names.begin(), names.end());
  const bool expects_command = !visible_commands(app).empty() && !word.starts_with('-');
  fail(app, "\"" + word + "\" is not " + (expects_command ? "a command" : "something") + " that `" +
                full_path(app) + "` knows." + did_you_mean(word, views));
}

/// Help that shows the command as it is typed.
std::string help_of(const CLI::App& app) {
  return app.get_parent() ? app.help(full_path(*app.get_parent())) : app.help();
}

std::string one_line(std::string text) {
  if (!text.empty() && text.back() != '.') text += '.';
  return text;
}

void append_reference(std::string& text, const CLI::App& app) {
  if (visible_commands(app).empty()) text += "## " + full_path(app) + "\n\n```\n" + help_of(app) + "```\n\n";
  for (const auto* command : visible_commands(app)) append_reference(text, *command);
}

}  // namespace

CommandTree::CommandTree(GlobalOptions& options)
    : root_("Connects a PSA to Super IT: syncs, deduplicates, routes, explains.", "psabridge") {
  root_.require_subcommand(0, 1);  // at most one, so that an entity called "status" is no second command
  root_.set_help_flag("-h,--help", "Show this help and do nothing");
  root_.get_formatter()->column_width(34);
  root_.footer(
      "`psabridge COMMAND --help` tells more and gives an example. The options above may stand after any "
      "command.");
  add_global_options(root_, options);
}

CLI::App& CommandTree::add_group(const std::string& name, const std::string& summary) {
  auto& group = *root_.add_subcommand(name, summary);
  group.require_subcommand(0, 1)->fallthrough();
  group.footer("");
  return group;
}

CLI::App& CommandTree::add(CLI::App& parent, const CommandWords& words, Action action) {
  auto& command = *parent.add_subcommand(words.name, words.summary);
  command.fallthrough();
  command.footer("Example:\n  " + words.example + "\n\nOptions of every command: psabridge --help");
  actions_.emplace(&command, std::move(action));
  return command;
}

Invocation CommandTree::parse(int argc, const char* const* argv) {
  try {
    root_.parse(argc, argv);
    return select();
  } catch (const CLI::CallForHelp&) {
    const auto& app = deepest(root_);
    return {.command = path_of(app), .help = help_of(app)};
  } catch (const CLI::ExtrasError&) {
    fail_at_word(deepest(root_), root_.remaining(true).front());
  } catch (const CLI::ParseError& error) {
    fail(deepest(root_), one_line(error.what()));
  }
}

Invocation CommandTree::select() const {
  const auto& app = deepest(root_);
  const auto action = actions_.find(&app);
  if (action != actions_.end())
    return {.command = path_of(app),
            .help = {},
            .action = &action->second,
            .daemon_first = daemon_first_.contains(&app)};
  std::string names;
  for (const auto* command : visible_commands(app))
    names += (names.empty() ? "" : ", ") + command->get_name();
  fail(app, "`" + full_path(app) + "` needs a command after it: " + names + ".");
}

std::string CommandTree::reference() const {
  std::string text =
      "# Commands\n\nMade by `psabridge docs commands`; do not edit. What all commands share stands in "
      "[the guide](../guide/command-line.md).\n\n## psabridge\n\n```\n" +
      help_of(root_) + "```\n\n";
  append_reference(text, root_);
  text.pop_back();
  return text;
}

}  // namespace psabridge::app
