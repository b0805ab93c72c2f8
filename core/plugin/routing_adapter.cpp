#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "core/plugin/adapters.h"
#include "core/plugin/batch_table.h"

namespace psabridge::plugin {
namespace {

/// Collects decisions; they are told when the call went well, so that one that fails decides nothing.
class RouteSink {
 public:
  RouteSink(VerbCall& call, const BatchTable& tickets)
      : call_(call), tickets_(tickets), decisions_(tickets.size()) {}
  const psabridge_route_sink* plain() const noexcept { return &plain_; }

  void tell(const RouteTaker& take) const {
    for (std::size_t i = 0; i < decisions_.size(); ++i)
      if (!decisions_[i].team.empty()) take(tickets_.origin(i), decisions_[i].team, decisions_[i].reason);
  }

 private:
  struct Decision {
    std::string team, reason;
  };

  void add(std::size_t ticket, psabridge_str team, psabridge_str reason) {
    if (ticket >= decisions_.size())
      call_.broke_contract("routed the ticket number " + std::to_string(ticket) + " of " +
                           std::to_string(decisions_.size()));
    Decision& decision = decisions_[ticket];
    if (!decision.team.empty())
      call_.broke_contract("routed the ticket number " + std::to_string(ticket) + " twice");
    decision.team = call_.checked_text(team, "team");
    decision.reason = call_.checked_text(reason, "reason");
    if (decision.team.empty())
      call_.broke_contract("routed the ticket number " + std::to_string(ticket) + " to no team");
  }
  static void on_route(void* self, std::size_t ticket, psabridge_str team, psabridge_str reason) noexcept {
    auto& sink = *static_cast<RouteSink*>(self);
    sink.call_.take([&] { sink.add(ticket, team, reason); });
  }

  VerbCall& call_;
  const BatchTable& tickets_;
  std::vector<Decision> decisions_;
  psabridge_route_sink plain_{sizeof(psabridge_route_sink), this, &on_route};
};

/// The host's side of what a rule may ask. An error of the host is kept until the call is over, for it must
/// not cross.
class PlainContext {
 public:
  PlainContext(VerbCall& call, const BatchTable& tickets, RoutingContext& context)
      : call_(call),
        tickets_(tickets),
        context_(context),
        plain_{sizeof plain_,
               context.links().data(),
               context.links().size(),
               context.teams().data(),
               context.teams().size(),
               this,
               &on_linked,
               &on_present,
               &on_kin,
               &on_at_work} {}
  const psabridge_routing_context* plain() const noexcept { return &plain_; }

 private:
  std::size_t origin(std::size_t ticket) {
    if (ticket >= tickets_.size())
      call_.broke_contract("asked about the ticket number " + std::to_string(ticket) + " of " +
                           std::to_string(tickets_.size()));
    return tickets_.origin(ticket);
  }

  static psabridge_str on_linked(void* self, std::size_t ticket, psabridge_str* reason) noexcept {
    auto& context = *static_cast<PlainContext*>(self);
    RoutingContext::Linked linked;
    context.call_.take([&] { linked = context.context_.linked_team(context.origin(ticket)); });
    *reason = borrow(linked.reason);
    return borrow(linked.team);
  }
  static psabridge_str on_present(void* self, std::size_t ticket, std::int32_t* by_this_rule) noexcept {
    auto& context = *static_cast<PlainContext*>(self);
    RoutingContext::Present present;
    context.call_.take([&] { present = context.context_.present_team(context.origin(ticket)); });
    *by_this_rule = present.by_this_rule ? 1 : 0;
    return borrow(present.team);
  }
  static psabridge_str on_kin(void* self, std::size_t ticket, psabridge_str field) noexcept {
    auto& context = *static_cast<PlainContext*>(self);
    std::string_view team;
    context.call_.take([&] {
      team = context.context_.kin_team(context.origin(ticket), context.call_.checked_text(field, "field"));
    });
    return borrow(team);
  }
  static std::int32_t on_at_work(void* self, std::size_t ticket, psabridge_str team) noexcept {
    auto& context = *static_cast<PlainContext*>(self);
    bool at_work = false;
    context.call_.take([&] {
      at_work = context.context_.at_work(context.origin(ticket), context.call_.checked_text(team, "team"));
    });
    return at_work ? 1 : 0;
  }

  VerbCall& call_;
  const BatchTable& tickets_;
  RoutingContext& context_;
  psabridge_routing_context plain_;
};

class RoutingAdapter : public RoutingRule {
 public:
  RoutingAdapter(const LoadedRole& role, std::string_view settings, HostServices& services)
      : instance_(role, settings, services), verbs_(instance_.verbs<psabridge_routing>()) {}

  void decide(const Batch& tickets, std::span<const std::size_t> which, RoutingContext& context,
              const RouteTaker& take, const Stop& stop) override {
    if (which.empty()) return;
    const BatchTable table(tickets, which);
    VerbCall call(instance_.role(), "decide", stop);
    RouteSink sink(call, table);
    PlainContext plain(call, table, context);
    call.run(verbs_.decide, instance_.self(), table.plain(), plain.plain(), sink.plain());
    sink.tell(take);
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
