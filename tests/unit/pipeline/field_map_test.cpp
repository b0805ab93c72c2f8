#include "core/pipeline/field_map.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace psabridge;
using namespace psabridge::pipeline;
using Catch::Matchers::ContainsSubstring;

namespace {

/// One field `f` of the given type, read from member "v".
struct OneField {
  explicit OneField(FieldType type) {
    schema.entity = "thing";
    schema.fields.push_back({"f", type, "other", false, false});
    source.map["f"].from = {"v"};
  }

  std::string read(std::string_view json) {
    FieldMap map(schema, source, admin, "1980-01-01T00:00:00.000Z");
    Value field = null_value();
    map.fill(boost::json::parse(json).get_object(), {&field, 1}, arena);
    switch (field.type) {
      case PSABRIDGE_TYPE_NULL:
        return "null";
      case PSABRIDGE_TYPE_BOOL:
        return field.as.integer ? "true" : "false";
      case PSABRIDGE_TYPE_INTEGER:
        return std::to_string(field.as.integer);
      case PSABRIDGE_TYPE_REAL:
        return std::to_string(field.as.real);
      default:
        return std::string(text_of(field));
    }
  }

  EntitySchema schema;
  plugin::SourceEntity source;
  std::vector<config::FieldMapping> admin;
  Arena arena;
};

}  // namespace

TEST_CASE("values of the source become canonical ones") {
  struct Row {
    FieldType type;
    std::string json, canonical;
  };
  const auto row = GENERATE(values<Row>({
      {FieldType::text, R"({"v":"Zürich"})", "Zürich"},
      {FieldType::text, R"({"v":12})", "12"},
      {FieldType::text, R"({"v":2.5})", "2.5"},
      {FieldType::text, R"({"v":true})", "true"},
      {FieldType::text, R"({"v":[1,2.5,"a\"b"]})", R"([1,2.5,"a\"b"])"},
      {FieldType::text, R"({"v":null})", "null"},
      {FieldType::text, R"({})", "null"},
      {FieldType::integer, R"({"v":21.0})", "21"},
      {FieldType::integer, R"({"v":" 21 "})", "21"},
      {FieldType::integer, R"({"v":"2.0"})", "2"},
      {FieldType::integer, R"({"v":""})", "null"},
      {FieldType::real, R"({"v":"1.5"})", "1.500000"},
      {FieldType::real, R"({"v":3})", "3.000000"},
      {FieldType::boolean, R"({"v":1})", "true"},
      {FieldType::boolean, R"({"v":"False"})", "false"},
      {FieldType::ref, R"({"v":21.0})", "21"},
      {FieldType::ref, R"({"v":"21.0"})", "21"},
      {FieldType::ref, R"({"v":"9ae5c0f1-0c3e"})", "9ae5c0f1-0c3e"},
      {FieldType::time, R"({"v":"2026-10-03T06:24:44.38"})", "2026-10-03T06:24:44.380Z"},
      {FieldType::time, R"({"v":"1899-12-30T00:00:00"})", "null"},
      {FieldType::time, R"({"v":"1980-01-01T00:00:00"})", "null"},
      {FieldType::json, R"({"v":{"b":[1,null]}})", R"({"b":[1,null]})"},
      {FieldType::refs, R"({"v":[1,"2.0",3.0]})", R"(["1","2","3"])"},
  }));
  CAPTURE(row.json, row.canonical);
  CHECK(OneField(row.type).read(row.json) == row.canonical);
}

TEST_CASE("a value of another type is refused with field and value, never guessed") {
  struct Row {
    FieldType type;
    std::string json;
  };
  const auto row = GENERATE(values<Row>({{FieldType::integer, R"({"v":"many"})"},
                                         {FieldType::integer, R"({"v":2.5})"},
                                         {FieldType::integer, R"({"v":[1]})"},
                                         {FieldType::boolean, R"({"v":"perhaps"})"},
                                         {FieldType::time, R"({"v":"soon"})"},
                                         {FieldType::ref, R"({"v":{"id":1}})"},
                                         {FieldType::refs, R"({"v":"1,2"})"}}));
  CAPTURE(row.json);
  CHECK_THROWS_WITH(OneField(row.type).read(row.json),
                    ContainsSubstring("PB1403") && ContainsSubstring("Field f"));
}

TEST_CASE("none, values, alternatives and lists of named values") {
  OneField field(FieldType::ref);
  field.source.map["f"] = {{"a", "b.c"}, {"-1", "0"}, {}, ""};
  CHECK(field.read(R"({"a":-1.0})") == "null");
  CHECK(field.read(R"({"a":null,"b":{"c":7}})") == "7");

  OneField refs(FieldType::refs);
  refs.source.map["f"].each = "id";
  refs.source.map["f"].none = {"0"};
  CHECK(refs.read(R"({"v":[{"id":5},{"id":0},{"x":1}]})") == R"(["5"])");

  OneField text(FieldType::text);
  text.admin.push_back({"f", {"customfields.CFSeverity"}, {{"1", "high"}}, "none", "keep", {}});
  CHECK(
      text.read(
          R"({"customfields":[{"name":"CFOther","value":2},{"name":"CFSeverity","value":1,"display":"High"}]})") ==
      "high");
  CHECK(text.read(R"({"customfields":[{"name":"CFSeverity","value":9}]})") == "9");
  CHECK(text.read(R"({"customfields":[]})") == "none");
}

TEST_CASE("a value that the admin's map does not list is told, and becomes what the policy says") {
  struct Row {
    std::string policy, json, canonical;
    std::size_t strangers;
  };
  const auto row = GENERATE(values<Row>({
      {"keep", R"({"v":"1"})", "critical", 0},
      {"keep", R"({"v":"2"})", "2", 1},
      {"default", R"({"v":"2"})", "normal", 1},
      {"default", R"({"v":"normal"})", "normal", 0},
      {"default", R"({})", "normal", 0},
      {"hold", R"({"v":"2"})", "2", 1},
      {"reject", R"({"v":"2"})", "2", 1},
      {"reject", R"({"v":""})", "", 0},
  }));
  INFO(row.policy << " " << row.json);
  OneField one(FieldType::text);
  config::FieldMapping mapping;
  mapping.field = "f";
  mapping.values = {{"1", "critical"}};
  mapping.fallback = "normal";
  mapping.unmapped = row.policy;
  one.admin.push_back(mapping);
  CHECK(one.read(row.json) == row.canonical);
  FieldMap map(one.schema, one.source, one.admin, "");
  Value field = null_value();
  const auto strangers = map.fill(boost::json::parse(row.json).get_object(), {&field, 1}, one.arena);
  REQUIRE(strangers.size() == row.strangers);
  for (const Stranger& stranger : strangers) {
    CHECK(stranger.value == "2");
    CHECK(stranger.field->name == "f");
  }
}

TEST_CASE("custom fields become one object, shown as people see them") {
  EntitySchema schema;
  schema.entity = "thing";
  plugin::SourceEntity source;
  source.custom = {{"customfields", "name", "value", "display"}, {"fields", "name", "value", ""}};
  FieldMap map(schema, source, {}, "");
  Arena arena;
  const auto object = boost::json::parse(R"({"customfields":[{"name":"CFRef","value":"A\"1","display":""},
    {"name":"CFLevel","value":3,"display":"Gold"},{"name":"CFTags","value":[1,2.5]},{"value":1}],
    "fields":[{"name":"RAM","value":"16 GB"}]})");
  CHECK(map.custom(object.get_object(), arena) ==
        R"({"CFRef":"A\"1","CFLevel":"Gold","CFTags":[1,2.5],"RAM":"16 GB"})");
  CHECK(map.custom(boost::json::object{}, arena) == "{}");
}
