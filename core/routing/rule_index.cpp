#include "core/routing/rule_index.h"

#include <re2/filtered_re2.h>

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>
#include <variant>

#include "core/base/text.h"
#include "core/routing/literal_finder.h"

namespace psabridge::routing {
namespace {

using Rule = std::uint32_t;

constexpr double kNever = std::numeric_limits<double>::infinity();

/// FNV-1a of the text in ASCII lower case. Equal texts have equal hashes; that is all that is asked of it.
std::uint64_t folded_hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(ascii_lower(c))) * 1099511628211u;
  return hash;
}

/// A rule belongs to a list once, however many of its tests lead there.
void append(std::vector<Rule>& rules, Rule rule) {
  if (rules.empty() || rules.back() != rule) rules.push_back(rule);
}

/// The longest part of a glob pattern that stands in the text as it is.
std::string_view literal_part(std::string_view pattern) {
  std::string_view longest;
  while (!pattern.empty()) {
    const std::string_view run = pattern.substr(0, pattern.find_first_of("*?"));
    if (run.size() > longest.size()) longest = run;
    pattern.remove_prefix(std::min(run.size() + 1, pattern.size()));
  }
  return longest;
}

/// Pieces of which a text has at least one when it passes the test; empty when that cannot be said.
std::vector<std::string_view> literals_of(const Test& test) {
  if (const auto* fragment = std::get_if<Fragment>(&test.what))
    return {fragment->texts.begin(), fragment->texts.end()};
  const auto* glob = std::get_if<Glob>(&test.what);
  if (!glob) return {};
  std::vector<std::string_view> literals;
  literals.reserve(glob->patterns.size());
  for (const std::string& pattern : glob->patterns) literals.push_back(literal_part(pattern));
  const bool all = std::ranges::none_of(literals, [](std::string_view one) { return one.empty(); });
  return all ? literals : std::vector<std::string_view>();
}

/// How many rules test a field for each value.
class Popularity {
 public:
  void count(const Node& node) {
    for (const Node& child : node.children) count(child);
    const auto* one_of = node.kind == Node::Kind::test ? std::get_if<OneOf>(&node.test.what) : nullptr;
    if (!one_of) return;
    for (const std::string& key : one_of->keys) ++rules_[{node.test.field, key}];
  }
  /// Rules that have to be asked when a ticket has one of the values.
  double of(FieldId field, const OneOf& one_of) const {
    double sum = 0;
    for (const std::string& key : one_of.keys) sum += rules_.at({field, key});
    return sum;
  }

 private:
  std::map<std::pair<FieldId, std::string_view>, double> rules_;
};

/// Tests of which at least one holds whenever a node holds, and about how many rules have to be asked when
/// the rule is found by them.
struct Access {
  double cost = kNever;
  std::vector<const Test*> tests;
};

double cost_of(const Test& test, const Popularity& popularity) {
  constexpr double kShortLiteral = 64, kLongLiteral = 4, kRegex = 8;
  if (const auto* one_of = std::get_if<OneOf>(&test.what)) return popularity.of(test.field, *one_of);
  if (std::holds_alternative<Regex>(test.what)) return kRegex;
  const auto literals = literals_of(test);
  if (literals.empty()) return kNever;
  return std::ranges::min(literals, {}, &std::string_view::size).size() < 3 ? kShortLiteral : kLongLiteral;
}

Access access_to(const Node& node, const Popularity& popularity);

/// The cheapest of several nodes that must all hold.
Access cheapest(std::span<const Node> nodes, const Popularity& popularity) {
  Access best;
  for (const Node& node : nodes)
    if (Access access = access_to(node, popularity); access.cost < best.cost) best = std::move(access);
  return best;
}

Access access_to(const Node& node, const Popularity& popularity) {
  switch (node.kind) {
    case Node::Kind::test:
      return {cost_of(node.test, popularity), {&node.test}};
    case Node::Kind::all:
      return cheapest(node.children, popularity);
    case Node::Kind::none:
      return {};
    case Node::Kind::any:
      break;
  }
  Access together{0, {}};
  for (const Node& child : node.children) {
    const Access access = access_to(child, popularity);
    together.cost += access.cost;
    together.tests.insert(together.tests.end(), access.tests.begin(), access.tests.end());
  }
  return together;
}

/// Rules by the values that a field must equal.
class EqualityTable {
 public:
  explicit EqualityTable(FieldId field) : field_(field) {}

  void add(const OneOf& one_of, Rule rule) {
    longest_ = std::max(longest_, one_of.longest);
    for (const std::string& key : one_of.keys) append(rules_[folded_hash(key)], rule);
  }
  void finish() {}

  template <class Take>
  void look_up(const Facts& facts, std::size_t ticket, const Take& take) const {
    for (const Value& value : facts.values(ticket, field_)) {
      TextBuffer buffer;
      const std::string_view text = text_of(value, buffer);
      if (text.size() > longest_) continue;
      if (const auto at = rules_.find(folded_hash(text)); at != rules_.end()) take(at->second);
    }
  }

 private:
  FieldId field_;
  std::size_t longest_ = 0;
  std::unordered_map<std::uint64_t, std::vector<Rule>> rules_;
};

/// Rules by pieces of text that a field must contain. For a regular expression RE2 says which pieces it
/// needs.
class LiteralTable {
 public:
  explicit LiteralTable(FieldId field) : field_(field) {}

  void add_literals(std::span<const std::string_view> literals, Rule rule) {
    for (const std::string_view literal : literals) append(rules_[number_of(literal)], rule);
  }
  void add(const Regex& regex, Rule rule) {
    constexpr int kShortestPiece = 2;
    if (!patterns_) patterns_.emplace(kShortestPiece);
    for (const auto& pattern : regex.patterns) {
      int number = 0;
      patterns_->Add(pattern->pattern(), regex_options(), &number);
      pattern_rules_.push_back(rule);
    }
  }
  void finish() {
    std::vector<std::string> pieces;
    if (patterns_) patterns_->Compile(&pieces);
    for (std::size_t i = 0; i < pieces.size(); ++i)
      if (is_ascii(pieces[i]))
        pieces_.emplace(number_of(pieces[i]), static_cast<int>(i));
      else
        always_found_.push_back(static_cast<int>(i));
    finder_.emplace(literals_);
  }

  template <class Take>
  void look_up(const Facts& facts, std::size_t ticket, const Take& take) const {
    LiteralFinder::Found found = finder_->nothing();
    bool folds_beyond_ascii = false;
    for (const Value& value : facts.values(ticket, field_)) {
      TextBuffer buffer;
      const std::string_view text = text_of(value, buffer);
      finder_->find(text, found);
      folds_beyond_ascii = folds_beyond_ascii || (patterns_ && has_kelvin_or_long_s(text));
    }
    for (const std::uint32_t literal : found.literals)
      if (!rules_[literal].empty()) take(rules_[literal]);
    if (!patterns_) return;
    for (const int pattern : possible_patterns(found, folds_beyond_ascii))
      take(std::span(&pattern_rules_[static_cast<std::size_t>(pattern)], 1));
  }

 private:
  /// RE2 gives its pieces in Unicode lower case, but texts are looked through in ASCII lower case: a piece
  /// beyond ASCII counts as found.
  static bool is_ascii(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  }
  /// The two characters beyond ASCII that (?i) takes for ASCII letters.
  static bool has_kelvin_or_long_s(std::string_view text) {
    return text.find("\xE2\x84\xAA") != text.npos || text.find("\xC5\xBF") != text.npos;
  }
  /// `all`: as if every piece was found.
  std::vector<int> possible_patterns(const LiteralFinder::Found& found, bool all) const {
    std::vector<int> pieces = always_found_, patterns;
    if (all)
      for (const auto& [literal, piece] : pieces_) pieces.push_back(piece);
    else
      for (const std::uint32_t literal : found.literals)
        if (const auto at = pieces_.find(literal); at != pieces_.end()) pieces.push_back(at->second);
    patterns_->AllPotentials(pieces, &patterns);
    return patterns;
  }
  std::size_t number_of(std::string_view literal) {
    const auto [at, is_new] = numbers_.try_emplace(std::string(literal), literals_.size());
    if (is_new) {
      literals_.emplace_back(literal);
      rules_.emplace_back();
    }
    return at->second;
  }

  FieldId field_;
  std::map<std::string, std::size_t, std::less<>> numbers_;
  std::vector<std::string> literals_;
  std::vector<std::vector<Rule>> rules_;  ///< by literal
  std::optional<re2::FilteredRE2> patterns_;
  std::vector<Rule> pattern_rules_;
  std::unordered_map<std::size_t, int> pieces_;  ///< RE2's number of a piece, by literal
  std::vector<int> always_found_;                ///< pieces that are not looked for
  std::optional<LiteralFinder> finder_;
};

using Table = std::variant<EqualityTable, LiteralTable>;

}  // namespace

struct RuleIndex::Tables {
  struct Entry {
    Rule first;  ///< the lowest rule that the table knows
    Table table;
  };
  std::vector<Entry> entries;
  std::vector<Rule> unindexed;  ///< asked each time

  template <class T>
  T& table_of(std::map<FieldId, std::size_t>& numbers, FieldId field, Rule rule) {
    const auto [at, is_new] = numbers.try_emplace(field, entries.size());
    if (is_new) entries.push_back({rule, T(field)});
    return std::get<T>(entries[at->second].table);
  }

  void fill(std::span<const Condition> rules) {
    Popularity popularity;
    for (const Condition& rule : rules)
      for (const Node& part : rule.parts()) popularity.count(part);
    std::map<FieldId, std::size_t> equality, literal;
    for (Rule rule = 0; rule < rules.size(); ++rule) {
      const Access access = cheapest(rules[rule].parts(), popularity);
      if (access.cost == kNever) unindexed.push_back(rule);
      if (access.cost == kNever) continue;
      for (const Test* test : access.tests) {
        if (const auto* one_of = std::get_if<OneOf>(&test->what))
          table_of<EqualityTable>(equality, test->field, rule).add(*one_of, rule);
        else if (const auto* regex = std::get_if<Regex>(&test->what))
          table_of<LiteralTable>(literal, test->field, rule).add(*regex, rule);
        else
          table_of<LiteralTable>(literal, test->field, rule).add_literals(literals_of(*test), rule);
      }
    }
    for (Entry& entry : entries) std::visit([](auto& table) { table.finish(); }, entry.table);
  }
};

RuleIndex::RuleIndex(std::span<const Condition> rules) : rules_(rules) {
  auto tables = std::make_unique<Tables>();
  tables->fill(rules);
  tables_ = std::move(tables);
}

RuleIndex::~RuleIndex() = default;
RuleIndex::RuleIndex(RuleIndex&&) noexcept = default;
RuleIndex& RuleIndex::operator=(RuleIndex&&) noexcept = default;

RuleIndex::Matches RuleIndex::matches(const Facts& facts, std::size_t ticket) const {
  return {*this, facts, ticket};
}

RuleIndex::Matches::Matches(const RuleIndex& index, const Facts& facts, std::size_t ticket)
    : index_(&index), facts_(&facts), ticket_(ticket) {
  const auto& entries = index.tables_->entries;
  sources_.reserve(entries.size() + 8);
  add(index.tables_->unindexed);
  for (std::size_t i = 0; i < entries.size(); ++i) push({entries[i].first, {}, i});
}

void RuleIndex::Matches::add(std::span<const Rule> candidates) {
  if (!candidates.empty()) push({candidates.front(), candidates});
}

void RuleIndex::Matches::push(const Source& source) {
  sources_.push_back(source);
  std::ranges::push_heap(sources_, std::ranges::greater{}, &Source::first);
}

std::optional<std::size_t> RuleIndex::Matches::next() {
  while (!sources_.empty()) {
    std::ranges::pop_heap(sources_, std::ranges::greater{}, &Source::first);
    const Source source = sources_.back();
    sources_.pop_back();
    if (source.table) {
      std::visit(
          [&](const auto& table) {
            table.look_up(*facts_, ticket_, [&](std::span<const Rule> found) { add(found); });
          },
          index_->tables_->entries[*source.table].table);
      continue;
    }
    add(source.rest.subspan(1));
    if (last_ == source.first) continue;
    last_ = source.first;
    if (index_->rules_[source.first].holds(*facts_, ticket_)) return source.first;
  }
  return std::nullopt;
}

}  // namespace psabridge::routing
