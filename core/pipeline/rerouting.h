// Routing away from a run: what rules say of tickets that are stored already, and sending them there.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/pipeline/assembly.h"
#include "core/store/shared_writer.h"

namespace psabridge::pipeline {

/// Which tickets.
struct TicketRange {
  enum class Which : std::uint8_t { open, all } which = Which::open;
  std::string opened_since{};  ///< RFC 3339; empty: whenever
};

/// A ticket that goes elsewhere.
struct Move {
  std::string ticket, summary, from, to;  ///< ticket: source id
  std::string rule, reason;
};

/// What became of tickets, or would.
struct Moves {
  std::uint64_t looked_at = 0, moved = 0, pinned = 0, unrouted = 0;
  std::map<std::pair<std::string, std::string>, std::uint64_t> ways;  ///< (from, to): tickets
  std::vector<Move> samples;                                          ///< the first so many
  /// Tickets that a person has given to another team than a rule had, and those of them that the rules send
  /// where the person did.
  std::uint64_t corrected = 0, agreed = 0;
  std::map<std::string, std::uint64_t> by_rule;  ///< tickets that each decides
};

enum class Effect : std::uint8_t { kept, dry };

/// What rules send where, and what they would.
class Rerouting {
 public:
  /// All of it outlives it. `assembly` has a router.
  Rerouting(Assembly& assembly, store::SharedWriter& store, Clock& clock);

  /// Decides anew for the tickets of a range by the assembly's own rules, people's word included. Works in
  /// portions, each in a transaction of its own, so that others can write between them; `dry` changes
  /// nothing. `samples`: at most so many. Throws Error PB1410 when stopped: portions that are done stay done.
  Moves send(const TicketRange& range, Effect effect, std::size_t samples, const plugin::Stop& stop);
  /// The same for one ticket, within the caller's turn of the writer.
  Moves send_one(const std::string& ticket, const plugin::Stop& stop);

  /// What the rules of `router` would have said of the tickets, beside where they are now.
  Moves compare(routing::Router& router, const TicketRange& range, std::size_t samples,
                const plugin::Stop& stop);

 private:
  void each_portion(const TicketRange& range, const plugin::Stop& stop,
                    const std::function<void(store::StoredRows& rows)>& work);
  void send(store::StoredRows& rows, std::int64_t rules, Effect effect, std::size_t samples, Moves& moves,
            const plugin::Stop& stop);
  std::int64_t rules_id();
  Move move_of(const store::StoredRows& rows, std::size_t index, const std::string& from,
               const RouteDecision& decision) const;

  Assembly& assembly_;
  store::SharedWriter& store_;
  Clock& clock_;
  const EntitySchema& schema_;  ///< of tickets
};

/// A decision that is new goes to the outbox when the pipeline writes teams back. Within the caller's
/// transaction.
void write_back(const Assembly& assembly, const Record& ticket, const EntitySchema& schema,
                const RouteDecision& decision, store::Writer& writer, SysMilliseconds now);

}  // namespace psabridge::pipeline
