#include "core/app/commands.h"

namespace psabridge::app {

void add_commands(CommandTree& tree) {
  add_init_command(tree);
  add_validate_command(tree);
  add_connection_commands(tree);
  add_webhooks_commands(tree);
  add_secrets_commands(tree);
  add_doctor_command(tree);
  add_plan_command(tree);
  add_sync_command(tree);
  add_serve_command(tree);
  add_status_command(tree);
  add_runs_commands(tree);
  add_records_commands(tree);
  add_events_commands(tree);
  add_dead_commands(tree);
  add_holds_commands(tree);
  add_teams_commands(tree);
  add_links_commands(tree);
  add_route_commands(tree);
  add_values_commands(tree);
  add_dedup_commands(tree);
  add_ticket_commands(tree);
  add_outbox_commands(tree);
  add_verify_command(tree);
  add_plugins_commands(tree);
  add_explain_command(tree);
  add_version_command(tree);
  add_docs_commands(tree);
}

}  // namespace psabridge::app
