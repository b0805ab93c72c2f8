// The routing rules of a pipeline, ready to be asked: plugins in their order, each with its conditions.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/plugin/registry.h"
#include "core/routing/condition.h"
#include "core/routing/rule_index.h"
#include "core/routing/vocabulary.h"

namespace psabridge::routing {

/// A rule in its place.
struct Rule {
  std::string name;  ///< in decisions and figures
  std::string use;   ///< role
  std::unique_ptr<plugin::RoutingRule> plugin;
};

/// Everything in the rules that can be found without a store: conditions that cannot be compiled, rules that
/// can never be asked because an earlier one always decides. `schemas`: of the entities that the pipeline
/// reads. `tree`: path of the rules in the file.
std::vector<config::Problem> check_rules(std::span<const config::RuleUse> rules,
                                         std::span<const EntitySchema* const> schemas,
                                         const plugin::Registry& registry, const std::string& tree);

/// The conditions are read-only; a plugin serves one thread at a time, and so does what asks it.
class RuleSet {
 public:
  /// The schemas outlive the set. Throws ConfigError when a condition cannot be compiled, Error PB1110 for a
  /// rule that no plugin offers, and what the plugins say of their settings.
  RuleSet(std::span<const config::RuleUse> rules, std::span<const EntitySchema* const> schemas,
          const plugin::Registry& registry, plugin::HostServices& services);

  std::span<const Rule> rules() const noexcept { return rules_; }
  std::span<const Condition> conditions() const noexcept { return conditions_; }
  const RuleIndex& index() const noexcept { return *index_; }
  const Vocabulary& vocabulary() const noexcept { return vocabulary_; }
  /// Hash of everything that decisions depend on in them.
  const std::string& version() const noexcept { return version_; }
  /// The rules as JSON: a list of objects as in the YAML.
  const std::string& text() const noexcept { return text_; }

 private:
  Vocabulary vocabulary_;
  std::vector<Rule> rules_;
  std::vector<Condition> conditions_;  ///< parallel to the rules
  std::unique_ptr<RuleIndex> index_;
  std::string version_, text_;
};

}  // namespace psabridge::routing
