#include "core/store/scope_sql.h"

#include "core/store/entity_layout.h"

namespace psabridge::store {
namespace {

/// Builds the condition; every text becomes a parameter.
class Renderer {
 public:
  Renderer(const EntitySchema& schema, int first) : schema_(schema), first_(first) {}

  std::string all_of(const Scope& scope) {
    std::string sql = "1";
    for (const ScopeTest& test : scope)
      if (test.test != FilterTest::hint) sql += " AND (" + one(test) + ")";
    return sql;
  }
  std::vector<std::string> take_texts() { return std::move(texts_); }

 private:
  std::string one(const ScopeTest& test) {
    std::string sql = test.unless ? "NOT " + truth(schema_.fields[*test.unless]) : "0";
    for (const std::size_t field : test.fields) sql += " OR " + matches(test, schema_.fields[field]);
    return sql;
  }

  std::string matches(const ScopeTest& test, const FieldSchema& field) {
    const std::string column = sql_name(field.name);
    switch (test.test) {
      case FilterTest::equals:
        return (test.flag ? "" : "NOT ") + truth(field);
      case FilterTest::any_of:
        return any_of(test, field);
      case FilterTest::since:
        return "(" + column + " IS NULL OR " + column + " >= " + parameter(test.time) + ")";
      case FilterTest::until:
        return "(" + column + " IS NULL OR " + column + " <= " + parameter(test.time) + ")";
      case FilterTest::hint:
        break;
    }
    return "1";
  }

  std::string any_of(const ScopeTest& test, const FieldSchema& field) {
    // Numbers with a fraction and booleans have no text that a filter could name.
    if (field.type == FieldType::real || field.type == FieldType::boolean || test.values.empty()) return "0";
    std::string list;
    for (const std::string& value : test.values) list += (list.empty() ? "" : ", ") + parameter(value);
    return "lower(" + sql_name(field.name) + ") IN (" + list + ")";
  }

  static std::string truth(const FieldSchema& field) {
    return column_type(field.type) == "INTEGER" ? "(coalesce(" + sql_name(field.name) + ", 0) <> 0)" : "0";
  }

  std::string parameter(const std::string& text) {
    texts_.push_back(text);
    return "?" + std::to_string(first_ + static_cast<int>(texts_.size()) - 1);
  }

  const EntitySchema& schema_;
  const int first_;
  std::vector<std::string> texts_;
};

}  // namespace

ScopeCondition scope_condition(const EntitySchema& schema, const Scope& scope, int first) {
  Renderer renderer(schema, first);
  std::string sql = renderer.all_of(scope);
  return {std::move(sql), renderer.take_texts()};
}

}  // namespace psabridge::store
