// `when:` of a routing rule (docs/reference/routing-conditions.md): compiled once, asked for every ticket.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/config.h"
#include "core/routing/facts.h"
#include "core/routing/test.h"
#include "core/routing/vocabulary.h"

namespace psabridge::routing {

/// A test, or a combination of others.
struct Node {
  enum class Kind : std::uint8_t { test, all, any, none };
  Kind kind = Kind::test;
  Test test = {};                   ///< of Kind::test
  std::vector<Node> children = {};  ///< of the others: all of them hold, at least one, not one
};

/// One line of the reason why a condition holds or does not.
struct Evidence {
  std::size_t depth = 0;  ///< lines below a combination are one deeper
  std::string path;       ///< "client.name"; empty for a combination
  std::string test;       ///< "is one of 1, 2"; "all of", "at least one of", "none of" for a combination
  std::string found;      ///< what the ticket has, shortened; "nothing"; empty for a combination
  bool holds = false;
};

/// Names of an entity's stored records with their source ids.
using ValueNames = std::function<std::vector<std::pair<std::string, std::string>>(std::string_view entity)>;

/// Immutable; threads may share it, each with its own facts. Copies are deep but for regular expressions.
class Condition {
 public:
  /// Holds for every ticket: a rule without `when`.
  Condition() = default;

  /// `tree` is the path of `when` in the file ("pipelines.acme.routing[2].when"). Nothing when something is
  /// wrong; then every problem is appended, with its place: PB2411 to PB2417. The vocabulary learns the
  /// fields.
  static std::optional<Condition> compile(const config::Settings& when, Vocabulary& vocabulary,
                                          const std::string& tree, std::vector<config::Problem>& problems);

  bool holds(const Facts& facts, std::size_t ticket) const;
  /// Every test with what it found, whether or not it decided.
  std::vector<Evidence> explain(const Facts& facts, std::size_t ticket) const;

  /// The parts that must all hold; empty: it always holds. None of them is Kind::all.
  std::span<const Node> parts() const noexcept { return parts_; }

 private:
  explicit Condition(std::vector<Node> parts) : parts_(std::move(parts)) {}

  std::vector<Node> parts_;
};

/// Warnings (PB2418) for values that no stored record of the field's list has: a priority "Urgnt". `tree` as
/// in compile(). An entity of which nothing is stored yet is not judged.
std::vector<config::Problem> doubts(const Condition& condition, const Vocabulary& vocabulary,
                                    const ValueNames& names, const std::string& tree);

}  // namespace psabridge::routing
