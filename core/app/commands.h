// The commands of the command line, one file per group.
#pragma once
#include "core/app/command_tree.h"

namespace psabridge::app {

/// Adds every command, in the order in which help shows them.
void add_commands(CommandTree& tree);

void add_init_command(CommandTree& tree);
void add_validate_command(CommandTree& tree);
void add_plan_command(CommandTree& tree);
void add_sync_command(CommandTree& tree);
void add_status_command(CommandTree& tree);
void add_runs_commands(CommandTree& tree);
void add_records_commands(CommandTree& tree);
void add_dead_commands(CommandTree& tree);
void add_holds_commands(CommandTree& tree);
void add_links_commands(CommandTree& tree);
void add_verify_command(CommandTree& tree);
void add_plugins_commands(CommandTree& tree);
void add_explain_command(CommandTree& tree);
void add_version_command(CommandTree& tree);
void add_docs_commands(CommandTree& tree);  ///< hidden: makes docs/reference

}  // namespace psabridge::app
