// Decides which managed team each ticket goes to: the person's word first, then the rules in their order.
//
// A rule is asked about the tickets that its conditions hold for. The first that names a team which takes
// tickets decides; one that fails or names another team is noted and the next is asked.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "core/routing/link_table.h"
#include "core/routing/roster.h"
#include "core/routing/rule_set.h"
#include "core/store/store.h"

namespace psabridge::routing {

/// Rule name of a decision that a person made.
inline constexpr std::string_view kByHand = "(by hand)";

/// A rule that was asked and did not decide, though it wanted to or should have.
struct PassedOver {
  std::string rule;
  std::string team;  ///< that takes no tickets; empty: the rule failed
  std::string why;
};

/// What becomes of one ticket.
struct Ruling {
  std::string team, rule, reason;       ///< empty team: no rule decided; the reason then says so
  std::optional<std::size_t> position;  ///< of the rule; nothing: no rule, or a person
  std::vector<PassedOver> passed_over;
};

/// What one rule says of one ticket.
struct Opinion {
  std::vector<Evidence> evidence;  ///< its conditions; empty: it has none
  bool holds = false;              ///< they do, so it was asked
  std::string team, reason;        ///< empty: it left the ticket to the next rule
  std::string obstacle;            ///< why the team does not count, or how the rule failed
};

/// The tickets of one connection by one set of rules. One thread at a time; `services` outlive it.
class Router {
 public:
  Router(std::unique_ptr<RuleSet> rules, std::string connection, plugin::HostServices& services);
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  /// Decides for every record of the batch that is to be written, into its verdict. `rules_id`: number of the
  /// rules in the store. Where tickets are, who has how many and what they refer to is read from `store`;
  /// decisions since the last begin() count, too. Throws what the store throws and Error PB1410 when stopped;
  /// a rule that fails does not throw.
  void decide(Batch& tickets, std::int64_t rules_id, const store::Reader& store, const plugin::Stop& stop);

  /// What the rules alone say of `which` records of the batch, ascending; parallel to `which`.
  std::vector<Ruling> rule(const Batch& tickets, std::span<const std::size_t> which,
                           const store::Reader& store, const plugin::Stop& stop);

  /// What every rule says of one ticket, whether or not an earlier one decided; by position.
  std::vector<Opinion> opinions(const Batch& tickets, std::size_t ticket, const store::Reader& store,
                                const plugin::Stop& stop);

  /// A transaction begins: what was decided before is in the store now.
  void begin() { given_.clear(); }

  /// As the store says now.
  const Roster& roster(const store::Reader& store);
  const RuleSet& rules() const noexcept { return *rules_; }

 private:
  class Context;
  class StoredRecords;
  struct Ground;

  SysMilliseconds now() const;
  void look_around(const store::Reader& store);
  std::vector<Ruling> judge(const Ground& ground, std::span<const std::size_t> which,
                            const plugin::Stop& stop) const;
  std::string evidence_of(const Ground& ground, std::size_t ticket, const Ruling& ruling) const;
  void count(std::string_view from, const Ruling& ruling);

  std::unique_ptr<RuleSet> rules_;
  const std::string connection_;
  plugin::HostServices& services_;
  std::int64_t generation_ = -1;  ///< of the store when roster and links were read
  std::unique_ptr<Roster> roster_;
  std::unique_ptr<LinkTable> links_;
  std::vector<psabridge_link> plain_links_;  ///< those of links_ that nothing limits, as rules are given them
  std::map<std::string, std::int64_t, std::less<>> given_;  ///< tickets that teams got and lost since begin()
};

/// The number in the store of the router's rules, which become the newest version of the pipeline's, unless
/// they are that already. `now`: RFC 3339.
std::int64_t keep_rules(const Router& router, const std::string& pipeline, store::Writer& writer,
                        const std::string& now);

/// Text of a field of a ticket; empty when it has none, or no such field.
std::string_view text_in(const Record& ticket, const EntitySchema& schema, std::string_view field);
/// Not closed, as far as is known.
bool is_open(const Record& ticket, const EntitySchema& schema);

/// The hash of a ticket's content takes in its route, so that a new one is a change.
void seal_route(Verdict& verdict);

}  // namespace psabridge::routing
