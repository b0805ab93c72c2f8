#include "core/model/entity_schema.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <string>

#include "core/base/error.h"

using namespace psabridge;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a syncer's schema becomes typed fields, relations and filters") {
  const EntitySchema schema = parse_entity_schema(R"({
    "entity": "asset", "fields": [
      {"name": "name", "type": "text", "required": true},
      {"name": "client_id", "type": "ref", "target": "client", "indexed": true},
      {"name": "parent_id", "type": "ref", "target": "asset"},
      {"name": "user_ids", "type": "refs", "target": "contact"},
      {"name": "inactive", "type": "boolean"}],
    "filters": [{"name": "active", "test": "equals", "fields": ["inactive"], "negate": true}]})");
  CHECK(schema.entity == "asset");
  CHECK(schema.fields.size() == 5);
  CHECK(schema.fields[0].required);
  CHECK(schema.fields[1].indexed);
  CHECK(schema.index_of("inactive") == 4u);
  CHECK_FALSE(schema.index_of("colour"));
  CHECK(schema.depends_on() == std::vector<std::string>{"client", "contact"});
  CHECK(schema.filters.at(0).negate);
  CHECK_FALSE(schema.lookup);
}

TEST_CASE("a schema of another form is refused with its place") {
  struct Row {
    std::string json, part;
  };
  const auto row = GENERATE(values<Row>({
      {"{", "is not JSON"},
      {"[]", "must be an object"},
      {R"({"fields": []})", "/entity"},
      {R"({"entity": "a", "fields": []})", "/fields is empty"},
      {R"({"entity": "a", "fields": [{"name": "x", "type": "number"}]})",
       "/fields/0/type has the unknown value \"number\""},
      {R"({"entity": "a", "fields": [{"name": "x", "type": "ref"}]})", "/fields/0/target"},
      {R"({"entity": "a", "fields": [{"name": "x", "type": "text", "required": 1}]})", "/fields/0/required"},
      {R"({"entity": "a", "fields": [{"name": "x", "type": "text"}], "filters": [{"name": "f", "test": "equals", "fields": ["y"]}]})",
       "unknown field \"y\""},
  }));
  CAPTURE(row.json);
  REQUIRE_THROWS_AS(parse_entity_schema(row.json), Error);
  CHECK_THROWS_WITH(parse_entity_schema(row.json), ContainsSubstring(row.part));
}
