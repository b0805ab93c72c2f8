// check_settings: valijson decides whether settings fit a schema and where not; what is said about each place
// is made here from the schema at that place, because an admin needs other words than a validator has.
#define VALIJSON_USE_EXCEPTIONS 1  // otherwise a bad schema would end the process
#include <algorithm>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "core/config/config.h"
#include "core/config/document.h"
#include "core/config/pointer.h"
#include "core/config/schema.h"
#include "core/config/settings.h"

namespace psabridge::config {
namespace {

namespace json = boost::json;

/// The way from the settings' root to a value: member names and indices.
using Steps = std::vector<std::string>;

/// What valijson found: the words of the first complaint about each place.
using Complaints = std::map<Steps, std::string>;

json::object parse_schema(std::string_view text) {
  boost::system::error_code error;
  const json::value schema = json::parse(text, error);
  if (error || !schema.is_object())
    throw Error("PB1104",
                "the JSON Schema of the settings is no JSON object" + (error ? ": " + error.message() : ""));
  return schema.get_object();
}

/// valijson writes a way as "<root>", "[auth]", "[0]".
Steps steps_of(const std::vector<std::string>& context) {
  Steps steps;
  for (std::size_t i = 1; i < context.size(); ++i)
    steps.push_back(context[i].substr(1, context[i].size() - 2));
  return steps;
}

Complaints validate(const json::object& schema_json, const json::value& settings) {
  valijson::ValidationResults results;
  try {
    valijson::Schema schema;
    const json::value schema_value(schema_json);
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(valijson::adapters::BoostJsonAdapter(schema_value), schema);
    if (valijson::Validator().validate(schema, valijson::adapters::BoostJsonAdapter(settings), &results))
      return {};
  } catch (const std::exception& error) {
    throw Error("PB1104", std::string("the JSON Schema of the settings cannot be used: ") + error.what());
  }
  Complaints complaints;
  for (const auto& result : results) complaints.try_emplace(steps_of(result.context), result.description);
  return complaints;
}

const json::value* child_of(const json::value& value, const std::string& step) {
  if (const auto* object = value.if_object()) return object->if_contains(step);
  if (const auto* list = value.if_array()) return list->if_contains(std::strtoul(step.c_str(), nullptr, 10));
  return nullptr;
}

/// The schema of a member or item as far as `properties`, `additionalProperties` and `items` say; an empty
/// one otherwise.
json::object schema_below(const json::object& schema, const json::value& parent, const std::string& step) {
  const json::value* below = schema.if_contains(parent.is_array() ? "items" : "properties");
  if (below && parent.is_object())
    below = below->is_object() ? below->get_object().if_contains(step) : nullptr;
  if (!below && parent.is_object()) below = schema.if_contains("additionalProperties");
  return below && below->is_object() ? below->get_object() : json::object{};
}

std::vector<std::string> texts(const json::object& schema, std::string_view key) {
  std::vector<std::string> words;
  if (const auto* list = schema.if_contains(key); list && list->is_array())
    for (const auto& item : list->get_array())
      words.push_back(item.is_string() ? std::string(item.get_string()) : json::serialize(item));
  return words;
}

/// The keys that a mapping needs, with those of the branch that its `if` picks.
std::vector<std::string> required_keys(const json::object& schema, const json::value& value) {
  std::vector<std::string> keys = texts(schema, "required");
  const auto* condition = schema.if_contains("if");
  if (!condition || !condition->is_object()) return keys;
  const auto* branch = schema.if_contains(validate(condition->get_object(), value).empty() ? "then" : "else");
  if (branch && branch->is_object())
    for (std::string& key : required_keys(branch->get_object(), value)) keys.push_back(std::move(key));
  return keys;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : separator).append(word);
  return text;
}

/// A JSON type in the words of the other messages.
std::string type_word(std::string_view type) {
  if (type == "object") return "a mapping";
  if (type == "array") return "a list";
  if (type == "string") return "text";
  if (type == "integer") return "a whole number";
  if (type == "number") return "a number";
  if (type == "boolean") return "true or false";
  return "nothing";
}

std::string types_expected(const json::object& schema) {
  if (const auto* type = schema.if_contains("type"); type && type->is_string())
    return type_word(type->get_string());
  std::vector<std::string> words;
  for (const std::string& type : texts(schema, "type")) words.push_back(type_word(type));
  return joined(words, " or ");
}

/// The limits of a scalar or list, as the schema has them: "(at least 1, at most 16)".
std::string limits_of(const json::object& schema) {
  static constexpr std::pair<std::string_view, std::string_view> kLimits[] = {
      {"minimum", "at least "},          {"exclusiveMinimum", "more than "},
      {"maximum", "at most "},           {"exclusiveMaximum", "less than "},
      {"minLength", "characters from "}, {"maxLength", "characters up to "},
      {"minItems", "items from "},       {"maxItems", "items up to "},
      {"pattern", "of the form "},       {"format", "a "},
  };
  std::vector<std::string> words;
  for (const auto& [key, word] : kLimits)
    if (const auto* limit = schema.if_contains(key))
      words.push_back(std::string(word) +
                      (limit->is_string() ? std::string(limit->get_string()) : json::serialize(*limit)));
  return words.empty() ? "" : " (" + joined(words, ", ") + ")";
}

/// "one of a, b" or "a whole number (at least 1): how many ..."; empty when the schema does not say it in
/// simple words.
std::string expected_by(const json::object& schema) {
  std::string expected;
  if (const std::vector<std::string> choices = texts(schema, "enum"); !choices.empty())
    expected = "one of " + joined(choices, ", ");
  else if (const auto* only = schema.if_contains("const"))
    expected = found(*only);
  else if (expected = types_expected(schema); !expected.empty())
    expected += limits_of(schema);
  if (const auto* words = schema.if_contains("description"); words && words->is_string() && !expected.empty())
    expected += ", " + std::string(words->get_string());
  return expected;
}

bool has_unquoted_text(const json::object& schema, const json::value& value) {
  return types_expected(schema) == "text" && (value.is_number() || value.is_bool());
}

/// Turns complaints into problems, one place of the settings at a time.
class Explainer {
 public:
  Explainer(const Settings& settings, const json::value& root, const json::object& schema,
            const std::string& tree)
      : settings_(settings), root_(root), schema_(schema), tree_(tree) {}

  std::vector<Problem> explain(const Complaints& complaints) {
    for (const auto& [steps, words] : complaints) explain_place(steps, words, has_deeper(complaints, steps));
    return std::move(problems_);
  }

 private:
  /// A value that does not fit, with everything that is known about its place.
  struct Site {
    const json::value* value;
    json::object schema;
    std::string path, pointer;
    bool is_secret = false;
  };

  /// A way sorts just before the ways that go on from it.
  static bool has_deeper(const Complaints& complaints, const Steps& steps) {
    const auto next = complaints.upper_bound(steps);
    return next != complaints.end() && next->first.size() > steps.size() &&
           std::equal(steps.begin(), steps.end(), next->first.begin());
  }

  Site find(const Steps& steps) const {
    Site site{&root_, schema_, tree_, "", false};
    for (const std::string& step : steps) {
      const json::value* const child = child_of(*site.value, step);
      if (!child) break;
      site.schema = schema_below(site.schema, *site.value, step);
      site.path =
          site.value->is_array() ? item_path(site.path, std::stoul(step)) : member_path(site.path, step);
      site.pointer += '/' + escaped_token(step);
      site.is_secret = site.is_secret || is_secret_key(step);
      site.value = child;
    }
    return site;
  }

  /// Keys that are unknown or missing are named one by one. A value is named when no complaint goes deeper: a
  /// complaint about a mapping is otherwise only the echo of one about its member.
  void explain_place(const Steps& steps, const std::string& words, bool is_echo) {
    const Site site = find(steps);
    const std::size_t before = problems_.size();
    if (site.value->is_object()) explain_keys(site);
    if (problems_.size() == before && !is_echo) explain_value(site, words);
  }

  void explain_keys(const Site& site) {
    const json::object& object = site.value->get_object();
    for (const std::string& key : required_keys(site.schema, *site.value))
      if (!object.contains(key))
        report("PB1007", place(site), site, "the key " + in_quotes(key) + " is missing" + meaning(site, key));
    const auto* additional = site.schema.if_contains("additionalProperties");
    if (!additional || *additional != json::value(false)) return;
    const std::vector<std::string> known = known_keys(site);
    for (const auto& member : object)
      if (!is_described(site, member.key()))
        report("PB1003", key_place(site, member.key()), site,
               "unknown key " + in_quotes(member.key()) + "." + suggestion_for(member.key(), known));
  }

  void explain_value(const Site& site, const std::string& words) {
    const std::string expected = expected_by(site.schema);
    const std::string shown =
        site.is_secret && !site.value->is_structured() ? "another value" : found(*site.value);
    if (expected.empty())
      return report("PB1006", place(site), site, "found " + shown + ", which does not fit: " + words);
    const char* const hint = has_unquoted_text(site.schema, *site.value) ? ": put it into quotes" : "";
    report("PB1006", place(site), site, "expected " + expected + "; found " + shown + hint);
  }

  static std::string meaning(const Site& site, const std::string& key) {
    const json::object schema = schema_below(site.schema, *site.value, key);
    const auto* words = schema.if_contains("description");
    return words && words->is_string() ? " (" + std::string(words->get_string()) + ")" : "";
  }

  static bool is_described(const Site& site, std::string_view key) {
    const auto* properties = site.schema.if_contains("properties");
    return properties && properties->is_object() && properties->get_object().contains(key);
  }

  /// What may stand in this mapping; at the top also what the host reads itself.
  std::vector<std::string> known_keys(const Site& site) const {
    std::vector<std::string> keys;
    if (const auto* properties = site.schema.if_contains("properties"); properties && properties->is_object())
      for (const auto& property : properties->get_object()) keys.emplace_back(property.key());
    if (site.pointer.empty()) keys.insert(keys.end(), settings_.beside.begin(), settings_.beside.end());
    return keys;
  }

  Location place(const Site& site) const {
    const auto at = settings_.locations.find(site.pointer);
    return at == settings_.locations.end() ? settings_.at : at->second;
  }

  Location key_place(const Site& site, std::string_view key) const {
    const auto at = settings_.keys.find(site.pointer + '/' + escaped_token(key));
    return at == settings_.keys.end() ? place(site) : at->second;
  }

  void report(const char* code, Location at, const Site& site, const std::string& message) {
    problems_.push_back({code, std::move(at), site.path + ": " + message});
  }

  const Settings& settings_;
  const json::value& root_;
  const json::object& schema_;
  const std::string& tree_;
  std::vector<Problem> problems_;
};

}  // namespace

std::vector<Problem> check_settings(const Settings& settings, std::string_view json_schema,
                                    const std::string& tree) {
  const json::object schema = parse_schema(json_schema);
  const json::value root(settings.values);
  return Explainer(settings, root, schema, tree).explain(validate(schema, root));
}

}  // namespace psabridge::config
