#include "core/writeback/wish.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/store/outbox.h"

namespace psabridge::writeback {
namespace {

using store::OutboxChange;
using store::OutboxState;

constexpr Field kFields[] = {{"team", "team", "team_name", "ticket"},
                             {"agent", "agent", "agent_id", "ticket", "agent"},
                             {"status", "status", "status_id", "ticket", "status"},
                             {"priority", "priority", "priority_id", "ticket", "priority"},
                             {"note", "notes", "text", "note", "", true},
                             {"private_note", "notes", "text", "note", "", true},
                             {kMerge, "merges", "merged_into", "", "", true}};

constexpr std::chrono::hours kEchoWindow{24 * 7};
// The source's answer to our write is another value, which makes us write again: so often, and no more.
constexpr std::chrono::hours kLoopWindow{1};
constexpr std::uint64_t kLoopWrites = 5;

/// The source's name of a managed team.
std::string wanted_of(const config::Pipeline& pipeline, const Wish& wish) {
  if (wish.field != "team") return std::string(wish.wanted);
  const auto named = pipeline.write_back.teams.find(std::string(wish.wanted));
  return named == pipeline.write_back.teams.end() ? std::string(wish.wanted) : named->second;
}

bool is_open(OutboxState state) { return state == OutboxState::waiting || state == OutboxState::sent; }

/// True when the newest change of the field makes this one needless.
bool is_known(const OutboxChange& newest, const OutboxChange& change) {
  if (newest.wanted != change.wanted || newest.state == OutboxState::superseded) return false;
  if (is_open(newest.state)) return true;
  if (change.origin == "person")  // who may say a thing again, but what is merged is gone
    return change.field == kMerge && newest.state == OutboxState::confirmed;
  if (newest.state == OutboxState::conflict || newest.state == OutboxState::dropped) return true;
  // It has not come back yet, or was refused, and the source is known with the same value as then.
  return newest.expected == change.expected;
}

/// True when nothing is to be done, because the source shows the value and nothing else is on its way there.
/// What only waited was superseded; but a try of it whose end is not known may have got there.
bool is_there(const std::optional<OutboxChange>& newest, const OutboxChange& change) {
  const bool moved = newest && newest->wanted != change.wanted &&
                     (newest->state == OutboxState::sent || newest->state == OutboxState::confirmed ||
                      !newest->tried_at.empty());
  return change.expected == change.wanted && !moved;
}

}  // namespace

std::span<const Field> all_fields() noexcept { return kFields; }

const Field* find_field(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(kFields, name, &Field::name);
  return found == std::end(kFields) ? nullptr : found;
}

std::vector<std::string_view> takers(const plugin::ConnectorProfile& profile, const Field& field) {
  std::vector<std::string_view> names;
  for (const auto& [name, entity] : profile.entities) {
    const bool asked = field.entity.empty() || field.entity == name;
    if (asked && std::ranges::find(entity.write, field.canonical) != entity.write.end())
      names.emplace_back(name);
  }
  return names;
}

bool writes(const config::Pipeline& pipeline, std::string_view field) {
  const Field* const known = find_field(field);
  return known &&
         std::ranges::find(pipeline.write_back.fields, known->setting) != pipeline.write_back.fields.end();
}

std::optional<std::int64_t> enqueue(store::Outbox& outbox, const config::Pipeline& pipeline, const Wish& wish,
                                    SysMilliseconds now) {
  if (!writes(pipeline, wish.field)) return std::nullopt;
  const std::string at = format_time(now);
  OutboxChange change{.connection = pipeline.connection,
                      .entity = std::string(wish.entity),
                      .source_id = std::string(wish.source_id),
                      .field = std::string(wish.field),
                      .wanted = wanted_of(pipeline, wish),
                      .origin = std::string(wish.origin),
                      .by = std::string(wish.by),
                      .created_at = at,
                      .due_at = at};
  if (find_field(wish.field)->entity == "note") return outbox.add(change);
  change.expected = wish.present;
  const auto newest = outbox.newest(change);
  if (newest && is_known(*newest, change)) return std::nullopt;
  outbox.supersede(change, "A newer change of the same field took its place.", now);
  if (is_there(newest, change)) return std::nullopt;
  if (change.origin != "person" && outbox.confirmed_since(change, now - kLoopWindow) >= kLoopWrites) {
    change.state = OutboxState::conflict;
    change.code = "PB2306";
    change.shown = change.expected.value_or("");
    change.reason = "The field was written " + std::to_string(kLoopWrites) +
                    " times within an hour, and the source shows \"" + change.shown + "\" again.";
  }
  return outbox.add(change);
}

bool is_echo(const store::Outbox& outbox, std::string_view connection, std::string_view ticket,
             std::string_view field, std::string_view value, SysMilliseconds now) {
  const OutboxChange like{.connection = std::string(connection),
                          .entity = "ticket",
                          .source_id = std::string(ticket),
                          .field = std::string(field),
                          .wanted = std::string(value)};
  return outbox.wrote(like, now - kEchoWindow);
}

}  // namespace psabridge::writeback
