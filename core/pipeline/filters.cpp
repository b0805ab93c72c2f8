#include "core/pipeline/filters.h"

#include <algorithm>

#include "core/base/text.h"

namespace psabridge::pipeline {
namespace {

namespace json = boost::json;

std::string text_of_scalar(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

std::vector<std::string> listed(const json::value& value) {
  if (!value.is_array()) return {text_of_scalar(value)};
  std::vector<std::string> texts;
  for (const json::value& element : value.get_array()) texts.push_back(text_of_scalar(element));
  return texts;
}

class Resolver {
 public:
  Resolver(const EntitySchema& schema, const NameLookup& names, SysMilliseconds now)
      : schema_(schema), names_(names), now_(now) {}

  void add(const FilterSchema& filter, const json::value& value) {
    ScopeTest test;
    test.test = filter.test;
    for (const std::string& field : filter.fields) test.fields.push_back(*schema_.index_of(field));
    if (!filter.unless.empty()) test.unless = schema_.index_of(filter.unless);
    switch (filter.test) {
      case FilterTest::equals:
        test.flag = value.get_bool() != filter.negate;
        pushed_[filter.name] = value;
        break;
      case FilterTest::any_of:
        add_names(filter, test, value);
        break;
      case FilterTest::since:
      case FilterTest::until:
        test.time = resolve_time(value.get_string(), now_);
        pushed_[filter.name] = test.time;
        break;
      case FilterTest::hint:
        pushed_[filter.name] = value;
        break;
    }
    if (filter.test != FilterTest::hint) scope_.push_back(std::move(test));
  }

  void push(std::string_view name, json::value value) { pushed_[name] = std::move(value); }

  ResolvedFilters take() { return {std::move(scope_), json::serialize(pushed_)}; }

 private:
  /// A listed word stays as it is (it may be an id or a plain text) and, where a field refers to another
  /// entity, brings the ids of the records of that name.
  void add_names(const FilterSchema& filter, ScopeTest& test, const json::value& value) {
    json::array ids;
    for (const std::string& word : listed(value)) {
      test.values.push_back(ascii_lowered(word));
      const std::vector<std::string> found = ids_of(filter, word);
      for (const std::string& id : found) {
        test.values.push_back(ascii_lowered(id));
        ids.emplace_back(id);
      }
      if (found.empty()) ids.emplace_back(word);
    }
    pushed_[filter.name] = std::move(ids);
  }

  std::vector<std::string> ids_of(const FilterSchema& filter, const std::string& word) const {
    std::vector<std::string> ids;
    for (const std::string& name : filter.fields) {
      const FieldSchema& field = schema_.fields[*schema_.index_of(name)];
      if (field.target.empty()) continue;
      const auto known = names_(field.target);
      for (const auto& [record_name, id] : known)
        if (equals_ignoring_case(record_name, word) || id == word) ids.push_back(id);
      if (ids.empty() && !known.empty() && field.target != schema_.entity)
        refuse(filter, word, field.target, known);
    }
    return ids;
  }

  [[noreturn]] void refuse(const FilterSchema& filter, const std::string& word, const std::string& target,
                           const std::vector<std::pair<std::string, std::string>>& known) const {
    std::vector<std::string_view> record_names;
    record_names.reserve(known.size());
    for (const auto& [name, id] : known) record_names.push_back(name);
    throw Error("PB1055", "The filter " + filter.name + " of " + schema_.entity + " names \"" + word +
                              "\", but the source has no " + target + " of that name or id." +
                              did_you_mean(word, record_names));
  }

  const EntitySchema& schema_;
  const NameLookup& names_;
  SysMilliseconds now_;
  Scope scope_;
  json::object pushed_;
};

}  // namespace

std::string resolve_time(std::string_view text, SysMilliseconds now) {
  if (const auto span = parse_span(text)) return format_time(now - *span);
  if (const auto time = parse_time(text)) return format_time(*time);
  throw Error("PB1601", "\"" + std::string(text) +
                            "\" is neither a span such as 90d nor a time such as 2026-01-31T00:00:00Z.");
}

ResolvedFilters resolve_filters(const EntitySchema& schema, const json::object& filters,
                                const Narrowing& narrowing, const NameLookup& names, SysMilliseconds now) {
  Resolver resolver(schema, names, now);
  for (const FilterSchema& filter : schema.filters) {
    if (const json::value* value = filters.if_contains(filter.name)) resolver.add(filter, *value);
    if (filter.name == "clients" && !narrowing.clients.empty())
      resolver.add(filter, json::value_from(narrowing.clients));
  }
  if (!narrowing.since.empty())
    resolver.push("changed_since", json::value(resolve_time(narrowing.since, now)));
  return resolver.take();
}

}  // namespace psabridge::pipeline
