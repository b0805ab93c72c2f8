// Which of thousands of rules hold for a ticket, without asking each of them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/routing/condition.h"

namespace psabridge::routing {

/// Gives exactly what asking every condition gives. A rule is found by a value that it must equal, else by a
/// piece of text that it must contain, else it is asked each time. Threads may share it.
class RuleIndex {
 public:
  /// The conditions outlive the index and stay in place.
  explicit RuleIndex(std::span<const Condition> rules);
  ~RuleIndex();
  RuleIndex(RuleIndex&&) noexcept;
  RuleIndex& operator=(RuleIndex&&) noexcept;

  class Matches;
  /// The rules that hold for a ticket. The index and the facts outlive the result.
  Matches matches(const Facts& facts, std::size_t ticket) const;

 private:
  friend class Matches;
  struct Tables;

  std::span<const Condition> rules_;
  std::unique_ptr<const Tables> tables_;
};

/// Rules in ascending order, each looked for when it is asked for: what stops at the first pays for no other.
class RuleIndex::Matches {
 public:
  /// Number of the next rule that holds; nothing when there is none any more.
  std::optional<std::size_t> next();

 private:
  friend class RuleIndex;
  using Rule = std::uint32_t;
  /// Ascending candidates, or what will give some, none of them before `first`.
  struct Source {
    Rule first = 0;
    std::span<const Rule> rest;             ///< beginning with `first`, unless `table` is set
    std::optional<std::size_t> table = {};  ///< not looked into yet
  };

  Matches(const RuleIndex& index, const Facts& facts, std::size_t ticket);
  void add(std::span<const Rule> candidates);
  void push(const Source& source);

  const RuleIndex* index_;
  const Facts* facts_;
  std::size_t ticket_;
  std::vector<Source> sources_;  ///< a heap, the lowest rule on top
  std::optional<Rule> last_;     ///< judged
};

}  // namespace psabridge::routing
