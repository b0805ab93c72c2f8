// The fake tenant's data: compact state per row; everything else is made from the seed when a row is
// rendered.
#pragma once

#include <array>
#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/sandbox/mixing.h"
#include "tests/sandbox/names.h"
#include "tests/sandbox/row_writer.h"
#include "tests/sandbox/ticks.h"

namespace sandbox {

enum class Entity : std::uint8_t { client, site, contact, agent, team, ticket, asset };
inline constexpr std::size_t kEntityCount = 7;

// "client", "ticket" ... as the control plane names them; nothing for other words ("note" included).
std::optional<Entity> entity_named(std::string_view name);

// How much data there is. Ids run from 1; client, site and contact 1 and agent 1 are the "Unassigned" ones.
struct Shape {
  std::int32_t clients = 25;
  std::int32_t sites = 40;
  std::int32_t contacts = 200;
  std::int32_t agents = 12;
  std::int32_t teams = 6;
  std::int32_t tickets = 1000;
  std::int32_t assets = 300;
  std::int32_t notes_per_ticket = 3;  // on average
};

// One row of any entity. Columns that mean nothing for an entity stay at their default.
struct Row {
  Ticks created = 0;
  Ticks last_update = 0;
  Ticks closed_at = 0;  // 0: open
  std::int32_t id = 0;
  std::int32_t client = 0;
  std::int32_t site = 0;
  std::int32_t contact = 0;
  std::int32_t agent = 0;
  std::int32_t team = 0;
  std::int32_t status = 0;
  std::int32_t priority = 0;
  std::int32_t type = 0;
  std::int32_t parent = 0;
  std::int32_t merged_into = 0;
  std::uint16_t notes = 0;
  std::uint16_t revision = 0;  // counts updates that name no field; shown at the end of the headline
  bool deleted = false;
  bool inactive = false;
  bool general_user = false;
  bool overlaid = false;

  bool closed() const { return closed_at != 0; }
};

// What a change does to rows, in the words of the control plane.
struct Injection {
  boost::json::object fields;  // known columns change state, the others are shown as given
  std::vector<std::pair<std::string, std::string>> raw;  // member -> JSON text shown verbatim, valid or not
  std::vector<std::string> omit;                         // members left out
};

// Thread-safety: everything public expects the caller to hold mutex(), shared for const functions, exclusive
// for the others. Pointers to rows are valid while it is held.
class Dataset {
 public:
  Dataset(const Shape& shape, std::uint64_t seed, Ticks now);

  std::shared_mutex& mutex() const { return mutex_; }
  const Names& names() const { return names_; }
  std::uint64_t seed() const { return seed_; }
  // Moves with every change; what was computed from one version is void in the next.
  std::uint64_t version() const { return version_; }

  std::span<const Row> rows(Entity entity) const { return table(entity).rows; }
  const Row* find(Entity entity, std::int64_t id) const;
  const Overlay* overlay(Entity entity, const Row& row) const;
  const Overlay* note_overlay(std::int32_t ticket_id, std::int32_t note_id) const;

  // The row's name as it is shown, injected names included; empty for an id that is not there.
  ShortText name(Entity entity, std::int32_t id) const;
  std::optional<std::int32_t> team_named(std::string_view name) const;
  Ticks note_time(const Row& ticket, std::int32_t note_id) const;
  // Who wrote a seeded note: independent of the ticket's present agent, for notes do not change.
  std::int32_t note_agent(const Row& ticket, std::int32_t note_id) const;
  // The asset a ticket is about, or 0.
  std::int32_t asset_of(const Row& ticket) const;

  // --- changes; each takes the new last_update ---
  Row& create(Entity entity, Ticks now, std::optional<std::int32_t> id = std::nullopt);
  Row* find(Entity entity, std::int64_t id);
  void inject(Entity entity, Row& row, const Injection& injection);
  void touch(Row& row, Ticks now);
  void set_status(Row& ticket, std::int32_t status, Ticks now);
  void set_deleted(Row& row, bool deleted, Ticks now);
  // A client or contact is gone, and what belonged to it belongs to another. What moved keeps its last_update.
  void merge(Entity entity, Row& gone, std::int32_t into, Ticks now);
  // Adds a note at the end and moves the ticket; returns its id.
  std::int32_t add_note(Row& ticket, const Injection& injection, Ticks now);
  void change_note(Row& ticket, std::int32_t note_id, const Injection& injection, Ticks now);
  void delete_note(Row& ticket, std::int32_t note_id, Ticks now);

 private:
  struct Table {
    std::vector<Row> rows;  // ascending ids
    std::unordered_map<std::int32_t, Overlay> overlays;
  };

  const Table& table(Entity entity) const { return tables_[static_cast<std::size_t>(entity)]; }
  Table& table(Entity entity) { return tables_[static_cast<std::size_t>(entity)]; }
  void fill(Entity entity, std::int32_t count, const std::function<Row(std::int32_t)>& make);

  Row make_client(std::int32_t id) const;
  Row make_site(std::int32_t id) const;
  Row make_contact(std::int32_t id) const;
  Row make_agent(std::int32_t id) const;
  Row make_team(std::int32_t id) const;
  Row make_asset(std::int32_t id) const;
  Row make_ticket(std::int32_t id) const;
  Row make_row(Stream stream, std::int32_t id) const;
  Ticks note_step(std::int32_t ticket_id) const;
  ShortText seeded_name(Entity entity, const Row& row) const;
  bool set_column(Entity entity, Row& row, std::string_view key, const boost::json::value& value);

  mutable std::shared_mutex mutex_;
  Shape shape_;
  std::uint64_t seed_;
  Ticks start_;
  Names names_;
  std::uint64_t version_ = 1;
  std::array<Table, kEntityCount> tables_;
  std::unordered_map<std::int64_t, Overlay> note_overlays_;
};

}  // namespace sandbox
