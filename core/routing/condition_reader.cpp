// Condition::compile: from the YAML's words to tests, with every problem and its place.
#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/config/document.h"
#include "core/config/pointer.h"
#include "core/routing/condition.h"

namespace psabridge::routing {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostDepth = 32;

/// A value of the YAML with the two names of its place.
struct Spot {
  const json::value& value;
  std::string pointer;  ///< below `when`
  std::string tree;     ///< for messages
};

Spot below(const Spot& parent, std::string_view key, const json::value& value) {
  return {value, parent.pointer + '/' + config::escaped_token(key), config::member_path(parent.tree, key)};
}

/// The items of a list; a single value is a list of one.
std::vector<Spot> items_of(const Spot& spot) {
  if (!spot.value.is_array()) return {spot};
  const json::array& list = spot.value.get_array();
  std::vector<Spot> items;
  items.reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i)
    items.push_back({list[i], spot.pointer + '/' + std::to_string(i), config::item_path(spot.tree, i)});
  return items;
}

/// Where problems go.
class Report {
 public:
  Report(const config::Settings& settings, std::vector<config::Problem>& problems)
      : settings_(settings), problems_(problems) {}

  void about_value(const Spot& spot, const char* code, const std::string& message) {
    add(settings_.locations, spot, code, message);
  }
  void about_key(const Spot& spot, const char* code, const std::string& message) {
    add(settings_.keys, spot, code, message);
  }
  config::Location place(const Spot& spot) const { return place_in(settings_.locations, spot); }

 private:
  using Places = std::map<std::string, config::Location>;

  config::Location place_in(const Places& places, const Spot& spot) const {
    const auto at = places.find(spot.pointer);
    return at == places.end() ? settings_.at : at->second;
  }
  void add(const Places& places, const Spot& spot, const char* code, const std::string& message) {
    problems_.push_back({code, place_in(places, spot), spot.tree + ": " + message});
  }

  const config::Settings& settings_;
  std::vector<config::Problem>& problems_;
};

bool has_texts(FieldKind kind) {
  return kind == FieldKind::text || kind == FieldKind::reference || kind == FieldKind::any;
}

std::string_view words_of(FieldKind kind) {
  switch (kind) {
    case FieldKind::text:
      return "a text";
    case FieldKind::number:
      return "a number";
    case FieldKind::boolean:
      return "true or false";
    case FieldKind::time:
      return "a time";
    case FieldKind::reference:
      return "the id or name of a record";
    case FieldKind::any:
      return "a single value";
  }
  return {};
}

Value value_of(const json::value& scalar) {
  if (scalar.is_bool()) return bool_value(scalar.get_bool());
  if (scalar.is_int64()) return integer_value(scalar.get_int64());
  if (scalar.is_number()) return real_value(scalar.to_number<double>());
  return text_value(scalar.get_string());
}

bool fits(const json::value& value, FieldKind kind) {
  switch (kind) {
    case FieldKind::text:
    case FieldKind::reference:
      return value.is_string() || value.is_int64();
    case FieldKind::number:
      return value.is_number();
    case FieldKind::boolean:
      return value.is_bool();
    case FieldKind::time:
      return value.is_string() && parse_time(value.get_string());
    case FieldKind::any:
      return value.is_string() || value.is_number() || value.is_bool();
  }
  return false;
}

/// What is wrong with a value, after it was said what is expected.
std::string found_instead(const json::value& value) {
  if (value.is_null()) return ", not nothing; `exists: false` asks whether a field is empty.";
  if (value.is_double()) return ", not " + config::found(value) + "; put it in quotes when it is a text.";
  return ", not " + config::found(value) + ".";
}

/// Reads what is said of one field.
class FieldReader {
 public:
  FieldReader(FieldId id, const Field& field, Report& report) : id_(id), field_(field), report_(report) {}

  /// `depth`: combinations above.
  std::vector<Node> read(const Spot& spot, std::size_t depth);

 private:
  struct Operator {
    std::string_view name;
    void (FieldReader::*read)(const Spot&);
  };
  static const std::array<Operator, 15> kOperators;

  void read_operator(std::string_view name, const Spot& spot, std::size_t depth);
  void read_not(const Spot& spot, std::size_t depth);
  void read_one_of(const Spot& spot);
  void read_above(const Spot& spot) { read_bound(spot, range_.lower, false); }
  void read_at_least(const Spot& spot) { read_bound(spot, range_.lower, true); }
  void read_below(const Spot& spot) { read_bound(spot, range_.upper, false); }
  void read_at_most(const Spot& spot) { read_bound(spot, range_.upper, true); }
  void read_after(const Spot& spot) { read_time_bound(spot, range_.lower); }
  void read_before(const Spot& spot) { read_time_bound(spot, range_.upper); }
  void read_within(const Spot& spot);
  void read_starts_with(const Spot& spot) { read_fragment(spot, Fragment::Place::start); }
  void read_ends_with(const Spot& spot) { read_fragment(spot, Fragment::Place::end); }
  void read_contains(const Spot& spot) { read_fragment(spot, Fragment::Place::anywhere); }
  void read_glob(const Spot& spot);
  void read_matches(const Spot& spot);
  void read_exists(const Spot& spot);
  void read_during(const Spot& spot);

  void read_bound(const Spot& spot, std::optional<Bound>& bound, bool inclusive);
  void read_time_bound(const Spot& spot, std::optional<Bound>& bound);
  void set_bound(const Spot& spot, std::optional<Bound>& bound, Bound value, bool times);
  void read_fragment(const Spot& spot, Fragment::Place place);
  std::vector<std::string> read_texts(const Spot& spot);
  void finish_range(const Spot& spot);
  bool is_filled(const Spot& spot);
  bool may_be_time(const Spot& spot);
  template <class What>
  void add(What what) {
    nodes_.push_back({.test = {id_, std::move(what)}});
  }

  FieldId id_;
  const Field& field_;
  Report& report_;
  Between range_;
  std::vector<Node> nodes_;
};

const std::array<FieldReader::Operator, 15> FieldReader::kOperators{{
    {"in", &FieldReader::read_one_of},
    {"above", &FieldReader::read_above},
    {"at_least", &FieldReader::read_at_least},
    {"below", &FieldReader::read_below},
    {"at_most", &FieldReader::read_at_most},
    {"after", &FieldReader::read_after},
    {"before", &FieldReader::read_before},
    {"within", &FieldReader::read_within},
    {"starts_with", &FieldReader::read_starts_with},
    {"ends_with", &FieldReader::read_ends_with},
    {"contains", &FieldReader::read_contains},
    {"glob", &FieldReader::read_glob},
    {"matches", &FieldReader::read_matches},
    {"exists", &FieldReader::read_exists},
    {"during", &FieldReader::read_during},
}};

std::vector<Node> FieldReader::read(const Spot& spot, std::size_t depth) {
  if (!spot.value.is_object()) {
    read_one_of(spot);
    return std::move(nodes_);
  }
  if (spot.value.get_object().empty()) {
    report_.about_value(spot, "PB2413", "nothing is said of the field. Give a value, a list or a test.");
    return {};
  }
  for (const auto& [key, value] : spot.value.get_object()) read_operator(key, below(spot, key, value), depth);
  finish_range(spot);
  return std::move(nodes_);
}

void FieldReader::read_operator(std::string_view name, const Spot& spot, std::size_t depth) {
  if (name == "not") return read_not(spot, depth + 1);
  const auto known = std::ranges::find(kOperators, name, &Operator::name);
  if (known != kOperators.end()) return (this->*known->read)(spot);
  std::vector<std::string_view> names{"not"};
  names.reserve(kOperators.size() + 1);
  std::string all = "not";
  for (const Operator& one : kOperators) {
    names.push_back(one.name);
    all.append(", ").append(one.name);
  }
  report_.about_key(spot, "PB2414",
                    "no test has that name." + did_you_mean(name, names) + " There are: " + all + ".");
}

void FieldReader::read_not(const Spot& spot, std::size_t depth) {
  if (depth > kMostDepth)
    return report_.about_key(spot, "PB2416", "conditions are nested deeper than 32 levels.");
  Node node{.kind = Node::Kind::none};
  std::vector<Node> denied = FieldReader(id_, field_, report_).read(spot, depth);
  if (denied.size() > 1)
    node.children.push_back({.kind = Node::Kind::all, .children = std::move(denied)});
  else
    node.children = std::move(denied);
  nodes_.push_back(std::move(node));
}

bool FieldReader::is_filled(const Spot& spot) {
  const bool empty_list = spot.value.is_array() && spot.value.get_array().empty();
  const bool empty_text = spot.value.is_string() && spot.value.get_string().empty();
  if (empty_list) report_.about_value(spot, "PB2413", "the list is empty, so no ticket could ever fit.");
  if (empty_text)
    report_.about_value(spot, "PB2413", "the text is empty; `exists: false` asks whether a field is empty.");
  return !empty_list && !empty_text;
}

void FieldReader::read_one_of(const Spot& spot) {
  if (!is_filled(spot)) return;
  OneOf one_of;
  const std::vector<Spot> items = items_of(spot);
  one_of.keys.reserve(items.size());
  one_of.written.reserve(items.size());
  for (const Spot& item : items) {
    if (!is_filled(item)) continue;
    if (!fits(item.value, field_.kind)) {
      report_.about_value(item, "PB2412",
                          field_.path + " is compared with " + std::string(words_of(field_.kind)) +
                              found_instead(item.value));
      continue;
    }
    TextBuffer buffer;
    std::string text(text_of(value_of(item.value), buffer));
    if (field_.kind == FieldKind::time) text = format_time(*parse_time(text));
    one_of.keys.push_back(ascii_lowered(text));
    one_of.longest = std::max(one_of.longest, text.size());
    one_of.written.push_back({std::move(text), report_.place(item)});
  }
  std::ranges::sort(one_of.keys);
  one_of.keys.erase(std::unique(one_of.keys.begin(), one_of.keys.end()), one_of.keys.end());
  add(std::move(one_of));
}

void FieldReader::read_bound(const Spot& spot, std::optional<Bound>& bound, bool inclusive) {
  if (field_.kind != FieldKind::number && field_.kind != FieldKind::time && field_.kind != FieldKind::any)
    return report_.about_key(spot, "PB2412",
                             "a range is of numbers or times, but " + field_.path + " is " +
                                 std::string(words_of(field_.kind)) + ".");
  const bool may_be_number = field_.kind != FieldKind::time;
  if (may_be_number && spot.value.is_number()) {
    TextBuffer buffer;
    const Value number = value_of(spot.value);
    return set_bound(spot, bound,
                     {.at = spot.value.to_number<double>(),
                      .inclusive = inclusive,
                      .written = std::string(text_of(number, buffer))},
                     false);
  }
  if (field_.kind == FieldKind::number)
    return report_.about_value(spot, "PB2412",
                               field_.path + " is compared with a number" + found_instead(spot.value));
  read_time_bound(spot, bound);
  if (bound) bound->inclusive = inclusive;
}

/// "2h" is so long before the decision, "+2h" so long after it.
std::optional<Bound> time_bound(const json::value& value) {
  if (!value.is_string()) return std::nullopt;
  std::string_view text = value.get_string();
  if (const auto time = parse_time(text))
    return Bound{.at = static_cast<double>(time->time_since_epoch().count()), .written = format_time(*time)};
  const bool later = text.starts_with('+');
  if (later) text.remove_prefix(1);
  const auto span = parse_span(text);
  if (!span) return std::nullopt;
  const auto length = static_cast<double>(span->count());
  return Bound{.at = later ? length : -length,
               .from_now = true,
               .written = std::string(text) + (later ? " from now" : " ago")};
}

bool FieldReader::may_be_time(const Spot& spot) {
  const bool may = field_.kind == FieldKind::time || field_.kind == FieldKind::any;
  if (!may)
    report_.about_key(
        spot, "PB2412",
        "this test is for times, but " + field_.path + " is " + std::string(words_of(field_.kind)) + ".");
  return may;
}

void FieldReader::read_time_bound(const Spot& spot, std::optional<Bound>& bound) {
  if (!may_be_time(spot)) return;
  if (const auto read = time_bound(spot.value)) return set_bound(spot, bound, *read, true);
  report_.about_value(spot, "PB2412",
                      "write a time such as \"2026-01-31T00:00:00Z\", a span such as 2h (so long ago) or +2h "
                      "(so long from now)" +
                          found_instead(spot.value));
}

void FieldReader::set_bound(const Spot& spot, std::optional<Bound>& bound, Bound value, bool times) {
  const bool first = !range_.lower && !range_.upper;
  if (bound)
    return report_.about_key(spot, "PB2412", "another test already bounds this side of the range. Keep one.");
  if (!first && range_.times != times)
    return report_.about_value(spot, "PB2412", "the range has a number at one end and a time at the other.");
  range_.times = times;
  bound = std::move(value);
}

void FieldReader::read_within(const Spot& spot) {
  if (!may_be_time(spot)) return;
  const auto span = time_bound(spot.value);
  if (!span || !span->from_now)
    return report_.about_value(spot, "PB2412",
                               "write a span such as 2h (the last two hours) or +2h (the next two hours)" +
                                   found_instead(spot.value));
  const Bound now{.at = 0, .from_now = true, .inclusive = true, .written = "now"};
  Bound far = *span;
  far.inclusive = true;
  set_bound(spot, range_.lower, far.at < 0 ? far : now, true);
  set_bound(spot, range_.upper, far.at < 0 ? now : far, true);
}

void FieldReader::finish_range(const Spot& spot) {
  const auto& [times, lower, upper] = range_;
  if (lower && upper && lower->from_now == upper->from_now) {
    const bool both_inside = lower->inclusive && upper->inclusive;
    if (lower->at > upper->at || (lower->at == upper->at && !both_inside))
      report_.about_value(spot, "PB2417",
                          "nothing lies between " + lower->written + " and " + upper->written + ".");
  }
  if (lower || upper) add(std::move(range_));
}

std::vector<std::string> FieldReader::read_texts(const Spot& spot) {
  if (!has_texts(field_.kind)) {
    report_.about_key(
        spot, "PB2412",
        "this test is for texts, but " + field_.path + " is " + std::string(words_of(field_.kind)) + ".");
    return {};
  }
  if (!is_filled(spot)) return {};
  const std::vector<Spot> items = items_of(spot);
  std::vector<std::string> texts;
  texts.reserve(items.size());
  for (const Spot& item : items) {
    TextBuffer buffer;
    if (!fits(item.value, FieldKind::text))
      report_.about_value(item, "PB2412", "write a text" + found_instead(item.value));
    else if (is_filled(item))
      texts.emplace_back(text_of(value_of(item.value), buffer));
  }
  return texts;
}

void FieldReader::read_fragment(const Spot& spot, Fragment::Place place) {
  Fragment fragment{place, read_texts(spot)};
  for (std::string& text : fragment.texts) text = ascii_lowered(text);
  add(std::move(fragment));
}

void FieldReader::read_glob(const Spot& spot) {
  Glob glob{read_texts(spot)};
  for (std::string& pattern : glob.patterns) pattern = ascii_lowered(pattern);
  add(std::move(glob));
}

void FieldReader::read_matches(const Spot& spot) {
  Regex regex;
  for (const std::string& text : read_texts(spot)) {
    auto pattern = std::make_shared<const re2::RE2>(text, regex_options());
    if (pattern->error_code() == re2::RE2::ErrorPatternTooLarge)
      report_.about_value(spot, "PB2415",
                          config::in_quotes(text) +
                              " needs more than 2 MiB of memory when compiled: repeat less, or use several "
                              "expressions.");
    else if (!pattern->ok())
      report_.about_value(
          spot, "PB2415",
          config::in_quotes(text) + " is no regular expression of RE2: " + pattern->error() + ".");
    regex.patterns.push_back(std::move(pattern));
  }
  add(std::move(regex));
}

void FieldReader::read_exists(const Spot& spot) {
  if (spot.value.is_bool()) return add(Exists{spot.value.get_bool()});
  report_.about_value(spot, "PB2412", "write true or false, not " + config::found(spot.value) + ".");
}

/// Texts of a list or of one value; anything else is left out and leaves its mistake to who needs it.
std::vector<std::string> plain_texts(const Spot& spot) {
  std::vector<std::string> texts;
  for (const Spot& item : items_of(spot))
    texts.push_back(item.value.is_string() ? std::string(item.value.get_string())
                                           : json::serialize(item.value));
  return texts;
}

void FieldReader::read_during(const Spot& spot) {
  if (!may_be_time(spot)) return;
  static constexpr std::array<std::string_view, 4> kKeys{"days", "from", "to", "zone"};
  if (!spot.value.is_object())
    return report_.about_value(
        spot, "PB2412",
        "write working hours: { days: [mon, tue], from: \"08:00\", to: \"17:00\", zone: "
        "Europe/London }.");
  WrittenHours hours;
  for (const auto& [key, value] : spot.value.get_object()) {
    const Spot part = below(spot, key, value);
    const std::vector<std::string> texts = plain_texts(part);
    if (key == "days")
      hours.days = texts;
    else if (std::ranges::find(kKeys, std::string_view(key)) == kKeys.end())
      report_.about_key(part, "PB2414", "working hours have no such key." + did_you_mean(key, kKeys));
    else if (texts.size() == 1)
      (key == "from" ? hours.from : key == "to" ? hours.to : hours.zone) = texts.front();
  }
  std::vector<HoursMistake> mistakes;
  if (auto parsed = WorkingHours::parse(hours, mistakes)) add(During{*std::move(parsed)});
  for (const HoursMistake& mistake : mistakes) {
    const json::value* part = spot.value.get_object().if_contains(mistake.part);
    report_.about_value(part ? below(spot, mistake.part, *part) : spot, "PB2412", mistake.message);
  }
}

/// Reads mappings of fields and combinations.
class ConditionReader {
 public:
  ConditionReader(Vocabulary& vocabulary, Report& report) : vocabulary_(vocabulary), report_(report) {}

  /// All members of the mapping.
  std::vector<Node> read(const json::object& members, const Spot& spot, std::size_t depth) {
    if (members.empty())
      report_.about_value(spot, "PB2413",
                          "the condition is empty. Say what it tests, or remove it to have every ticket.");
    std::vector<Node> nodes;
    for (const auto& [key, value] : members) {
      const Spot member = below(spot, key, value);
      if (key == "all" || key == "any" || key == "not") {
        read_combination(key, member, depth + 1, nodes);
      } else if (const auto id = vocabulary_.resolve(key)) {
        for (Node& node : FieldReader(*id, vocabulary_.field(*id), report_).read(member, depth))
          nodes.push_back(std::move(node));
      } else {
        report_.about_key(member, "PB2411", vocabulary_.why_unknown(key));
      }
    }
    return nodes;
  }

 private:
  void read_combination(std::string_view key, const Spot& spot, std::size_t depth, std::vector<Node>& nodes) {
    if (depth > kMostDepth)
      return report_.about_key(spot, "PB2416", "conditions are nested deeper than 32 levels.");
    const bool denies = key == "not";
    if (denies ? !spot.value.is_object() : !spot.value.is_array())
      return report_.about_value(spot, "PB2412",
                                 "write " + std::string(denies ? "a condition" : "a list of conditions") +
                                     ", not " + config::found(spot.value) + ".");
    if (spot.value.is_array() && spot.value.get_array().empty())
      return report_.about_value(spot, "PB2413", "the list is empty. Give it conditions, or remove it.");
    Node node{.kind = denies         ? Node::Kind::none
                      : key == "any" ? Node::Kind::any
                                     : Node::Kind::all,
              .test = {}};
    for (const Spot& item : items_of(spot)) add_condition(item, depth, node.children);
    nodes.push_back(std::move(node));
  }

  void add_condition(const Spot& spot, std::size_t depth, std::vector<Node>& nodes) {
    if (!spot.value.is_object())
      return report_.about_value(spot, "PB2412", "write a condition, not " + config::found(spot.value) + ".");
    std::vector<Node> read_nodes = read(spot.value.get_object(), spot, depth);
    if (read_nodes.size() == 1)
      nodes.push_back(std::move(read_nodes.front()));
    else
      nodes.push_back({.kind = Node::Kind::all, .children = std::move(read_nodes)});
  }

  Vocabulary& vocabulary_;
  Report& report_;
};

void add_flat(Node node, std::vector<Node>& parts) {
  if (node.kind != Node::Kind::all) return parts.push_back(std::move(node));
  for (Node& child : node.children) add_flat(std::move(child), parts);
}

}  // namespace

std::optional<Condition> Condition::compile(const config::Settings& when, Vocabulary& vocabulary,
                                            const std::string& tree, std::vector<config::Problem>& problems) {
  const std::size_t before = problems.size();
  Report report(when, problems);
  const json::value none;
  std::vector<Node> parts;
  for (Node& node : ConditionReader(vocabulary, report).read(when.values, {none, "", tree}, 0))
    add_flat(std::move(node), parts);
  if (problems.size() > before) return std::nullopt;
  return Condition(std::move(parts));
}

}  // namespace psabridge::routing
