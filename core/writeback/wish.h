// From a decision to a change in the outbox. Everything here is about the store alone: what is sent, and how,
// is the business of sender.h.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "core/config/config.h"
#include "core/plugin/roles.h"

namespace psabridge::store {
class Outbox;
}

namespace psabridge::writeback {

/// A part of a record that can go back.
struct Field {
  std::string_view name;       ///< in the outbox and on the command line: "team"
  std::string_view setting;    ///< in `write_back.fields`
  std::string_view canonical;  ///< "team_name"; of a note: of its text
  std::string_view entity;     ///< whose it is; "note": makes one; empty: of every entity that the connector
                               ///< writes it of
  std::string_view lookup{};   ///< entity whose source ids are its values; empty: none
  bool alone = false;          ///< handed over by itself, for it is more than a value that is set
};
std::span<const Field> all_fields() noexcept;
/// Null when there is none of that name.
const Field* find_field(std::string_view name) noexcept;
/// A duplicate goes into the record that stays, and is gone from the source.
inline constexpr std::string_view kMerge = "merge";

/// The entities whose field the source takes, by name; none when its connector cannot write it.
std::vector<std::string_view> takers(const plugin::ConnectorProfile& profile, const Field& field);

/// What somebody wants a record to be at its source.
struct Wish {
  std::string_view source_id;
  std::string_view field;    ///< name of a Field
  std::string_view wanted;   ///< team: name of the managed team; agent, status, priority: source id; empty:
                             ///< nothing; note: the text; merge: source id of the record that stays
  std::string_view present;  ///< what the source shows as far as is known: team_name, agent_id ...
  std::string_view origin;   ///< "route" or "person": routes are decided again and again, so the same wish is
                             ///< kept once, whatever became of it
  std::string_view by;       ///< the rule, or the person
  std::string_view entity = "ticket";  ///< that the record is of; of a note: "ticket", too
};

/// True when the pipeline writes the field back.
bool writes(const config::Pipeline& pipeline, std::string_view field);

/// Puts the wish into the outbox, within the caller's transaction; it takes the place of an older one of the
/// same field that was not sent yet. Returns the number of the change; nothing when none is needed: the field
/// is not written back, the source shows the value, or the same is on its way.
std::optional<std::int64_t> enqueue(store::Outbox& outbox, const config::Pipeline& pipeline, const Wish& wish,
                                    SysMilliseconds now);

/// True when a value that the source shows is one that we wrote lately: nobody there decided it.
/// `value` as Wish::present.
bool is_echo(const store::Outbox& outbox, std::string_view connection, std::string_view ticket,
             std::string_view field, std::string_view value, SysMilliseconds now);

}  // namespace psabridge::writeback
