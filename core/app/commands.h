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
void add_serve_command(CommandTree& tree);
void add_status_command(CommandTree& tree);
void add_runs_commands(CommandTree& tree);
void add_records_commands(CommandTree& tree);
void add_events_commands(CommandTree& tree);
void add_dead_commands(CommandTree& tree);
void add_holds_commands(CommandTree& tree);
void add_teams_commands(CommandTree& tree);
void add_links_commands(CommandTree& tree);
void add_route_commands(CommandTree& tree);
void add_values_commands(CommandTree& tree);
void add_dedup_commands(CommandTree& tree);
void add_ticket_commands(CommandTree& tree);
void add_outbox_commands(CommandTree& tree);
void add_verify_command(CommandTree& tree);
void add_plugins_commands(CommandTree& tree);
void add_connection_commands(CommandTree& tree);
void add_webhooks_commands(CommandTree& tree);
void add_secrets_commands(CommandTree& tree);
void add_doctor_command(CommandTree& tree);
void add_explain_command(CommandTree& tree);
void add_version_command(CommandTree& tree);
// Parts of `connection`, in files of their own.
void add_connection_add_command(CommandTree& tree, CLI::App& group);
void add_connection_remove_command(CommandTree& tree, CLI::App& group);
void add_sign_in_commands(CommandTree& tree, CLI::App& group);
void add_dedup_push_command(CommandTree& tree, CLI::App& group);  ///< part of `dedup`
// Parts of `webhooks`.
void add_webhooks_test_command(CommandTree& tree, CLI::App& group);
void add_webhooks_check_command(CommandTree& tree, CLI::App& group);
/// `connection test`: tries everything that the connection needs, and notes how it stands.
Outcome test_connection(Context& context, const config::Connection& connection);

void add_docs_commands(CommandTree& tree);  ///< hidden: makes docs/reference

}  // namespace psabridge::app
