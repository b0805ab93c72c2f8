#include <algorithm>
#include <string>

#include "core/plugin/adapters.h"
#include "core/plugin/batch_table.h"

namespace psabridge::plugin {
namespace {

bool is_undecided(const Record&, const Verdict& verdict) {
  return verdict.fate == Fate::write && verdict.route.team.empty();
}

/// Collects decisions; they reach the batch in apply(), so a call that fails decides nothing.
class RouteSink {
 public:
  RouteSink(VerbCall& call, const BatchTable& tickets, Batch& batch)
      : call_(call), tickets_(tickets), batch_(batch), decisions_(tickets.size()) {}
  const psabridge_route_sink* plain() const noexcept { return &plain_; }

  void apply(std::string_view rule) {
    const std::string_view kept_rule = batch_.arena->keep(rule);
    for (std::size_t i = 0; i < decisions_.size(); ++i) {
      if (decisions_[i].team.empty()) continue;
      decisions_[i].rule = kept_rule;
      batch_.verdicts[tickets_.origin(i)].route = decisions_[i];
    }
  }

 private:
  void add(std::size_t ticket, psabridge_str team, psabridge_str reason) {
    if (ticket >= decisions_.size())
      call_.broke_contract("routed the ticket number " + std::to_string(ticket) + " of " +
                           std::to_string(decisions_.size()));
    RouteDecision& decision = decisions_[ticket];
    if (!decision.team.empty())
      call_.broke_contract("routed the ticket number " + std::to_string(ticket) + " twice");
    decision.team = batch_.arena->keep(call_.checked_text(team, "team"));
    decision.reason = batch_.arena->keep(call_.checked_text(reason, "reason"));
    if (decision.team.empty())
      call_.broke_contract("routed the ticket number " + std::to_string(ticket) + " to no team");
  }
  static void on_route(void* self, std::size_t ticket, psabridge_str team, psabridge_str reason) noexcept {
    auto& sink = *static_cast<RouteSink*>(self);
    sink.call_.take([&] { sink.add(ticket, team, reason); });
  }

  VerbCall& call_;
  const BatchTable& tickets_;
  Batch& batch_;
  std::vector<RouteDecision> decisions_;
  psabridge_route_sink plain_{sizeof(psabridge_route_sink), this, &on_route};
};

class RoutingAdapter : public RoutingRule {
 public:
  RoutingAdapter(const LoadedRole& role, std::string_view settings, HostServices& services)
      : instance_(role, settings, services), verbs_(instance_.verbs<psabridge_routing>()) {}

  void decide(Batch& tickets, std::span<const Link> links, const Stop& stop) override {
    const BatchTable table(tickets, is_undecided);
    if (table.size() == 0) return;
    std::vector<psabridge_link> plain_links(links.size());
    std::ranges::transform(links, plain_links.begin(), [](const Link& link) {
      return psabridge_link{borrow(link.client), borrow(link.team)};
    });
    const psabridge_routing_context context{sizeof context, plain_links.data(), plain_links.size()};
    VerbCall call(instance_.role(), "decide", stop);
    RouteSink sink(call, table, tickets);
    call.run(verbs_.decide, instance_.self(), table.plain(), &context, sink.plain());
    sink.apply(instance_.role().name);
  }

 private:
  Instance instance_;
  const psabridge_routing& verbs_;
};

}  // namespace

std::unique_ptr<RoutingRule> adapt_routing(const LoadedRole& role, std::string_view settings,
                                           HostServices& services) {
  return std::make_unique<RoutingAdapter>(role, settings, services);
}

}  // namespace psabridge::plugin
