#include "core/routing/rule_set.h"

#include <xxhash.h>

#include <boost/json.hpp>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/routing/reachability.h"

namespace psabridge::routing {
namespace {

namespace json = boost::json;

std::string tree_of(const std::string& tree, std::size_t index) {
  return tree + '[' + std::to_string(index + 1) + ']';
}

/// Nothing when there is a problem.
std::optional<Condition> condition_of(const config::RuleUse& rule, Vocabulary& vocabulary,
                                      const std::string& tree, std::vector<config::Problem>& problems) {
  if (!rule.when) return Condition();
  return Condition::compile(*rule.when, vocabulary, tree + ".when", problems);
}

/// A role says in its settings schema that it decides for every ticket that it is asked about.
bool always_decides(const plugin::Registry& registry, const std::string& use) {
  const plugin::RoleInfo* const role = registry.find_role(plugin::RoleKind::routing, use);
  if (!role || role->settings_schema.empty()) return false;
  boost::system::error_code failed;
  const json::value schema = json::parse(role->settings_schema, failed);
  if (failed || !schema.is_object()) return false;
  const json::value* const says = schema.get_object().if_contains("x-always-decides");
  return says && says->is_bool() && says->get_bool();
}

json::object rule_json(const config::RuleUse& rule) {
  json::object written{{"use", rule.use}, {"name", rule.name}};
  if (rule.when) written["when"] = rule.when->values;
  for (const auto& [key, value] : rule.settings.values) written[key] = value;
  return written;
}

}  // namespace

std::vector<config::Problem> check_rules(std::span<const config::RuleUse> rules,
                                         std::span<const EntitySchema* const> schemas,
                                         const plugin::Registry& registry, const std::string& tree) {
  std::vector<config::Problem> problems;
  Vocabulary vocabulary(schemas);
  std::vector<Condition> conditions;
  conditions.reserve(rules.size());
  std::vector<bool> decides(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (auto condition = condition_of(rules[i], vocabulary, tree_of(tree, i), problems))
      conditions.push_back(std::move(*condition));
    decides[i] = always_decides(registry, rules[i].use);
  }
  if (!problems.empty()) return problems;
  for (const Unreachable& found : unreachable(conditions, decides, vocabulary))
    problems.push_back({"PB2419", rules[found.rule].at,
                        tree_of(tree, found.rule) + ": the rule \"" + rules[found.rule].name +
                            "\" is never asked: every ticket that it is for is decided before by \"" +
                            rules[found.earlier].name + "\" (line " +
                            std::to_string(rules[found.earlier].at.line) +
                            "). Put it before that rule, or remove it"});
  return problems;
}

RuleSet::RuleSet(std::span<const config::RuleUse> rules, std::span<const EntitySchema* const> schemas,
                 const plugin::Registry& registry, plugin::HostServices& services)
    : vocabulary_(schemas) {
  std::vector<config::Problem> problems;
  json::array written;
  rules_.reserve(rules.size());
  conditions_.reserve(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (auto condition = condition_of(rules[i], vocabulary_, tree_of("routing", i), problems))
      conditions_.push_back(std::move(*condition));
  if (!problems.empty()) throw config::ConfigError(std::move(problems));
  for (const config::RuleUse& rule : rules) {
    rules_.push_back({rule.name, rule.use,
                      registry.make_routing(rule.use, json::serialize(rule.settings.values), services)});
    written.push_back(rule_json(rule));
  }
  index_ = std::make_unique<RuleIndex>(conditions_);
  text_ = json::serialize(written);
  XXH64_canonical_t hash;
  XXH64_canonicalFromHash(&hash, XXH3_64bits(text_.data(), text_.size()));
  version_ = hexadecimal({reinterpret_cast<const char*>(hash.digest), sizeof hash.digest});
}

}  // namespace psabridge::routing
