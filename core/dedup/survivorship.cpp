#include "core/dedup/survivorship.h"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <string_view>
#include <tuple>

namespace psabridge::dedup {
namespace {

namespace json = boost::json;

json::value json_of(const Value& value) {
  switch (value.type) {
    case PSABRIDGE_TYPE_BOOL:
      return value.as.integer != 0;
    case PSABRIDGE_TYPE_INTEGER:
      return value.as.integer;
    case PSABRIDGE_TYPE_REAL:
      return value.as.real;
    default:
      return json::string(text_of(value));
  }
}

bool is_blank(const Value& value) { return is_null(value) || (has_text(value) && text_of(value).empty()); }

std::size_t digits_in(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return c >= '0' && c <= '9'; }));
}

/// False for what cannot be right: a number too short to call, an address without @, a domain without a dot,
/// a serial number of one repeated character.
bool is_valid(std::string_view field, std::string_view text) {
  const auto about = [field](std::string_view word) { return field.find(word) != std::string_view::npos; };
  if (about("email"))
    return text.find('@') != std::string_view::npos && text.find('.') != std::string_view::npos;
  if (about("phone")) return digits_in(text) >= 7;
  if (about("domain") || about("website")) return text.find('.') != std::string_view::npos;
  if (about("serial"))
    return text.size() > 3 && text.find_first_not_of(text.front()) != std::string_view::npos;
  return true;
}

/// Fields of one group come from one record. A field `x_name` goes with `x_id`, the parts of a name together.
std::string group_of(const std::string& field, bool is_person) {
  constexpr std::string_view kNameParts[] = {"name", "first_name", "last_name", "initials", "title"};
  if (is_person && std::ranges::find(kNameParts, field) != std::end(kNameParts)) return "person's name";
  for (const std::string_view ending : {"_id", "_name"})
    if (field.ends_with(ending)) return field.substr(0, field.size() - ending.size());
  return field;
}

/// What speaks for the value of one record; the greatest wins.
struct Claim {
  std::size_t record = 0;  ///< its number among the rows
  std::size_t pin = 0;     ///< the latest pin counts; 0: none
  bool valid = false;
  std::size_t trust = 0;  ///< of its connection; more is better
  std::string_view newest;
  std::size_t frequency = 0, length = 0;
};

class Contest {
 public:
  Contest(const store::StoredRows& rows, const SurvivorshipRules& rules,
          std::span<const store::DedupStep::Pin> pins)
      : rows_(rows), rules_(rules), pins_(pins), schema_(*rows.batch.schema) {
    person_ = schema_.index_of("first_name").has_value();
  }

  json::object decide() {
    std::map<std::string, std::vector<std::size_t>> groups;
    for (std::size_t f = 0; f < schema_.fields.size(); ++f)
      groups[group_of(schema_.fields[f].name, person_)].push_back(f);
    json::object golden;
    for (const FieldSchema& field : schema_.fields)
      if (const auto group = groups.find(group_of(field.name, person_)); group != groups.end()) {
        decide_group(group->second, golden);
        groups.erase(group);
      }
    return golden;
  }

 private:
  void decide_group(const std::vector<std::size_t>& fields, json::object& golden) {
    std::vector<Claim> claims;
    for (std::size_t record = 0; record < rows_.ids.size(); ++record)
      if (const auto leading = leading_field(fields, record))
        claims.push_back(claim(fields, *leading, record));
    if (claims.empty()) return;
    const std::string special = special_rule(fields);
    std::ranges::sort(claims, [&](const Claim& one, const Claim& other) {
      return std::tuple(rank(one, special), id_key(other.record)) >
             std::tuple(rank(other, special), id_key(one.record));
    });
    const std::string rule = claims.size() == 1 ? "only" : deciding_rule(claims[0], claims[1], special);
    for (const std::size_t field : fields) add_cell(field, claims, rule, golden);
  }

  /// The first field of the group that the record has.
  std::optional<std::size_t> leading_field(const std::vector<std::size_t>& fields, std::size_t record) const {
    for (const std::size_t field : fields)
      if (!is_blank(value(record, field))) return field;
    return std::nullopt;
  }

  Claim claim(const std::vector<std::size_t>& fields, std::size_t leading, std::size_t record) const {
    const std::string text = json::serialize(json_of(value(record, leading)));
    Claim claim;
    claim.record = record;
    claim.pin = latest_pin(fields, record);
    claim.valid = is_valid(schema_.fields[leading].name, text_of(value(record, leading)));
    const auto source = std::ranges::find(rules_.sources, rows_.connections[record]);
    claim.trust = static_cast<std::size_t>(rules_.sources.end() - source);
    const std::string_view version = view(rows_.batch.records[record].version);
    claim.newest = version.empty() ? std::string_view(rows_.updated_at[record]) : version;
    claim.length = text.size();
    for (std::size_t other = 0; other < rows_.ids.size(); ++other)
      claim.frequency += json::serialize(json_of(value(other, leading))) == text;
    return claim;
  }

  /// Number of the record's latest pin, from 1 on; 0 when it has none.
  std::size_t latest_pin(const std::vector<std::size_t>& fields, std::size_t record) const {
    for (std::size_t pin = pins_.size(); pin > 0; --pin)
      if (pins_[pin - 1].record == rows_.ids[record] && std::ranges::any_of(fields, [&](std::size_t field) {
            return schema_.fields[field].name == pins_[pin - 1].field;
          }))
        return pin;
    return 0;
  }

  std::string special_rule(const std::vector<std::size_t>& fields) const {
    for (const std::size_t field : fields)
      if (const auto rule = rules_.fields.find(schema_.fields[field].name); rule != rules_.fields.end())
        return rule->second;
    return {};
  }

  using Rank = std::tuple<std::size_t, std::string_view, std::size_t, std::size_t, bool, std::string_view,
                          std::size_t, std::size_t>;
  static Rank rank(const Claim& claim, std::string_view special) {
    const std::size_t number = special == "most_frequent" ? claim.frequency
                               : special == "longest"     ? claim.length
                                                          : 0;
    return {claim.pin,       special == "newest" ? claim.newest : std::string_view(),
            number,          claim.trust,
            claim.valid,     claim.newest,
            claim.frequency, claim.length};
  }

  static std::string deciding_rule(const Claim& first, const Claim& second, const std::string& special) {
    if (first.pin != second.pin) return "pinned";
    if (special == "newest" && first.newest != second.newest) return special;
    if (special == "most_frequent" && first.frequency != second.frequency) return special;
    if (special == "longest" && first.length != second.length) return special;
    if (first.trust != second.trust) return "source";
    if (first.valid != second.valid) return "valid";
    if (first.newest != second.newest) return "newest";
    if (first.frequency != second.frequency) return "most_frequent";
    return first.length != second.length ? "longest" : "order";
  }

  void add_cell(std::size_t field, const std::vector<Claim>& claims, const std::string& rule,
                json::object& golden) const {
    const std::size_t winner = claims.front().record;
    json::array others;
    for (const Claim& claim : claims)
      if (claim.record != winner && !is_blank(value(claim.record, field)) &&
          json_of(value(claim.record, field)) != json_of(value(winner, field)))
        others.push_back(json::object{{"value", json_of(value(claim.record, field))},
                                      {"record", rows_.ids[claim.record]}});
    if (is_blank(value(winner, field)) && others.empty()) return;
    json::object cell;
    cell["value"] = is_blank(value(winner, field)) ? json::value() : json_of(value(winner, field));
    cell["record"] = rows_.ids[winner];
    cell["rule"] = rule;
    if (!others.empty()) cell["others"] = std::move(others);
    golden[schema_.fields[field].name] = std::move(cell);
  }

  const Value& value(std::size_t record, std::size_t field) const {
    return rows_.batch.records[record].fields[field];
  }
  std::pair<std::string_view, std::string_view> id_key(std::size_t record) const {
    return {rows_.connections[record], view(rows_.batch.records[record].source_id)};
  }

  const store::StoredRows& rows_;
  const SurvivorshipRules& rules_;
  std::span<const store::DedupStep::Pin> pins_;
  const EntitySchema& schema_;
  bool person_ = false;
};

}  // namespace

std::string golden_record(const store::StoredRows& rows, const SurvivorshipRules& rules,
                          std::span<const store::DedupStep::Pin> pins) {
  return json::serialize(Contest(rows, rules, pins).decide());
}

}  // namespace psabridge::dedup
