// Tickets and what they refer to, from JSON, for the tests of conditions.
#pragma once
#include <boost/json.hpp>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "core/config/document.h"
#include "core/config/settings.h"
#include "core/routing/condition.h"
#include "core/routing/facts.h"

namespace psabridge::routing {

inline const SysMilliseconds kDecision = parse_time("2026-06-03T12:00:00Z").value();  // a Wednesday

inline const EntitySchema kTicket = parse_entity_schema(R"({"entity":"ticket","fields":[
  {"name":"summary","type":"text"},{"name":"details","type":"text"},
  {"name":"client_id","type":"ref","target":"client"},{"name":"client_name","type":"text"},
  {"name":"contact_id","type":"ref","target":"contact"},{"name":"contact_name","type":"text"},
  {"name":"priority_id","type":"ref","target":"priority"},{"name":"priority_name","type":"text"},
  {"name":"site_id","type":"ref","target":"site"},
  {"name":"category_1","type":"text"},{"name":"tags","type":"json"},
  {"name":"asset_ids","type":"refs","target":"asset"},{"name":"child_count","type":"integer"},
  {"name":"cost","type":"real"},{"name":"closed","type":"boolean"},{"name":"opened_at","type":"time"},
  {"name":"fix_by_at","type":"time"}]})");
inline const EntitySchema kClient = parse_entity_schema(R"({"entity":"client","fields":[
  {"name":"name","type":"text"},{"name":"inactive","type":"boolean"},{"name":"seats","type":"integer"},
  {"name":"parent_id","type":"ref","target":"client"}]})");
inline const EntitySchema kContact = parse_entity_schema(R"({"entity":"contact","fields":[
  {"name":"name","type":"text"},{"name":"email","type":"text"}]})");
inline const EntitySchema kAsset = parse_entity_schema(R"({"entity":"asset","fields":[
  {"name":"name","type":"text"},{"name":"serial_number","type":"text"},{"name":"warranty_end_at","type":"time"}]})");
inline const EntitySchema kPriority =
    parse_entity_schema(R"({"entity":"priority","lookup":true,"fields":[{"name":"name","type":"text"}]})");
inline const EntitySchema kCategory =
    parse_entity_schema(R"({"entity":"category","lookup":true,"fields":[{"name":"name","type":"text"}]})");
inline const std::vector<const EntitySchema*> kSchemas{&kTicket, &kClient,   &kContact,
                                                       &kAsset,  &kPriority, &kCategory};

/// Records whose texts live as long as it.
class Records {
 public:
  /// `fields`: by name, as JSON; "custom" is the object of custom fields or its text.
  Record make(const EntitySchema& schema, std::string_view id, const boost::json::object& fields) {
    std::vector<Value>& values = values_.emplace_back();
    for (const FieldSchema& field : schema.fields) {
      const boost::json::value* value = fields.if_contains(field.name);
      values.push_back(value ? typed(*value, field.type) : null_value());
    }
    Record record{};
    record.source_id = borrow(keep(std::string(id)));
    record.fields = values.data();
    record.field_count = values.size();
    const boost::json::value* custom = fields.if_contains("custom");
    record.custom = borrow(keep(!custom               ? "{}"
                                : custom->is_string() ? std::string(custom->get_string())
                                                      : boost::json::serialize(*custom)));
    return record;
  }

 private:
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }
  Value typed(const boost::json::value& value, FieldType type) {
    if (value.is_null()) return null_value();
    switch (type) {
      case FieldType::integer:
        return integer_value(value.to_number<std::int64_t>());
      case FieldType::real:
        return real_value(value.to_number<double>());
      case FieldType::boolean:
        return bool_value(value.as_bool());
      case FieldType::time:
        return time_value(keep(format_time(parse_time(value.as_string()).value())));
      case FieldType::json:
      case FieldType::refs:
        return json_value(keep(boost::json::serialize(value)));
      default:
        return text_value(keep(std::string(value.as_string())));
    }
  }

  std::deque<std::string> texts_;
  std::deque<std::vector<Value>> values_;
};

/// What is stored beside the tickets.
class Stored : public RelatedRecords {
 public:
  void add(const EntitySchema& schema, const std::string& id, const boost::json::object& fields) {
    by_id_[{schema.entity, id}] = records_.make(schema, id, fields);
  }
  const Record* find(std::string_view entity, std::string_view source_id) const override {
    ++asked_[std::string(entity)];
    const auto at = by_id_.find({std::string(entity), std::string(source_id)});
    return at == by_id_.end() ? nullptr : &at->second;
  }
  /// How often records of an entity were asked for.
  std::size_t asked(const std::string& entity) const { return asked_[entity]; }

 private:
  Records records_;
  std::map<std::pair<std::string, std::string>, Record> by_id_;
  mutable std::map<std::string, std::size_t> asked_;
};

inline config::Settings when_of(const std::string& yaml) {
  std::vector<config::Problem> problems;
  const config::Node node = config::parse_document(yaml, "rules.yaml", problems);
  if (!problems.empty()) throw std::runtime_error(problems.front().message);
  return config::settings_of(node, {});
}

/// Problems as "line:column code tree: message".
inline std::vector<std::string> said(const std::vector<config::Problem>& problems) {
  std::vector<std::string> lines;
  for (const config::Problem& problem : problems)
    lines.push_back(std::to_string(problem.at.line) + ":" + std::to_string(problem.at.column) + " " +
                    problem.code + " " + problem.message);
  return lines;
}

/// Throws what is wrong as one text.
inline Condition compiled(const std::string& yaml, Vocabulary& vocabulary) {
  std::vector<config::Problem> problems;
  auto condition = Condition::compile(when_of(yaml), vocabulary, "when", problems);
  for (const std::string& line : said(problems)) throw std::runtime_error(yaml + "\n" + line);
  return condition.value();
}

}  // namespace psabridge::routing
