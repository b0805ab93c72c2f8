#include "core/pipeline/rerouting.h"

#include <algorithm>

#include "core/base/time.h"
#include "core/store/entity_layout.h"
#include "core/writeback/wish.h"

namespace psabridge::pipeline {
namespace {

using routing::is_open;
using routing::text_in;

constexpr std::uint32_t kPortion = 500;  // tickets in one transaction

bool in_range(const TicketRange& range, const Record& ticket, const EntitySchema& schema) {
  if (range.which == TicketRange::Which::open && !is_open(ticket, schema)) return false;
  return range.opened_since.empty() || text_in(ticket, schema, "opened_at") >= range.opened_since;
}

void count(Moves& moves, const std::string& from, const std::string& to) {
  ++moves.moved;
  ++moves.ways[{from, to}];
}

}  // namespace

Rerouting::Rerouting(Assembly& assembly, store::SharedWriter& store, Clock& clock)
    : assembly_(assembly),
      store_(store),
      clock_(clock),
      schema_(assembly.find_stage(store::kRoutedEntity)->schema()) {}

void Rerouting::each_portion(const TicketRange& range, const plugin::Stop& stop,
                             const std::function<void(store::StoredRows& rows)>& work) {
  const std::shared_lock beside_others(store_.steps);
  std::int64_t after = 0;
  for (;;) {
    if (stop && stop()) throw Error("PB1410", "The rules were asked about some of the tickets only.");
    const std::lock_guard lock(store_.mutex);
    store::StoredRows rows = store_.writer.rows_after(schema_, assembly_.connection->name, after, kPortion);
    if (rows.ids.empty()) return;
    after = rows.ids.back();
    for (std::size_t i = 0; i < rows.ids.size(); ++i)
      if (!in_range(range, rows.batch.records[i], schema_)) rows.batch.verdicts[i].fate = Fate::filtered;
    work(rows);
  }
}

std::int64_t Rerouting::rules_id() {
  return routing::keep_rules(*assembly_.router, assembly_.pipeline->name, store_.writer,
                             format_time(clock_.now()));
}

Moves Rerouting::send(const TicketRange& range, Effect effect, std::size_t samples,
                      const plugin::Stop& stop) {
  std::int64_t rules = 0;
  if (effect == Effect::kept) {
    const std::lock_guard lock(store_.mutex);
    rules = rules_id();
  }
  Moves moves;
  each_portion(range, stop,
               [&](store::StoredRows& rows) { send(rows, rules, effect, samples, moves, stop); });
  return moves;
}

Moves Rerouting::send_one(const std::string& ticket, const plugin::Stop& stop) {
  store::StoredRows rows = store_.writer.rows_of(schema_, assembly_.connection->name, {&ticket, 1});
  Moves moves;
  send(rows, rules_id(), Effect::kept, 1, moves, stop);
  return moves;
}

void Rerouting::send(store::StoredRows& rows, std::int64_t rules, Effect effect, std::size_t samples,
                     Moves& moves, const plugin::Stop& stop) {
  store_.writer.in_one([&] {
    store::Decisions& decisions = store_.writer.decisions();
    assembly_.router->begin();
    assembly_.router->decide(rows.batch, rules, store_.writer, stop);
    for (std::size_t i = 0; i < rows.ids.size(); ++i) {
      const Verdict& verdict = rows.batch.verdicts[i];
      if (verdict.fate != Fate::write) continue;
      const Record& ticket = rows.batch.records[i];
      const store::Whereabouts place =
          decisions.whereabouts(assembly_.connection->name, view(ticket.source_id));
      ++moves.looked_at;
      moves.pinned += place.pinned_team.empty() ? 0 : 1;
      moves.unrouted += verdict.route.team.empty() ? 1 : 0;
      ++moves.by_rule[std::string(verdict.route.rule)];
      if (verdict.route.team != place.team) {
        count(moves, place.team, std::string(verdict.route.team));
        if (moves.samples.size() < samples)
          moves.samples.push_back(move_of(rows, i, place.team, verdict.route));
      }
      if (effect == Effect::dry || verdict.route.evidence.empty()) continue;
      decisions.apply(rows.ids[i], verdict.route, clock_.now().time_since_epoch().count());
      write_back(assembly_, ticket, schema_, verdict.route, store_.writer, clock_.now());
    }
  });
}

Moves Rerouting::compare(routing::Router& router, const TicketRange& range, std::size_t samples,
                         const plugin::Stop& stop) {
  Moves moves;
  each_portion(range, stop, [&](store::StoredRows& rows) {
    std::vector<std::size_t> which;
    for (std::size_t i = 0; i < rows.ids.size(); ++i)
      if (rows.batch.verdicts[i].fate == Fate::write) which.push_back(i);
    const std::vector<routing::Ruling> rulings = router.rule(rows.batch, which, store_.writer, stop);
    for (std::size_t i = 0; i < which.size(); ++i) {
      const routing::Ruling& ruling = rulings[i];
      const store::Whereabouts place = store_.writer.decisions().whereabouts(
          assembly_.connection->name, view(rows.batch.records[which[i]].source_id));
      const bool agrees = ruling.team == place.team;
      ++moves.looked_at;
      ++moves.by_rule[ruling.rule];
      moves.unrouted += ruling.team.empty() ? 1 : 0;
      if (!place.pinned_team.empty()) {
        ++moves.pinned;
        ++moves.corrected;
        moves.agreed += agrees ? 1 : 0;
      }
      if (agrees) continue;
      count(moves, place.team, ruling.team);
      if (moves.samples.size() < samples)
        moves.samples.push_back(
            move_of(rows, which[i], place.team, {ruling.team, ruling.rule, ruling.reason, {}, 0, false}));
    }
  });
  return moves;
}

Move Rerouting::move_of(const store::StoredRows& rows, std::size_t index, const std::string& from,
                        const RouteDecision& decision) const {
  const Record& ticket = rows.batch.records[index];
  return {std::string(view(ticket.source_id)),
          std::string(text_in(ticket, schema_, "summary")),
          from,
          std::string(decision.team),
          std::string(decision.rule),
          std::string(decision.reason)};
}

void write_back(const Assembly& assembly, const Record& ticket, const EntitySchema& schema,
                const RouteDecision& decision, store::Writer& writer, SysMilliseconds now) {
  if (decision.team.empty() || decision.evidence.empty() || !is_open(ticket, schema)) return;
  writeback::enqueue(writer.outbox(), *assembly.pipeline,
                     {.source_id = view(ticket.source_id),
                      .field = "team",
                      .wanted = decision.team,
                      .present = text_in(ticket, schema, "team_name"),
                      .origin = "route",
                      .by = decision.rule},
                     now);
}

}  // namespace psabridge::pipeline
