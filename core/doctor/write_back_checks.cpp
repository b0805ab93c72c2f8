#include "core/doctor/write_back_checks.h"

#include <algorithm>
#include <set>

#include "core/store/outbox.h"
#include "core/writeback/wish.h"

namespace psabridge::doctor {
namespace {

using store::OutboxState;

constexpr std::chrono::minutes kLongWait{15};

std::string changes(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " change" : " changes");
}

std::uint64_t count_of(const store::OutboxFigures& figures, OutboxState state) {
  const auto found = figures.by_state.find(state);
  return found == figures.by_state.end() ? 0 : found->second;
}

/// The words of the newest one in that state, as an example.
std::string example(const store::Outbox& outbox, const std::string& connection, OutboxState state) {
  const auto newest = outbox.list({.connection = connection, .states = {state}, .limit = 1});
  if (newest.empty() || newest.front().reason.empty()) return {};
  return " " + newest.front().field + " of " + newest.front().entity + " " + newest.front().source_id + ": " +
         newest.front().reason;
}

/// Rights that the fields need which pipelines write to the connection.
std::set<std::string> needed_rights(const std::string& connection, const config::Config& config,
                                    const plugin::ConnectorProfile& profile) {
  std::set<std::string> rights;
  for (const config::Pipeline& pipeline : config.pipelines) {
    if (pipeline.connection != connection) continue;
    for (const writeback::Field& field : writeback::all_fields())
      if (writeback::writes(pipeline, field.name))
        for (const std::string_view entity : writeback::takers(profile, field))
          rights.insert(profile.entities.find(std::string(entity))->second.write_scope);
  }
  rights.erase("");
  return rights;
}

/// Everything that all scopes together contain.
bool covers(std::string_view scope, std::string_view needed) {
  return scope == needed || scope == "all" || scope == "admin";
}

}  // namespace

bool is_written_to(const config::Config& config, const std::string& connection) {
  return std::ranges::any_of(config.pipelines, [&](const config::Pipeline& pipeline) {
    return pipeline.connection == connection && !pipeline.write_back.fields.empty();
  });
}

void look_at_outbox_of(const std::string& connection, const config::Config& config,
                       const store::Outbox& outbox, SysMilliseconds now, Notes& notes) {
  const store::OutboxFigures figures = outbox.figures(connection);
  const std::uint64_t waiting =
      count_of(figures, OutboxState::waiting) + count_of(figures, OutboxState::sent);
  const std::uint64_t conflicts = count_of(figures, OutboxState::conflict);
  const std::uint64_t failed = count_of(figures, OutboxState::failed);
  const auto oldest = parse_time(figures.oldest_open_at);
  if (waiting > 0 && !is_written_to(config, connection))
    notes.fail(
        connection, "PB2301", changes(waiting) + " wait, and nothing is written back to " + connection + ".",
        "Give the pipeline of " + connection + " `write_back` again, or `psabridge outbox drop` them.");
  else if (oldest && now - *oldest > kLongWait)
    notes.fail(connection, "PB2308",
               changes(waiting) + " wait, the oldest since " + figures.oldest_open_at + "." +
                   example(outbox, connection, OutboxState::waiting),
               "`psabridge outbox list` shows why. Without a daemon nothing is sent by itself: `psabridge "
               "serve`, or once `psabridge outbox send`.");
  if (conflicts > 0)
    notes.warn(connection, "PB2303",
               changes(conflicts) + " met another value in the source." +
                   example(outbox, connection, OutboxState::conflict),
               "`psabridge outbox list --state conflict`, then `psabridge outbox resolve ID --ours` or "
               "`--source`.");
  if (failed > 0)
    notes.warn(
        connection, "PB2302",
        changes(failed) + " were refused by the source." + example(outbox, connection, OutboxState::failed),
        "`psabridge outbox list --state failed` shows why, then `psabridge outbox retry ID` or `drop ID`.");
}

void look_at_write_rights(const std::string& connection, const config::Config& config,
                          const plugin::ConnectorProfile& profile, std::span<const std::string> scopes,
                          Notes& notes) {
  const std::set<std::string> needed = needed_rights(connection, config, profile);
  if (needed.empty()) return notes.skip("right", "The connector does not say which right writing needs.");
  for (const std::string& right : needed) {
    if (std::ranges::any_of(scopes, [&](const std::string& scope) { return covers(scope, right); }))
      notes.pass("right", "The connection asks for " + right + ".");
    else
      notes.fail("right", "PB1204",
                 "The pipeline writes back to " + connection +
                     ", and the connection does not ask for the right " + right + ".",
                 "Add " + right +
                     " to auth.scopes of the connection, and allow it to the application in the source.");
  }
}

}  // namespace psabridge::doctor
