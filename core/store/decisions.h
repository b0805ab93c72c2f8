// What the store keeps of routing: each decision about a ticket with its reason, the rules that it was made
// by, and what people decided instead. A ticket's row holds the team that it is with now; here is how it came
// there. What it means is the business of core/routing.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/batch.h"
#include "core/store/database.h"

namespace psabridge::store {

/// One decision about one ticket. Only those are kept that changed its team or the rule.
struct Decision {
  std::int64_t id = 0;
  std::string connection{}, ticket{};  ///< ticket: source id
  std::string at{};                    ///< RFC 3339
  std::string team{};                  ///< empty: no rule decided
  std::string rule{}, reason{};
  std::string evidence{};  ///< JSON (docs/reference/routing-rules.md)
  std::int64_t rules = 0;  ///< RuleVersion::id; 0: decided without rules
};

/// Which decisions; members that are empty do not matter.
struct DecisionQuery {
  std::string connection{}, ticket{}, team{}, rule{};
  std::string since{};    ///< RFC 3339
  bool troubled = false;  ///< only those without a team, and those in which a rule failed or was refused
  bool latest = false;    ///< only the one that holds, of tickets that are not deleted
  std::uint32_t limit = 50;
};

/// The rules of a pipeline as they were from one time on.
struct RuleVersion {
  std::int64_t id = 0;
  std::string pipeline{};
  std::string version{};  ///< hash of the rules
  std::string text{};     ///< JSON, as core/routing wrote it
  std::string since{};    ///< RFC 3339: when they were first used; the same rules come again as a new version
};

/// A team that a person gave a ticket to. It counts until it is released.
struct Assignment {
  std::int64_t id = 0;
  std::string connection{}, ticket{};  ///< ticket: source id
  std::string team{}, by{}, note{};
  std::string at{};                                  ///< RFC 3339
  std::string instead_of_team{}, instead_of_rule{};  ///< where the ticket was, and by which rule
  std::string released_at{}, released_by{};          ///< empty: it holds
};

/// Where a ticket is.
struct Whereabouts {
  std::int64_t record = 0;  ///< our id of the ticket; 0: not stored
  std::string team{}, rule{};
  std::string pinned_team{}, pinned_by{}, pinned_at{};  ///< by the assignment that holds; empty: none
};

/// Tickets of a team, deleted ones not counted.
struct Load {
  std::string team;
  std::uint64_t open = 0, all = 0;
};

/// How a rule, team or client did since some time.
struct Accuracy {
  std::string name;
  std::uint64_t decided = 0;    ///< tickets that were sent somewhere
  std::uint64_t corrected = 0;  ///< of them those that a person gave to another team
};

/// One connection to the store, one thread at a time; what changes belongs into a transaction of the caller.
class Decisions {
 public:
  explicit Decisions(Database& database) : database_(database) {}

  // --- what rules decided ---

  /// Keeps a decision about a record of the ticket table, when it differs from the one that holds. `at` in
  /// milliseconds since 1970-01-01 UTC.
  void note(std::int64_t record, const RouteDecision& decision, std::int64_t at);
  /// The same, and puts it into the ticket's row, too.
  void apply(std::int64_t record, const RouteDecision& decision, std::int64_t at);
  /// Newest first.
  std::vector<Decision> find(const DecisionQuery& query) const;

  Whereabouts whereabouts(std::string_view connection, std::string_view ticket) const;
  /// By team.
  std::vector<Load> loads() const;
  /// Team of the newest open ticket of the connection, other than this one, that refers to `id` in a ref
  /// field; empty: none. The field exists.
  std::string team_by_ref(std::string_view connection, std::string_view ticket, std::string_view field,
                          std::string_view id) const;
  /// The same for a field that refers to several.
  std::string team_by_refs(std::string_view connection, std::string_view ticket, std::string_view field,
                           std::string_view id) const;

  /// Changes whenever teams, links or what clients are one with do.
  std::int64_t generation() const;

  // --- the rules ---

  /// Nothing before the pipeline's first run.
  std::optional<RuleVersion> newest_rules(std::string_view pipeline) const;
  /// Returns their id; that of `rules` does not matter.
  std::int64_t add_rules(const RuleVersion& rules);
  /// Newest first.
  std::vector<RuleVersion> rule_versions(std::string_view pipeline) const;

  // --- what people decided ---

  /// Takes the place of the assignment that holds, which is thereby released. Returns its id.
  std::int64_t assign(const Assignment& assignment);
  /// False when none holds.
  bool release(std::string_view connection, std::string_view ticket, std::string_view by,
               std::string_view at);
  /// Newest first; of one ticket, or of all when it is empty.
  std::vector<Assignment> assignments(std::string_view connection, std::string_view ticket,
                                      std::uint32_t limit) const;

  enum class By : std::uint8_t { rule, team, client };
  /// By name; `since`: RFC 3339.
  std::vector<Accuracy> accuracy(By by, std::string_view since) const;

 private:
  void add(std::int64_t record, const RouteDecision& decision, std::int64_t at);

  Database& database_;
};

}  // namespace psabridge::store
