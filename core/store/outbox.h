// What goes back to the sources: each change that was decided here, one field of one record or one note, from
// the decision until the source shows it. Beside it the ledger of what was written, by which a change that
// comes back is known as our own.
//
// Nothing is ever taken out before its time: what became of a change stays to be seen.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "core/store/database.h"

namespace psabridge::store {

enum class OutboxState : std::uint8_t {
  waiting,    ///< for its turn or its time
  sent,       ///< handed to the source; its end is not known
  confirmed,  ///< the source shows it
  conflict,   ///< the source shows another value; waits for a decision
  failed,     ///< refused for good; waits for a decision
  dropped,    ///< given up, by a person or a policy
  superseded  ///< a newer change of the same field took its place
};
std::string_view name_of(OutboxState state) noexcept;
/// Nothing when it is no state's name.
std::optional<OutboxState> outbox_state_named(std::string_view name) noexcept;

/// Times are RFC 3339, or empty.
struct OutboxChange {
  std::int64_t id = 0;
  std::string connection{}, entity{};
  std::string
      source_id{};       ///< of the record; of a note: of its ticket. Changes of one record keep their order
  std::string field{};   ///< "team", "agent", ...; "note" and "private_note" make a record
  std::string wanted{};  ///< in the source's words; empty: nothing
  /// The value that it was decided on; nothing: whatever the source shows is written over.
  std::optional<std::string> expected{};
  std::string origin{}, by{};  ///< "route" and the rule, "person" and the name
  OutboxState state = OutboxState::waiting;
  std::uint32_t tries = 0;
  std::string code{}, reason{};  ///< of the last failure, or why it was dropped
  std::string shown{};           ///< what the source showed instead
  std::string made_id{};         ///< source id of the note
  std::string created_at{}, due_at{};
  std::string tried_at{};  ///< when it was first handed over
  std::string done_at{};
};

/// Which changes. Members that are empty do not matter.
struct OutboxQuery {
  std::string connection{}, entity{}, source_id{}, field{};
  std::vector<OutboxState> states{};
  std::uint32_t limit = 50;
};

/// What stands there.
struct OutboxFigures {
  std::map<OutboxState, std::uint64_t> by_state;
  std::string oldest_open_at;  ///< created_at of the oldest that waits or is sent; or empty
};

/// One connection of the database, one thread at a time; what changes belongs into a transaction of the
/// caller.
class Outbox {
 public:
  explicit Outbox(Database& database) : database_(database) {}

  /// Newest first.
  std::vector<OutboxChange> list(const OutboxQuery& query) const;
  std::optional<OutboxChange> change(std::int64_t id) const;
  /// Of one field of one record.
  std::optional<OutboxChange> newest(const OutboxChange& like) const;
  /// What one field of one record may show by our own doing: the value that was confirmed last, and those
  /// that were sent since.
  std::vector<std::string> sent_values(const OutboxChange& like) const;
  /// Confirmed since then, of one field of one record.
  std::uint64_t confirmed_since(const OutboxChange& like, SysMilliseconds since) const;
  /// Those whose time has come and that no earlier one of their record holds up, oldest first.
  std::vector<OutboxChange> due(std::string_view connection, SysMilliseconds now, std::uint32_t limit) const;
  /// Source ids of the notes that were made in this record.
  std::vector<std::string> made_in(const OutboxChange& like) const;
  /// Number of the newest confirmed change of a field; 0: there is none.
  std::int64_t last_confirmed(std::string_view connection, std::string_view field) const;
  OutboxFigures figures(std::string_view connection = {}) const;

  /// Returns its id. `change.id` does not matter.
  std::int64_t add(const OutboxChange& change);
  /// What can change of a change: everything from `expected` on but who decided it and when.
  void update(const OutboxChange& change);
  /// Waiting ones, conflicts and failed ones of one field of one record.
  void supersede(const OutboxChange& like, std::string_view why, SysMilliseconds now);

  /// What was committed is on the disk when this returns, and no power cut takes it back. Outside of
  /// transactions.
  void make_durable();

  // --- the ledger ---

  /// A value goes to the source now.
  void note_write(const OutboxChange& change, SysMilliseconds now);
  /// True when this value was written to the field since then.
  bool wrote(const OutboxChange& like, SysMilliseconds since) const;

  /// Forgets what ended before, and writes of before. Confirmed merges stay: the source cannot undo them.
  void prune(SysMilliseconds before);

 private:
  Database& database_;
};

}  // namespace psabridge::store
