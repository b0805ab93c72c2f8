#include "core/routing/condition.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/config/document.h"

namespace psabridge::routing {
namespace {

bool node_holds(const Node& node, const Facts& facts, std::size_t ticket) {
  const auto child_holds = [&](const Node& child) { return node_holds(child, facts, ticket); };
  switch (node.kind) {
    case Node::Kind::test:
      return holds(node.test, facts, ticket);
    case Node::Kind::all:
      return std::ranges::all_of(node.children, child_holds);
    case Node::Kind::any:
      return std::ranges::any_of(node.children, child_holds);
    case Node::Kind::none:
      return std::ranges::none_of(node.children, child_holds);
  }
  return false;
}

std::string found_text(std::span<const Value> values) {
  constexpr std::size_t kMost = 6;
  if (values.empty()) return "nothing";
  std::string text;
  for (const Value& value : values.first(std::min(values.size(), kMost))) {
    TextBuffer buffer;
    const std::string_view one = text_of(value, buffer);
    if (!text.empty()) text += ", ";
    text += value.type == PSABRIDGE_TYPE_TEXT ? config::in_quotes(one) : std::string(one);
  }
  if (values.size() > kMost) text += " and " + std::to_string(values.size() - kMost) + " more";
  return text;
}

std::string_view name_of(Node::Kind combination) {
  switch (combination) {
    case Node::Kind::any:
      return "at least one of";
    case Node::Kind::none:
      return "none of";
    default:
      return "all of";
  }
}

void explain_node(const Node& node, std::size_t depth, const Facts& facts, std::size_t ticket,
                  std::vector<Evidence>& lines) {
  const bool holds_here = node_holds(node, facts, ticket);
  if (node.kind == Node::Kind::test) {
    lines.push_back({depth, facts.vocabulary().field(node.test.field).path, words(node.test),
                     found_text(facts.values(ticket, node.test.field)), holds_here});
    return;
  }
  lines.push_back({depth, "", std::string(name_of(node.kind)), "", holds_here});
  for (const Node& child : node.children) explain_node(child, depth + 1, facts, ticket, lines);
}

/// A category stands in a ticket with the categories above it.
std::string_view last_part(std::string_view text) {
  const std::size_t begin = text.find_last_of('>');
  if (begin != text.npos) text.remove_prefix(begin + 1);
  while (text.starts_with(' ')) text.remove_prefix(1);
  return text;
}

class Doubter {
 public:
  Doubter(const Vocabulary& vocabulary, const ValueNames& names, const std::string& tree)
      : vocabulary_(vocabulary), names_(names), tree_(tree) {}

  void judge(const Node& node) {
    for (const Node& child : node.children) judge(child);
    const auto* one_of = node.kind == Node::Kind::test ? std::get_if<OneOf>(&node.test.what) : nullptr;
    if (!one_of) return;
    const Field& field = vocabulary_.field(node.test.field);
    if (field.value_list.empty()) return;
    const auto known = names_(field.value_list);
    if (known.empty()) return;
    for (const OneOf::Written& value : one_of->written) judge(field, value, known);
  }
  std::vector<config::Problem> take() { return std::move(found_); }

 private:
  void judge(const Field& field, const OneOf::Written& value,
             const std::vector<std::pair<std::string, std::string>>& known) {
    const std::string_view text = field.kind == FieldKind::reference ? value.text : last_part(value.text);
    std::vector<std::string_view> candidates;
    candidates.reserve(known.size());
    for (const auto& [name, id] : known) {
      if (equals_ignoring_case(name, text) || equals_ignoring_case(id, text)) return;
      candidates.push_back(name);
    }
    found_.push_back({"PB2418", value.at,
                      tree_ + ": " + field.path + " is compared with " + config::in_quotes(value.text) +
                          ", but no stored " + field.value_list + " has that name or id." +
                          did_you_mean(text, candidates)});
  }

  const Vocabulary& vocabulary_;
  const ValueNames& names_;
  const std::string& tree_;
  std::vector<config::Problem> found_;
};

}  // namespace

bool Condition::holds(const Facts& facts, std::size_t ticket) const {
  return std::ranges::all_of(parts_, [&](const Node& part) { return node_holds(part, facts, ticket); });
}

std::vector<Evidence> Condition::explain(const Facts& facts, std::size_t ticket) const {
  std::vector<Evidence> lines;
  for (const Node& part : parts_) explain_node(part, 0, facts, ticket, lines);
  return lines;
}

std::vector<config::Problem> doubts(const Condition& condition, const Vocabulary& vocabulary,
                                    const ValueNames& names, const std::string& tree) {
  Doubter doubter(vocabulary, names, tree);
  for (const Node& part : condition.parts()) doubter.judge(part);
  return doubter.take();
}

}  // namespace psabridge::routing
