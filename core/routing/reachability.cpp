#include "core/routing/reachability.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace psabridge::routing {
namespace {

/// Whether every value that passes `later` passes `earlier`. Case has been folded in both.
struct Implies {
  const Test& earlier_test;

  bool operator()(const OneOf& later) const {
    if (std::holds_alternative<Regex>(earlier_test.what)) return false;  // it may mind the case
    const auto* range = std::get_if<Between>(&earlier_test.what);
    const auto moves = [](const std::optional<Bound>& bound) { return bound && bound->from_now; };
    if (range && (moves(range->lower) || moves(range->upper))) return false;
    return std::ranges::all_of(later.keys, [&](const std::string& key) {
      return passes(earlier_test, text_value(key), SysMilliseconds{});
    });
  }
  bool operator()(const Between& later) const {
    const auto* earlier = std::get_if<Between>(&earlier_test.what);
    if (!earlier || earlier->times != later.times) return false;
    const auto inside = [](const std::optional<Bound>& narrow, const std::optional<Bound>& wide,
                           double sign) {
      if (!wide) return true;
      if (!narrow || narrow->from_now != wide->from_now) return false;
      const double distance = (narrow->at - wide->at) * sign;
      return distance > 0 || (distance == 0 && (wide->inclusive || !narrow->inclusive));
    };
    return inside(later.lower, earlier->lower, 1) && inside(later.upper, earlier->upper, -1);
  }
  bool operator()(const Fragment& later) const {
    const auto* earlier = std::get_if<Fragment>(&earlier_test.what);
    if (!earlier) return false;
    const bool anywhere = earlier->place == Fragment::Place::anywhere;
    if (!anywhere && earlier->place != later.place) return false;
    return std::ranges::all_of(later.texts, [&](const std::string& text) {
      return passes(earlier_test, text_value(text), SysMilliseconds{});
    });
  }
  bool operator()(const Glob& later) const {
    const auto* earlier = std::get_if<Glob>(&earlier_test.what);
    return earlier && std::ranges::all_of(later.patterns, [&](const std::string& pattern) {
             return std::ranges::find(earlier->patterns, pattern) != earlier->patterns.end();
           });
  }
  bool operator()(const Regex& later) const {
    const auto* earlier = std::get_if<Regex>(&earlier_test.what);
    return earlier && std::ranges::all_of(later.patterns, [&](const auto& pattern) {
             return std::ranges::any_of(earlier->patterns, [&](const auto& other) {
               return other->pattern() == pattern->pattern();
             });
           });
  }
  bool operator()(const Exists& later) const {
    const auto* earlier = std::get_if<Exists>(&earlier_test.what);
    return earlier && earlier->wanted == later.wanted;
  }
  bool operator()(const During& later) const {
    const auto* earlier = std::get_if<During>(&earlier_test.what);
    return earlier && earlier->hours.text() == later.hours.text();
  }
};

bool test_implies(const Test& later, const Test& earlier, const Vocabulary& vocabulary) {
  if (later.field != earlier.field) return false;
  const Field& field = vocabulary.field(later.field);
  const auto* exists = std::get_if<Exists>(&earlier.what);
  const bool has_value = !std::holds_alternative<Exists>(later.what);
  // A reference may have a name and refer to no record.
  if (exists && has_value) return exists->wanted && field.kind != FieldKind::reference;
  return std::visit(Implies{earlier}, later.what);
}

bool implies(std::span<const Node> later, const Node& earlier, const Vocabulary& vocabulary);

bool part_implies(const Node& later, const Node& earlier, const Vocabulary& vocabulary) {
  switch (later.kind) {
    case Node::Kind::test:
      return earlier.kind == Node::Kind::test && test_implies(later.test, earlier.test, vocabulary);
    case Node::Kind::all:
      return implies(later.children, earlier, vocabulary);
    case Node::Kind::any:
      return std::ranges::all_of(later.children, [&](const Node& child) {
        return implies({&child, 1}, earlier, vocabulary);
      });
    case Node::Kind::none:  // the other way round: who denies more denies less
      return earlier.kind == Node::Kind::none &&
             std::ranges::all_of(earlier.children, [&](const Node& denied) {
               return std::ranges::any_of(later.children, [&](const Node& other) {
                 return implies({&denied, 1}, other, vocabulary);
               });
             });
  }
  return false;
}

/// Whether `earlier` holds whenever all of `later` hold.
bool implies(std::span<const Node> later, const Node& earlier, const Vocabulary& vocabulary) {
  const auto follows = [&](const Node& part) { return implies(later, part, vocabulary); };
  if (earlier.kind == Node::Kind::all) return std::ranges::all_of(earlier.children, follows);
  if (earlier.kind == Node::Kind::any && std::ranges::any_of(earlier.children, follows)) return true;
  return std::ranges::any_of(later,
                             [&](const Node& part) { return part_implies(part, earlier, vocabulary); });
}

/// The rules that decide so far, by something that a later rule must ask for too if one of them follows from
/// it.
class Deciders {
 public:
  using Rules = std::vector<std::size_t>;  ///< ascending

  void add(std::size_t rule, std::span<const Node> parts) {
    const Node* tested = nullptr;
    const OneOf* fewest = nullptr;
    for (const Node& part : parts) {
      if (part.kind != Node::Kind::test) continue;
      const auto* one_of = std::get_if<OneOf>(&part.test.what);
      if (!tested || (one_of && (!fewest || one_of->keys.size() < fewest->keys.size()))) {
        tested = &part;
        fewest = one_of;
      }
    }
    if (!tested) return others_.push_back(rule);
    if (!fewest) return by_field_[tested->test.field].push_back(rule);
    for (const std::string& key : fewest->keys) by_value_[{tested->test.field, key}].push_back(rule);
  }

  /// Lists that hold every rule which may follow from the parts.
  std::vector<const Rules*> lists_for(std::span<const Node> parts) const {
    std::vector<const Rules*> lists{&others_};
    for (const Node& part : parts) add_lists(part, lists);
    return lists;
  }

 private:
  void add_lists(const Node& node, std::vector<const Rules*>& lists) const {
    if (node.kind == Node::Kind::none) return;
    for (const Node& child : node.children) add_lists(child, lists);
    if (node.kind != Node::Kind::test) return;
    if (const auto at = by_field_.find(node.test.field); at != by_field_.end()) lists.push_back(&at->second);
    const auto* one_of = std::get_if<OneOf>(&node.test.what);
    if (!one_of) return;
    const auto at = by_value_.find({node.test.field, one_of->keys.front()});
    if (at != by_value_.end()) lists.push_back(&at->second);
  }

  std::map<std::pair<FieldId, std::string_view>, Rules> by_value_;
  std::map<FieldId, Rules> by_field_;
  Rules others_;  ///< without a test of their own: combinations, or nothing at all
};

}  // namespace

std::vector<Unreachable> unreachable(std::span<const Condition> rules,
                                     const std::vector<bool>& always_decides, const Vocabulary& vocabulary) {
  std::vector<Unreachable> found;
  Deciders deciders;
  for (std::size_t rule = 0; rule < rules.size(); ++rule) {
    const std::span<const Node> parts = rules[rule].parts();
    const auto follows = [&](std::size_t earlier) {
      return std::ranges::all_of(rules[earlier].parts(),
                                 [&](const Node& part) { return implies(parts, part, vocabulary); });
    };
    std::size_t first = rule;
    for (const Deciders::Rules* list : deciders.lists_for(parts)) {
      const auto before = std::ranges::lower_bound(*list, first);
      const auto earlier = std::find_if(list->begin(), before, follows);
      if (earlier != before) first = *earlier;
    }
    if (first != rule)
      found.push_back({rule, first});
    else if (always_decides[rule])  // what one that is never reached decides, an earlier one has decided
      deciders.add(rule, parts);
  }
  return found;
}

}  // namespace psabridge::routing
